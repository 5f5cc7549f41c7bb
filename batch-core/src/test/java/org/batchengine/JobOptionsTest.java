package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Predicate;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobOptionsTest {
  private static final JobOptions UNSET = JobOptions.defaults();

  @Test
  @DisplayName("REQ-M3 options have the documented defaults")
  void hasTheDocumentedDefaults() {
    assertThat(UNSET.concurrency())
        .isEqualTo(Math.max(8, Runtime.getRuntime().availableProcessors()));
    assertThat(UNSET.chunkSize()).isEqualTo(50);
    assertThat(UNSET.claim().least()).isEqualTo(1);
    assertThat(UNSET.claim().most()).isEqualTo(5_000);
    assertThat(UNSET.timeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(UNSET.retry()).isEqualTo(RetryPolicy.exponential(Duration.ofSeconds(1)));
    assertThat(UNSET.retryIf()).isEmpty();
  }

  @Test
  void keepsWhatIsSet() {
    var policy = RetryPolicy.none();
    Predicate<Throwable> onlyIo = IOException.class::isInstance;

    var set =
        UNSET
            .concurrency(3)
            .chunkSize(4)
            .claim(5, 6)
            .timeout(Duration.ofDays(365))
            .retry(policy)
            .retryIf(onlyIo);

    assertThat(set.concurrency()).isEqualTo(3);
    assertThat(set.chunkSize()).isEqualTo(4);
    assertThat(set.claim().least()).isEqualTo(5);
    assertThat(set.claim().most()).isEqualTo(6);
    assertThat(set.timeout()).isEqualTo(Duration.ofDays(365));
    assertThat(set.retry()).isSameAs(policy);
    assertThat(set.retryIf().orElseThrow()).isSameAs(onlyIo);
  }

  @Test
  void isNotChangedByItsMethods() {
    UNSET.concurrency(3).chunkSize(4);

    assertThat(UNSET.chunkSize()).isEqualTo(50);
  }

  @Test
  void fallsBackWhereNothingIsSet() {
    var fallback = UNSET.concurrency(3).chunkSize(4).claim(5, 6).retry(RetryPolicy.none());

    var merged = UNSET.concurrency(30).timeout(Duration.ofSeconds(1)).orElse(fallback);

    assertThat(merged.concurrency()).isEqualTo(30);
    assertThat(merged.chunkSize()).isEqualTo(4);
    assertThat(merged.claim().most()).isEqualTo(6);
    assertThat(merged.timeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(merged.retry()).isSameAs(fallback.retry());
  }

  @Test
  @DisplayName("REQ-M3 a maximum bounds the default too, and has a fallback of its own")
  void isBoundedByItsMaximum() {
    var fallback = UNSET.maxTimeout(Duration.ofSeconds(20)).maxChunkSize(40);

    assertThat(fallback.timeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(fallback.chunkSize()).isEqualTo(40);
    var merged = UNSET.timeout(Duration.ofHours(1)).chunkSize(7).orElse(fallback);
    assertThat(merged.timeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(merged.chunkSize()).isEqualTo(7);
    assertThat(merged.maxChunkSize()).isEqualTo(40);
    assertThat(UNSET.maxTimeout()).isEqualTo(Duration.ofDays(365));
    assertThat(UNSET.maxChunkSize()).isEqualTo(10_000);
    assertThat(UNSET.maxChunkSize(9)).isNotEqualTo(UNSET.maxChunkSize(8));
  }

  @Test
  void refusesAMaximumOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> UNSET.maxChunkSize(10_001))
        .withMessage("maxChunkSize 10001 is out of range: 1 to 10000");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> UNSET.maxTimeout(Duration.ZERO))
        .withMessage("maxTimeout PT0S is out of range: PT0.000000001S to PT8760H");
  }

  @Test
  void isNotOverriddenByAFallbackEvenWhereItEqualsTheDefault() {
    assertThat(UNSET.chunkSize(50).orElse(UNSET.chunkSize(7)).chunkSize()).isEqualTo(50);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 10_001, Integer.MAX_VALUE})
  void refusesAConcurrencyOutOfRange(int calls) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> UNSET.concurrency(calls))
        .withMessage("concurrency " + calls + " is out of range: 1 to 10000");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10_001})
  void refusesAChunkSizeOutOfRange(int most) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> UNSET.chunkSize(most))
        .withMessage("chunkSize " + most + " is out of range: 1 to 10000");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 5, least of claim 0 is out of range: 1 to 5",
    "6, 5, least of claim 6 is out of range: 1 to 5",
    "1, 0, most of claim 0 is out of range: 1 to 100000",
    "1, 100001, most of claim 100001 is out of range: 1 to 100000"
  })
  void refusesAClaimOutOfRange(int least, int most, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> UNSET.claim(least, most))
        .withMessage(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT8760H0.000000001S"})
  void refusesATimeoutOutOfRange(Duration perCall) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> UNSET.timeout(perCall))
        .withMessage("timeout %s is out of range: PT0.000000001S to PT8760H".formatted(perCall));
  }

  @Test
  void refusesNull() {
    assertThatNullPointerException().isThrownBy(() -> UNSET.timeout(null)).withMessage("timeout");
    assertThatNullPointerException().isThrownBy(() -> UNSET.retry(null)).withMessage("policy");
    assertThatNullPointerException().isThrownBy(() -> UNSET.retryIf(null)).withMessage("worthIt");
  }

  @Test
  void printsWhatHolds() {
    assertThat(UNSET.chunkSize(7).toString()).contains("chunkSize=7", "claim=1..5000");
  }
}
