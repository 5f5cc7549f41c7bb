package org.batchengine;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Map;
import org.batchengine.limit.Limit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitTest {
  private static final Limit ALL =
      Limit.none()
          .rate(600, Duration.ofMinutes(1))
          .burst(20)
          .running(5)
          .breaker(0.5, 50)
          .weight(3)
          .liveBatches(10)
          .unfinishedItems(5_000_000_000L)
          .submits(7, Duration.ofHours(1));

  @Test
  @DisplayName("what is written as text is read as it was")
  void readWhatWasWritten() {
    assertThat(ALL)
        .hasToString(
            "rate 600/PT1M, burst 20, running 5, breaker 0.5/50, weight 3, batches 10, items 5000000000, submits 7/PT1H");
    assertThat(Limit.parse(ALL.toString())).isEqualTo(ALL);
    assertThat(Limit.none()).hasToString("");
    assertThat(Limit.parse("")).isEqualTo(Limit.none());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "speed 3",
        "running",
        "running x",
        "rate 5/x",
        "rate 5",
        "running 0",
        "breaker 0.5"
      })
  @DisplayName("a text that is no limit is refused with what one looks like")
  void refuseOtherText(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.parse(text))
        .withMessage(
            "limit \"%s\" cannot be read: write it as \"rate 600/PT1M, running 20\"", text);
  }

  @Test
  @DisplayName("what is out of range is refused with the range")
  void refuseOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.none().running(0))
        .withMessage("running 0 is out of range: 1 to 1000000000");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.none().weight(1_001))
        .withMessage("weight 1001 is out of range: 1 to 1000");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.none().rate(5, Duration.ofNanos(200_000_001)))
        .withMessage(
            "rate per PT0.200000001S is out of range: PT0.1S to PT744H, in whole microseconds");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.none().rate(5, Duration.ofSeconds(1)).burst(6))
        .withMessage(
            "burst 6 is more than the rate of 5/PT1S allows: set a rate first, and at most so many at once");
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.none().burst(2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.none().breaker(0, 50))
        .withMessage("share 0.0 of failures is out of range: more than 0, at most 1");
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.none().breaker(1.1, 50));
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.none().breaker(Double.NaN, 50));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.none().breaker(1, 1_001))
        .withMessage("1001 attempts are out of range: 1 to 1000");
    assertThatIllegalArgumentException().isThrownBy(() -> Limit.none().breaker(1, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limit.none().submits(2, Duration.ofDays(32)));
  }

  @Test
  @DisplayName("a limit is flat for JSON")
  void toMap() {
    assertThat(ALL.toMap())
        .isEqualTo(
            Map.ofEntries(
                entry("rate_calls", 600),
                entry("rate_per", "PT1M"),
                entry("burst", 20),
                entry("running", 5),
                entry("breaker_share", 0.5),
                entry("breaker_of", 50),
                entry("weight", 3),
                entry("live_batches", 10),
                entry("unfinished_items", 5_000_000_000L),
                entry("submits", 7),
                entry("submits_per", "PT1H")));
  }
}
