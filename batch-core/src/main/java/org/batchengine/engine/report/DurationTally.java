package org.batchengine.engine.report;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Counts durations in buckets, each of which ends 2 % above the one before it. So it needs little
 * memory for any number of them, and a percentile is at most 1 % off.
 */
final class DurationTally {
  private static final double LN_RATIO = Math.log(1.02);

  private static final int BUCKETS = bucket(Long.MAX_VALUE) + 1;

  private final long[] counts = new long[BUCKETS];
  private long count;
  private double sum;

  /** The first is of durations below a microsecond. */
  private static int bucket(long micros) {
    return micros < 1 ? 0 : 1 + (int) Math.ceil(Math.log((double) micros) / LN_RATIO);
  }

  void add(Duration duration) {
    long micros = duration.toSeconds() * 1_000_000 + duration.toNanosPart() / 1_000;
    counts[bucket(micros)]++;
    count++;
    sum += micros;
  }

  Optional<Duration> mean() {
    return count == 0 ? Optional.empty() : Optional.of(ofMicros(sum / count));
  }

  /**
   * The duration within which so many percent were done: the middle of the bucket of the nearest
   * rank.
   *
   * @param percent 1 to 100
   */
  Optional<Duration> percentile(int percent) {
    long rank = (count * percent + 99) / 100;
    long seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      seen += counts[bucket];
      if (seen > 0 && seen >= rank) {
        return Optional.of(middle(bucket));
      }
    }
    return Optional.empty();
  }

  private static Duration middle(int bucket) {
    return bucket == 0 ? Duration.ZERO : ofMicros(Math.max(1, Math.exp((bucket - 1.5) * LN_RATIO)));
  }

  private static Duration ofMicros(double micros) {
    return Duration.of(Math.round(micros), ChronoUnit.MICROS);
  }
}
