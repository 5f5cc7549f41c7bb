package org.batchengine.spring;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.batchengine.JobType;
import org.batchengine.jdbc.JdbcTransaction;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchChangedException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ImportException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.InvalidItemsException;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.LimitExceededException;
import org.batchengine.model.LimitExceededException.Kind;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.batchengine.model.Violation;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.WebApplicationContext;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;

/** How exceptions that leave a controller are answered. */
@Timeout(60)
class SpringProblemDetailsTest {
  private static final BatchId ID = BatchId.of(UUID.randomUUID());
  private static final String ABSENT = "`BatchNotFoundException`";
  private static final String REFUSED = "`IllegalArgumentException`";
  private static final String OF_THE_APPLICATION = "an argument that the application refuses";

  private static final String ANSWERED = "an answer of the application because of a batch";
  private static final String LIMITED_FOR_A_TIME = "a limit that leaves room after a time";
  private static final String OF_A_CONNECTION = "a connection that the store refuses";

  /** What a controller may throw: a row of the table each, and some that are in no table. */
  private static final Map<String, RuntimeException> THROWN =
      Map.ofEntries(
          entry(ABSENT, new BatchNotFoundException(ID)),
          entry(
              "`IllegalTransitionException`",
              new IllegalTransitionException(ID, BatchState.COMPLETED, BatchState.PAUSED)),
          entry(
              "`IdempotencyConflictException`",
              new IdempotencyConflictException("key-1", ID, "other items")),
          entry("`BatchChangedException`", new BatchChangedException(ID, "was deleted")),
          entry(
              "`InvalidItemException`",
              new InvalidItemException(3, List.of(new Violation("amount", "is negative", "SIGN")))),
          entry(
              "`InvalidItemsException`",
              new InvalidItemsException(
                  1,
                  List.of(
                      new InvalidItemsException.Item(
                          3, null, List.of(new Violation("amount", "is negative", "SIGN")))))),
          entry(
              "`InvalidRequestException`",
              new InvalidRequestException(
                  List.of(new Violation("timeout", "is above the maximum", "too_big")))),
          entry(
              "`LimitExceededException`",
              new LimitExceededException("too many", Kind.LIVE_BATCHES, 2, 2, null)),
          entry(
              LIMITED_FOR_A_TIME,
              new LimitExceededException("too many", Kind.SUBMITS, 2, 2, Duration.ofMillis(1_001))),
          entry("`ImportException`", new ImportException(7, "has three cells", null)),
          entry(REFUSED, refusedBy(() -> JobType.of("no name", String.class, String.class))),
          entry("`RowsLockedException`", new RowsLockedException("rows of db-1", null)),
          entry("`StoreException`, `isTransient()`", StoreException.ofTransient("db-1", null)),
          entry("`StoreException`, not transient", StoreException.ofPermanent("db-1", null)),
          entry("`PayloadException`", new PayloadException("the type has no codec")),
          entry(
              ANSWERED,
              new ResponseStatusException(HttpStatus.GONE, "gone", new BatchNotFoundException(ID))),
          entry(OF_A_CONNECTION, refusedBy(() -> JdbcTransaction.of(closedConnection()))),
          entry(OF_THE_APPLICATION, refusedBy(() -> Enum.valueOf(Thread.State.class, "NONE"))));

