package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ManualClockTest {
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
  private static final ZoneId TOKYO = ZoneId.of("Asia/Tokyo");

  private final ManualClock clock = ManualClock.at(START);

  @Test
  void standsStill() {
    assertThat(clock.instant()).isEqualTo(START).isEqualTo(clock.instant());
  }

  @Test
  void movesOn() {
    clock.advance(Duration.ofHours(1));

    assertThat(clock.instant()).isEqualTo(START.plusSeconds(3_600));
    assertThat(clock.millis()).isEqualTo(START.plusSeconds(3_600).toEpochMilli());
  }

  @Test
  void takesAStepOfZero() {
    clock.advance(Duration.ZERO);

    assertThat(clock.instant()).isEqualTo(START);
  }

  @Test
  void refusesToGoBack() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> clock.advance(Duration.ofNanos(-1)))
        .withMessageContaining("PT-0.000000001S");
    assertThat(clock.instant()).isEqualTo(START);
  }

  @Test
  void isInUtc() {
    assertThat(clock.getZone()).isEqualTo(ZoneOffset.UTC);
  }

  @Test
  void sharesItsTimeWithClocksOfOtherZones() {
    var there = clock.withZone(TOKYO);

    clock.advance(Duration.ofMinutes(1));
    there.advance(Duration.ofMinutes(1));

    assertThat(there.getZone()).isEqualTo(TOKYO);
    assertThat(there.instant()).isEqualTo(START.plusSeconds(120)).isEqualTo(clock.instant());
  }

  @Test
  void losesNoStepOfManyThreads() {
    IntStream.range(0, 1_000).parallel().forEach(step -> clock.advance(Duration.ofMillis(1)));

    assertThat(clock.instant()).isEqualTo(START.plusSeconds(1));
  }
}
