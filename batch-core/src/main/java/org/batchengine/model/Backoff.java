package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a retry. Durations are bounded so that their nanoseconds fit in a long.
 */
record Backoff(Growth growth, Duration first, Duration maxDelay, double jitter) {
  private static final Duration LONGEST = Duration.ofDays(365);

  enum Growth {
    FIXED,
    EXPONENTIAL
  }

  Backoff {
    requireNonNull(growth, "growth");
    checkDelay("delay", first);
    checkDelay("maxDelay", maxDelay);
    if (maxDelay.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "maxDelay " + maxDelay + " is shorter than the first delay " + first);
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      throw new IllegalArgumentException("jitter " + jitter + " is out of range: 0 to 1");
    }
  }

  private static void checkDelay(String name, Duration delay) {
    requireNonNull(delay, name);
    if (delay.isZero() || delay.isNegative() || delay.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          name + " " + delay + " is out of range: more than zero, at most 365 days");
    }
  }

  Duration delay(int retry, RandomGenerator random) {
    if (retry < 1) {
      throw new IllegalArgumentException("retry " + retry + " is out of range: the first is 1");
    }
    long nanos = growth == Growth.FIXED ? first.toNanos() : doubled(retry - 1);
    double taken = jitter == 0 ? 0 : jitter * random.nextDouble();
    return Duration.ofNanos(nanos - (long) (nanos * taken));
  }

  private long doubled(int times) {
    long most = maxDelay.toNanos();
    // Shifts the limit instead, because first << times can overflow.
    boolean reachesMost = times >= Long.SIZE - 1 || first.toNanos() > most >> times;
    return reachesMost ? most : first.toNanos() << times;
  }
}
