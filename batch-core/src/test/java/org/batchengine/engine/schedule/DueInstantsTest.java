package org.batchengine.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.DueSchedule;
import org.batchengine.store.NewFire;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is due of schedules that fire often, or have not for long. */
class DueInstantsTest {
  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final Schedule SECONDS =
      Schedule.cron("it", "* * * * * *", ZoneOffset.UTC).onMissed(Schedule.Missed.ALL);

  private static List<NewFire> of(Schedule schedule, Duration since, int waiting) {
    return DueInstants.of(new DueSchedule(1, schedule, NOW.minus(since), NOW, waiting));
  }

  @Test
  @DisplayName("REQ-M15 at most the latest 1,000 fire, also after ten years")
  void areTheLatest() {
    List<NewFire> fires = of(SECONDS, Duration.ofDays(3650), 0);

    assertThat(fires).hasSize(1_001);
    assertThat(fires.get(0))
        .extracting(NewFire::at, NewFire::state)
        .containsExactly(NOW.minus(Duration.ofDays(3650)), FireState.MISSED);
    assertThat(fires.get(1).at()).isEqualTo(NOW.minusSeconds(999));
    assertThat(fires.get(1_000)).isEqualTo(new NewFire(NOW, FireState.DUE, null));
  }

  @Test
  void areAllIfTheyAreFew() {
    Instant first = Instant.parse("2024-01-01T00:00:00Z");
    Schedule yearly = Schedule.cron("it", "0 0 1 1 *", ZoneOffset.UTC);

    assertThat(of(yearly.onMissed(Schedule.Missed.ALL), Duration.between(first, NOW), 0))
        .extracting(NewFire::at)
        .containsExactly(
            first, Instant.parse("2025-01-01T00:00:00Z"), Instant.parse("2026-01-01T00:00:00Z"));
  }

  @Test
  void ofTheLastMinuteAreNotLate() {
    assertThat(of(SECONDS.onMissed(Schedule.Missed.SKIP), Duration.ofSeconds(60), 0))
        .hasSize(61)
        .allMatch(fire -> fire.state() == FireState.DUE);
    assertThat(of(SECONDS.onMissed(Schedule.Missed.ONE), Duration.ofSeconds(60), 0)).hasSize(61);
    assertThat(of(SECONDS.onMissed(Schedule.Missed.ONE), Duration.ofSeconds(61), 0))
        .extracting(NewFire::at, NewFire::state)
        .containsExactly(tuple(NOW.minusSeconds(1), FireState.MISSED), tuple(NOW, FireState.DUE));
  }

  @Test
  void areSkippedBeyondThoseThatMayWait() {
    assertThat(of(SECONDS, Duration.ofSeconds(2), 998))
        .extracting(NewFire::state)
        .containsExactly(FireState.DUE, FireState.DUE, FireState.SKIPPED);
    assertThat(of(SECONDS.onOverlap(Schedule.Overlap.QUEUE), Duration.ofSeconds(2), 9))
        .extracting(NewFire::state)
        .containsExactly(FireState.DUE, FireState.SKIPPED, FireState.SKIPPED);
  }
}
