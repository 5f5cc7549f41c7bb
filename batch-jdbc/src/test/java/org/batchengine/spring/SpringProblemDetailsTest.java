package org.batchengine.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.web.method.annotation.ExceptionHandlerMethodResolver;

/** How exceptions are answered in HTTP. */
@Timeout(60)
class SpringProblemDetailsTest {
  private final BatchEngineProblemDetailAutoConfiguration.Advice advice =
      new BatchEngineProblemDetailAutoConfiguration.Advice();

  private final ExceptionHandlerMethodResolver handlers =
      new ExceptionHandlerMethodResolver(BatchEngineProblemDetailAutoConfiguration.Advice.class);

  @Test
  void areAnsweredByTheirKind() {
    assertThat(handlers.resolveMethodByExceptionType(BatchNotFoundException.class).getName())
        .isEqualTo("notFound");
    var absent = new BatchNotFoundException(BatchId.of(UUID.randomUUID()));
    assertThat(advice.notFound(absent).getStatus()).isEqualTo(404);
    assertThat(advice.notFound(absent).getDetail()).isEqualTo(absent.getMessage());
  }

  @Test
  void ofTheStoreAreNotDescribed() {
    assertThat(handlers.resolveMethodByExceptionType(RowsLockedException.class).getName())
        .isEqualTo("unavailable");
    var away = advice.unavailable(StoreException.ofTransient("db-1 is away", null));
    assertThat(away.getStatusCode().value()).isEqualTo(503);
    assertThat(away.getHeaders().getFirst("Retry-After")).isEqualTo("5");
    assertThat(away.getBody().getDetail()).doesNotContain("db-1");
    var broken = advice.unavailable(StoreException.ofPermanent("no table", null));
    assertThat(broken.getStatusCode().value()).isEqualTo(500);
  }

  @Test
  void withArgumentsAreAnsweredIfTheLibraryRefusedThem() {
    var ours = thrownBy(() -> JobType.of("no name", String.class, String.class));
    var theirs = thrownBy(() -> Enum.valueOf(Thread.State.class, "OF_THE_APPLICATION"));

    assertThat(advice.refused(ours).getStatus()).isEqualTo(400);
    assertThatThrownBy(() -> advice.refused(theirs)).isSameAs(theirs);
  }

  private static IllegalArgumentException thrownBy(ThrowingCallable code) {
    return catchThrowableOfType(IllegalArgumentException.class, code);
  }
}
