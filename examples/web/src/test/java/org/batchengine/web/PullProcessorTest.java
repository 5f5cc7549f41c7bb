package org.batchengine.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PullProcessorTest {
  /** How often an item may go back without using up a retry. */
  private static final int MOST_RETURNS = 1_000;

  @Test
  @DisplayName("items wait for three days for a worker")
  void itemsWaitForThreeDays() {
    Duration all =
        IntStream.rangeClosed(1, MOST_RETURNS)
            .mapToObj(attempt -> PullProcessor.pause(attempt).plus(PullProcessor.PATIENCE))
            .reduce(Duration.ZERO, Duration::plus);

    assertThat(all).isGreaterThan(Duration.ofDays(3));
    assertThat(PullProcessor.pause(1)).isEqualTo(Duration.ofSeconds(1));
  }
}
