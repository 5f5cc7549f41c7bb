package org.batchengine.engine.report;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.batchengine.model.ItemState;
import org.batchengine.report.Timeline;
import org.batchengine.report.TimelineStep;
import org.jspecify.annotations.Nullable;

/**
 * Counts when items were settled, in bounded memory: in steps of a millisecond, until there are too
 * many, and then in longer ones. Steps are as people like them, and each length is a multiple of
 * the one before, so that those counted so far fall into the longer ones as a whole.
 */
final class SettledTimes {
  private static final int MOST_STEPS = 240;

  /** A millisecond to a day; twice as long from there. */
  private static final long[] LENGTHS = {
    1,
    2,
    10,
    20,
    100,
    200,
    1_000,
    2_000,
    10_000,
    20_000,
    60_000,
    120_000,
    600_000,
    1_200_000,
    3_600_000,
    7_200_000,
    21_600_000,
    43_200_000,
    86_400_000
  };

  private long millis = LENGTHS[0];
  private NavigableMap<Long, Map<ItemState, Long>> steps = new TreeMap<>();

  /** The step of the item before: most are settled together with their neighbours. */
  private long latest;

  private @Nullable Map<ItemState, Long> counts;

  void add(Instant settledAt, ItemState state) {
    long step = Math.floorDiv(settledAt.toEpochMilli(), millis);
    if (counts == null || step != latest) {
      counts = steps.computeIfAbsent(step, first -> new EnumMap<>(ItemState.class));
      latest = step;
    }
    counts.merge(state, 1L, Long::sum);
    while (steps.lastKey() - steps.firstKey() >= MOST_STEPS) {
      lengthen();
    }
  }

  private void lengthen() {
    long shorter = millis;
    millis =
        LongStream.of(LENGTHS).filter(length -> length > shorter).findFirst().orElse(2 * shorter);
    NavigableMap<Long, Map<ItemState, Long>> fewer = new TreeMap<>();
    steps.forEach(
        (step, counts) ->
            counts.forEach(
                (state, items) ->
                    fewer
                        .computeIfAbsent(
                            Math.floorDiv(step * shorter, millis),
                            first -> new EnumMap<>(ItemState.class))
                        .merge(state, items, Long::sum)));
    steps = fewer;
    counts = null;
  }

  Optional<Timeline> timeline() {
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    List<TimelineStep> all = new ArrayList<>();
    for (long step = steps.firstKey(); step <= steps.lastKey(); step++) {
      Map<ItemState, Long> counts = steps.getOrDefault(step, Map.of());
      all.add(
          new TimelineStep(
              Instant.ofEpochMilli(step * millis),
              counts.getOrDefault(ItemState.SUCCEEDED, 0L),
              counts.getOrDefault(ItemState.FAILED, 0L),
              counts.getOrDefault(ItemState.SKIPPED, 0L),
              counts.getOrDefault(ItemState.CANCELLED, 0L)));
    }
    return Optional.of(new Timeline(Duration.ofMillis(millis), all));
  }
}
