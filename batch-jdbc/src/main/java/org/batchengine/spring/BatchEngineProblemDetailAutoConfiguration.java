package org.batchengine.spring;

import org.batchengine.BatchEngine;
import org.batchengine.model.BatchChangedException;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ImportException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.InvalidItemsException;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.LimitExceededException;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers the library's exceptions that leave a controller as problem details (RFC 9457): 404 for a
 * batch that is not there, 409 for one in another state or a key in use, 422 for an invalid item or
 * file, 429 for a limit of a tenant, with {@code Retry-After} if that is known, 400 for an argument
 * that the library refuses, 503 with {@code Retry-After} or 500 if the store cannot be used, and
 * 500 for a payload that cannot be converted. An exception of anybody else that has one of these as
 * its cause is left alone. The application's own handlers come first. The property {@code
 * batchengine.problem-details=false} switches it off.
 */
@AutoConfiguration(after = BatchEngineAutoConfiguration.class)
@ConditionalOnClass(ProblemDetail.class)
@ConditionalOnWebApplication
@ConditionalOnBean(BatchEngine.class)
@ConditionalOnProperty(
    prefix = "batchengine",
    name = "problem-details",
    havingValue = "true",
    matchIfMissing = true)
final class BatchEngineProblemDetailAutoConfiguration {

  @Bean
  Advice batchEngineProblemDetails() {
    return new Advice();
  }

  /** The handlers. Their messages are those of the exceptions, unless these speak of the store. */
  @RestControllerAdvice
  static final class Advice {
    private static final Logger log = LoggerFactory.getLogger(Advice.class);
    private static final String LIBRARY = BatchEngine.class.getPackageName() + ".";
    private static final String STORE = LIBRARY + "jdbc.";

    @ExceptionHandler(BatchNotFoundException.class)
    ProblemDetail notFound(BatchNotFoundException e) {
      return problem(404, e.getMessage());
    }

    @ExceptionHandler({
      IllegalTransitionException.class,
      IdempotencyConflictException.class,
      BatchChangedException.class
    })
    ProblemDetail conflict(BatchException e) {
      return problem(409, e.getMessage());
    }

    @ExceptionHandler({
      InvalidItemException.class,
      InvalidItemsException.class,
      InvalidRequestException.class,
      ImportException.class
    })
    ProblemDetail invalid(RuntimeException e) {
      return problem(422, e.getMessage());
    }

    @ExceptionHandler(LimitExceededException.class)
    ResponseEntity<ProblemDetail> limited(LimitExceededException e) {
      ResponseEntity.HeadersBuilder<?> answer = ResponseEntity.of(problem(429, e.getMessage()));
      e.retryAfter()
          .map(time -> Long.toString(time.plusNanos(999_999_999).toSeconds()))
          .ifPresent(seconds -> answer.header(HttpHeaders.RETRY_AFTER, seconds));
      return answer.build();
    }

    @ExceptionHandler(PayloadException.class)
    ProblemDetail unconvertible(PayloadException e) {
      log.error("a payload cannot be converted", e);
      return problem(500, e.getMessage());
    }

    /** The message may name hosts and tables, so it is only logged. */
    @ExceptionHandler(StoreException.class)
    ResponseEntity<ProblemDetail> unavailable(StoreException e) {
      if (!e.isTransient()) {
        log.error("the store cannot be used", e);
        return ResponseEntity.of(problem(500, "The batches cannot be reached")).build();
      }
      log.warn("the store cannot be used now", e);
      return ResponseEntity.of(problem(503, "The batches cannot be reached now; try again"))
          .header(HttpHeaders.RETRY_AFTER, e instanceof RowsLockedException ? "1" : "5")
          .build();
    }

    /** Those of anybody else are no business of the library, nor is a connection of a caller's. */
    @ExceptionHandler(IllegalArgumentException.class)
    ProblemDetail refused(IllegalArgumentException e) {
      StackTraceElement[] frames = e.getStackTrace();
      String refuses = frames.length == 0 ? "" : frames[0].getClassName();
      if (!refuses.startsWith(LIBRARY) || refuses.startsWith(STORE)) {
        throw e;
      }
      log.info("answered with 400: {}", e.getMessage());
      log.debug("answered with 400", e);
      return problem(400, e.getMessage());
    }

    /** Keeps Spring from looking for the causes of what is no exception of the library. */
    @ExceptionHandler(Exception.class)
    @SuppressWarnings("DoNotCallSuggester")
    void leaveAlone(Exception e) throws Exception {
      throw e;
    }

    private static ProblemDetail problem(int status, @Nullable String detail) {
      return ProblemDetail.forStatusAndDetail(
          HttpStatusCode.valueOf(status), String.valueOf(detail));
    }
  }
}
