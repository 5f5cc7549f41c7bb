package org.batchengine.engine.run;

/** How long an item takes: an exponential mean in which a call weighs a tenth. Thread-safe. */
final class DurationMean {
  private static final double LEAST_NANOS = 1_000;

  private volatile double nanos;
  private volatile boolean isMeasured;

  /** A call has run so many items in so long. */
  void measure(long callNanos, int items) {
    double each = least(callNanos, items) / items;
    nanos = isMeasured ? nanos + 0.1 * (each - nanos) : each;
    isMeasured = true;
  }

  /** What a call of so many items counts as: clocks may say that it took no time. */
  static double least(long callNanos, int items) {
    return Math.max(LEAST_NANOS * items, (double) callNanos);
  }

  boolean isMeasured() {
    return isMeasured;
  }

  /** The mean; until there is one, what is given. */
  double nanosOr(double guess) {
    return isMeasured ? nanos : guess;
  }
}
