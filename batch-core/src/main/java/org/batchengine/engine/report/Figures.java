package org.batchengine.engine.report;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.TreeMap;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.ItemState;
import org.batchengine.report.BatchReport;
import org.batchengine.report.Distribution;
import org.batchengine.report.HistogramBar;
import org.batchengine.report.SlowItem;
import org.batchengine.store.ItemFigures;

/** Adds up the items of a batch, one by one, in bounded memory. */
final class Figures {
  private static final double MICROS_PER_SECOND = 1e6;
  private static final int MOST_SLOWEST = 20;
  private static final int MOST_ATTEMPTS = 100;
  private static final int QUALITY_BARS = 10;

  private record Slow(int index, long micros) {
    /** Of two that took as long the one that comes first in the batch is the slower. */
    static final Comparator<Slow> SLOWEST_LAST =
        Comparator.comparingLong(Slow::micros)
            .thenComparing(Comparator.comparingInt(Slow::index).reversed());
  }

  private final List<String> names;
  private final List<Spread> measures;
  private final Spread durations = new Spread();
  private final long[] quality = new long[QUALITY_BARS];
  private final long[] attempts = new long[MOST_ATTEMPTS + 1];
  private final Queue<Slow> slowest = new PriorityQueue<>(Slow.SLOWEST_LAST);
  private final SettledTimes times = new SettledTimes();

  /**
   * Nothing yet.
   *
   * @param names of what the items are measured at
   */
  Figures(List<String> names) {
    this.names = names;
    measures = names.stream().map(name -> new Spread()).toList();
  }

  void add(ItemFigures item) {
    times.add(item.settledAt(), item.state());
    attempts[Math.min(item.attempts(), MOST_ATTEMPTS)]++;
    Double score = item.quality();
    if (score != null && item.state() != ItemState.FAILED) {
      quality[Math.min((int) (score * QUALITY_BARS), QUALITY_BARS - 1)]++;
    }
    Long micros = item.durationMicros();
    if (micros != null) {
      durations.add(micros / MICROS_PER_SECOND);
      addSlow(new Slow(item.index(), micros));
    }
    for (int place = 0; place < names.size(); place++) {
      BigDecimal value = item.measured().at(place);
      if (value != null) {
        measures.get(place).add(value.doubleValue());
      }
    }
  }

  private void addSlow(Slow item) {
    Slow least = slowest.peek();
    if (slowest.size() < MOST_SLOWEST) {
      slowest.add(item);
    } else if (least != null && Slow.SLOWEST_LAST.compare(item, least) > 0) {
      slowest.remove();
      slowest.add(item);
    }
  }

  /** {@return the indexes of the slowest items} */
  Collection<Integer> slowest() {
    return slowest.stream().map(Slow::index).toList();
  }

  /**
   * {@return the report of what was added}
   *
   * @param keys of the {@link #slowest} items that have one, by index
   */
  BatchReport report(BatchJob job, List<ErrorGroup> errors, Map<Integer, String> keys) {
    return new BatchReport(
        job,
        errors,
        quality(job.counts().total()),
        durations.distribution(),
        measures(),
        attempts(),
        slowest.stream()
            .sorted(Slow.SLOWEST_LAST.reversed())
            .map(item -> named(item, Optional.ofNullable(keys.get(item.index()))))
            .toList(),
        times.timeline());
  }

  private static SlowItem named(Slow item, Optional<String> key) {
    return new SlowItem(item.index(), key, Duration.of(item.micros(), ChronoUnit.MICROS));
  }

  private List<HistogramBar> quality(long total) {
    List<HistogramBar> bars = new ArrayList<>();
    boolean isNone = true;
    for (int i = 0; i < QUALITY_BARS; i++) {
      isNone &= quality[i] == 0;
      double from = i / (double) QUALITY_BARS;
      double to = (i + 1) / (double) QUALITY_BARS;
      bars.add(new HistogramBar(from, to, quality[i], (double) quality[i] / total));
    }
    return isNone ? List.of() : bars;
  }

  private Map<Integer, Long> attempts() {
    Map<Integer, Long> counted = new TreeMap<>();
    for (int number = 0; number <= MOST_ATTEMPTS; number++) {
      if (attempts[number] > 0) {
        counted.put(number, attempts[number]);
      }
    }
    return counted;
  }

  private Map<String, Distribution> measures() {
    Map<String, Distribution> named = new LinkedHashMap<>();
    for (int place = 0; place < names.size(); place++) {
      String name = names.get(place);
      measures.get(place).distribution().ifPresent(values -> named.put(name, values));
    }
    return named;
  }
}