  private final WebApplicationContextRunner application =
      new WebApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(SpringApplications.ours().toArray(Class<?>[]::new)))
          .withBean(BatchStore.class, InMemoryBatchStore::new)
          .withUserConfiguration(Web.class)
          .withBean(Throwing.class);

  @Configuration(proxyBeanMethods = false)
  @EnableWebMvc
  static class Web {}

  @RestController
  static final class Throwing {
    @GetMapping("/")
    String answer(@RequestParam("what") String what) {
      if (THROWN.containsKey(what)) {
        throw THROWN.get(what);
      }
      return "nothing thrown";
    }
  }

  private static Connection closedConnection() throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:h2:mem:");
    connection.close();
    return connection;
  }

  private static IllegalArgumentException refusedBy(ThrowingCallable code) {
    return catchThrowableOfType(IllegalArgumentException.class, code);
  }

  @Test
  void areThoseOfTheTableForHosts() {
    List<String> walked =
        new ArrayList<>(List.of(OF_THE_APPLICATION, OF_A_CONNECTION, ANSWERED, LIMITED_FOR_A_TIME));
    application.run(
        context -> {
          for (Row row : table()) {
            walked.add(row.exception());
            MockHttpServletResponse answer = answer(context, row.exception());
            assertThat(answer.getStatus()).as(row.exception()).isEqualTo(row.status());
            assertThat(answer.getHeader("Retry-After"))
                .as(row.exception())
                .isEqualTo(row.retryAfter());
            assertThat(answer.getContentType()).startsWith("application/problem+json");
            var problem = new ObjectMapper().readTree(answer.getContentAsString());
            assertThat(problem.get("status").asInt()).isEqualTo(row.status());
            RuntimeException thrown = THROWN.get(row.exception());
            if (thrown instanceof StoreException) {
              assertThat(problem.get("detail").asText()).doesNotContain("db-1");
            } else {
              assertThat(problem.get("detail").asText()).isEqualTo(thrown.getMessage());
            }
          }
        });

    assertThat(walked).containsExactlyInAnyOrderElementsOf(THROWN.keySet());
  }

  @Test
  void sayWhenThereIsRoomAgain() {
    application.run(
        context -> {
          MockHttpServletResponse answer = answer(context, LIMITED_FOR_A_TIME);
          assertThat(answer.getStatus()).isEqualTo(429);
          assertThat(answer.getHeader("Retry-After")).isEqualTo("2");
        });
  }

  private record Row(String exception, int status, String retryAfter) {}

  private static List<Row> table() throws IOException {
    String page = Files.readString(Path.of("../docs/hosts.md"));
    Matcher row =
        Pattern.compile(
                "(?m)^\\| (`\\w+Exception`.*?) \\| (\\d{3})(?:, `Retry-After: (\\d+)`)? \\|")
            .matcher(page);
    List<Row> rows = new ArrayList<>();
    while (row.find()) {
      rows.add(new Row(row.group(1), Integer.parseInt(row.group(2)), row.group(3)));
    }
    return rows;
  }

  private static MockHttpServletResponse answer(WebApplicationContext context, String what)
      throws Exception {
    return MockMvcBuilders.webAppContextSetup(context)
        .build()
        .perform(get("/?what={what}", what))
        .andReturn()
        .getResponse();
  }

  @Test
  void leaveTheArgumentsOfTheApplicationAlone() {
    application.run(
        context -> {
          for (String what : List.of(OF_THE_APPLICATION, OF_A_CONNECTION)) {
            assertThatThrownBy(() -> answer(context, what)).hasCause(THROWN.get(what));
          }
        });
  }

  @Test
  void leaveAnswersOfTheApplicationAloneWhateverTheirCause() {
    application.run(
        context -> {
          MockHttpServletResponse answer = answer(context, ANSWERED);
          assertThat(answer.getStatus()).isEqualTo(410);
          assertThat(answer.getErrorMessage()).isEqualTo("gone");
        });
  }

  @Test
  void giveWayToHandlersOfTheApplication() {
    application
        .withBean(Gone.class)
        .run(context -> assertThat(answer(context, ABSENT).getStatus()).isEqualTo(410));
  }

  @RestControllerAdvice
  static final class Gone {
    @ExceptionHandler(RuntimeException.class)
    ResponseEntity<Void> gone() {
      return ResponseEntity.status(410).build();
    }
  }

  @Test
  void canBeSwitchedOff() {
    application
        .withPropertyValues("batchengine.problem-details=false")
        .run(
            context ->
                assertThatThrownBy(() -> answer(context, ABSENT)).hasCause(THROWN.get(ABSENT)));
  }

  @Test
  void areOnlyForTheWeb() {
    SpringApplications.onH2()
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(BatchEngineProblemDetailAutoConfiguration.Advice.class));
  }
}
