package org.batchengine.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DurationTallyTest {

  @Test
  void isAtMostOnePercentOff() {
    Random random = new Random(7);
    long[] micros = random.longs(10_000, 1, 40).map(bits -> 1L << bits).toArray();
    for (int i = 0; i < micros.length; i++) {
      micros[i] += random.nextLong(micros[i]);
    }
    DurationTally tally = new DurationTally();
    for (long each : micros) {
      tally.add(Duration.of(each, ChronoUnit.MICROS));
    }
    Arrays.sort(micros);

    for (int percent = 1; percent <= 100; percent++) {
      long exact = micros[percent * 100 - 1];
      long told = micros(tally.percentile(percent).orElseThrow());
      assertThat((double) told).isBetween(exact * 0.99 - 1, exact * 1.01 + 1);
    }
    assertThat(micros(tally.mean().orElseThrow()))
        .isEqualTo(Math.round(Arrays.stream(micros).average().orElseThrow()));
  }

  @Test
  void countsTheShortestAndTheLongest() {
    DurationTally tally = new DurationTally();
    assertThat(tally.mean()).isEmpty();
    assertThat(tally.percentile(50)).isEmpty();
    tally.add(Duration.ZERO);
    assertThat(tally.percentile(50)).contains(Duration.ZERO);
    tally.add(Duration.of(Long.MAX_VALUE, ChronoUnit.MICROS));
    tally.add(Duration.of(Long.MAX_VALUE, ChronoUnit.MICROS));

    assertThat(tally.percentile(50).orElseThrow()).isGreaterThan(Duration.ofDays(100_000_000));
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
