package org.batchengine.engine.claim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.batchengine.engine.loop.Signal;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LookingTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  private final Random random = new Random(1);
  private final Looking looking =
      new Looking(Duration.ofSeconds(5), () -> 0L, random, new Signal());

  private long pauseAfter(int claimsInVain) {
    for (int i = 0; i < claimsInVain; i++) {
      looking.begins();
      looking.othersWereQuicker(true);
    }
    return TimeUnit.NANOSECONDS.toMillis(looking.idleNanos(HOUR));
  }

  @Test
  void looksAgainSoonAfterOthersWereQuicker() {
    assertThat(pauseAfter(1)).isBetween(5L, 20L);
  }

  @Test
  @DisplayName("FAULT-L1 work that others have locked is looked at once a second")
  void looksLessOftenIfNobodyIsQuicker() {
    assertThat(pauseAfter(40)).isEqualTo(1_000);
  }

  @Test
  void looksOftenAgainOnceAClaimGetsSomething() {
    pauseAfter(40);
    looking.begins();
    looking.othersWereQuicker(false);

    assertThat(pauseAfter(1)).isBetween(5L, 20L);
  }

  @Test
  void waitsNoLongerThanAPoll() {
    Looking often = new Looking(Duration.ofMillis(100), () -> 0L, random, new Signal());
    for (int i = 0; i < 40; i++) {
      often.othersWereQuicker(true);
    }

    assertThat(TimeUnit.NANOSECONDS.toMillis(often.idleNanos(HOUR))).isEqualTo(100);
  }
}
