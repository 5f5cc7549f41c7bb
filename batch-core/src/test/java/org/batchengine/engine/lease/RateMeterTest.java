package org.batchengine.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateMeterTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final RateMeter meter = new RateMeter(0);

  @Test
  void isTheRateAtWhichItemsCome() {
    for (int second = 1; second <= 60; second++) {
      meter.add(10, second * SECOND);
    }

    assertThat(meter.itemsPerSecond()).isCloseTo(10, within(1.0));
  }

  @Test
  void isRightFromTheBeginning() {
    for (int second = 1; second <= 3; second++) {
      meter.add(1_000, second * SECOND);
    }

    assertThat(meter.itemsPerSecond()).isCloseTo(1_000, within(150.0));
  }

  @Test
  void followsWhatCameLately() {
    for (int second = 1; second <= 60; second++) {
      meter.add(1_000, second * SECOND);
    }
    for (int second = 61; second <= 120; second++) {
      meter.add(10, second * SECOND);
    }

    assertThat(meter.itemsPerSecond()).isLessThan(20);
  }

  @Test
  void isFiniteAfterTheFirstItem() {
    meter.add(1, 0);

    assertThat(meter.itemsPerSecond()).isBetween(0.1, 10.0);
  }
}
