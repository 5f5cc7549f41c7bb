package org.batchengine.engine.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.batchengine.report.Distribution;
import org.batchengine.report.HistogramBar;

/**
 * Counts values, in bounded memory: in buckets that grow by 2 %, for percentiles, and in the finest
 * bars of a histogram. Takes values with up to nine decimals, to 1e16.
 */
final class Spread {
  private static final double GROWTH = 1.02;
  private static final double LN_GROWTH = Math.log(GROWTH);

  /** The bucket of 1, in arrays that begin with that of 1e-9. */
  private static final int BUCKET_OF_ONE = 1_047;

  private static final int BUCKETS = 2_950;

  private static final int MOST_BARS = 24;
  private static final int SMALLEST_DECADE = -9;
  private static final int LARGEST_DECADE = 16;
  private static final int PER_DECADE = 10;
  private static final String[] BOUNDS_IN_DECADE = {
    "1", "1.25", "1.6", "2", "2.5", "3.2", "4", "5", "6.3", "8"
  };

  /** Which of the bounds in each decade are those of bars: all of them, or fewer. */
  private static final List<List<Integer>> LEVELS =
      List.of(IntStream.range(0, PER_DECADE).boxed().toList(), List.of(0, 3, 7), List.of(0));

  /** Where a bar begins. Parsed, so that each is the double that a value of as many digits is. */
  private static final double[] BOUNDS =
      IntStream.range(SMALLEST_DECADE * PER_DECADE, LARGEST_DECADE * PER_DECADE + 1)
          .mapToDouble(
              i ->
                  Double.parseDouble(
                      BOUNDS_IN_DECADE[Math.floorMod(i, PER_DECADE)]
                          + "e"
                          + Math.floorDiv(i, PER_DECADE)))
          .toArray();

  private final Side positive = new Side();
  private final Side negative = new Side();
  private long zeros;
  private long items;
  private double sum;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;

  /** Values on one side of zero, by their distance from it. */
  private static final class Side {
    final long[] buckets = new long[BUCKETS];
    final long[] bars = new long[BOUNDS.length];

    void add(double distance) {
      int bucket = BUCKET_OF_ONE + (int) Math.ceil(Math.log(distance) / LN_GROWTH);
      buckets[Math.min(Math.max(bucket, 0), BUCKETS - 1)]++;
      int bound = Arrays.binarySearch(BOUNDS, distance);
      bars[Math.max(bound >= 0 ? bound : -bound - 2, 0)]++;
    }

    /** The middle of a bucket: at most 1 % off what is in it. */
    static double middle(int bucket) {
      return 2 / (1 + GROWTH) * Math.pow(GROWTH, bucket - BUCKET_OF_ONE);
    }

    List<HistogramBar> bars(List<Integer> level, long all) {
      List<HistogramBar> found = new ArrayList<>();
      int from = 0;
      int last = 0;
      for (int to = 1; to < BOUNDS.length; to++) {
        if (level.contains(to % PER_DECADE)) {
          long count = Arrays.stream(bars, from, to).sum();
          if (count > 0 || !found.isEmpty()) {
            found.add(new HistogramBar(BOUNDS[from], BOUNDS[to], count, (double) count / all));
            last = count > 0 ? found.size() : last;
          }
          from = to;
        }
      }
      return found.subList(0, last);
    }
  }

  void add(double value) {
    items++;
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (value > 0) {
      positive.add(value);
    } else if (value < 0) {
      negative.add(-value);
    } else {
      zeros++;
    }
  }

  Optional<Distribution> distribution() {
    return items == 0
        ? Optional.empty()
        : Optional.of(
            new Distribution(
                items,
                min,
                sum / items,
                percentile(0.50),
                percentile(0.95),
                percentile(0.99),
                max,
                histogram()));
  }

  /** The smallest value that is not exceeded by this share of the items, at most 1 % off. */
  private double percentile(double share) {
    long left = Math.max(1, (long) Math.ceil(share * items));
    return Math.min(Math.max(valueAt(left), min), max);
  }

  private double valueAt(long rank) {
    long left = rank;
    for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      left -= negative.buckets[bucket];
      if (left <= 0) {
        return -Side.middle(bucket);
      }
    }
    left -= zeros;
    if (left <= 0) {
      return 0;
    }
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      left -= positive.buckets[bucket];
      if (left <= 0) {
        return Side.middle(bucket);
      }
    }
    return max;
  }

  private List<HistogramBar> histogram() {
    List<HistogramBar> bars = List.of();
    for (List<Integer> level : LEVELS) {
      bars = histogram(level);
      if (bars.size() <= MOST_BARS) {
        break;
      }
    }
    return bars;
  }

  private List<HistogramBar> histogram(List<Integer> level) {
    List<HistogramBar> bars = new ArrayList<>();
    List<HistogramBar> below = negative.bars(level, items);
    for (int i = below.size() - 1; i >= 0; i--) {
      HistogramBar mirrored = below.get(i);
      bars.add(
          new HistogramBar(-mirrored.to(), -mirrored.from(), mirrored.items(), mirrored.share()));
    }
    if (zeros > 0) {
      bars.add(new HistogramBar(0, 0, zeros, (double) zeros / items));
    }
    bars.addAll(positive.bars(level, items));
    return bars;
  }
}
