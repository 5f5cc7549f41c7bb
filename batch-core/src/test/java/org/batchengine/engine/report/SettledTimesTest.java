package org.batchengine.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.batchengine.model.ItemState;
import org.batchengine.report.Timeline;
import org.batchengine.report.TimelineStep;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettledTimesTest {
  private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

  private final SettledTimes times = new SettledTimes();

  private Timeline timeline() {
    return times.timeline().orElseThrow();
  }

  @Test
  void areNoneOfNothing() {
    assertThat(times.timeline()).isEmpty();
  }

  @Test
  void areCountedByState() {
    times.add(START, ItemState.SUCCEEDED);
    times.add(START, ItemState.FAILED);
    times.add(START.plusMillis(2), ItemState.SKIPPED);
    times.add(START.plusMillis(2), ItemState.CANCELLED);
    times.add(START.plusMillis(2), ItemState.SUCCEEDED);

    assertThat(timeline().step()).isEqualTo(Duration.ofMillis(1));
    assertThat(timeline().steps())
        .containsExactly(
            new TimelineStep(START, 1, 1, 0, 0),
            new TimelineStep(START.plusMillis(1), 0, 0, 0, 0),
            new TimelineStep(START.plusMillis(2), 1, 0, 1, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "PT0.239S, PT0.001S",
    "PT0.24S, PT0.002S",
    "PT10S, PT0.1S",
    "PT1H, PT20S",
    "P30D, PT6H",
    "P3650D, P16D",
    "P365000D, P2048D"
  })
  @DisplayName("REQ-M9 a timeline has at most 240 steps, however long the batch took")
  void areAtMost240Steps(Duration span, Duration step) {
    List<Long> moments = new ArrayList<>();
    for (int i = 0; i <= 1_000; i++) {
      moments.add(span.toMillis() * i / 1_000);
    }
    Collections.shuffle(moments, new Random(1));
    moments.forEach(millis -> times.add(START.plusMillis(millis), ItemState.SUCCEEDED));

    Timeline found = timeline();
    assertThat(found.step()).isEqualTo(step);
    assertThat(found.steps()).hasSizeBetween(40, 240);
    for (TimelineStep each : found.steps()) {
      long from = Duration.between(START, each.from()).toMillis();
      assertThat(each.settled())
          .isEqualTo(moments.stream().filter(m -> m >= from && m < from + step.toMillis()).count());
    }
    assertThat(found.steps().stream().mapToLong(TimelineStep::settled).sum()).isEqualTo(1_001);
  }
}
