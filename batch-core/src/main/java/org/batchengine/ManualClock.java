package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * A clock for tests that stands still until it is advanced.
 *
 * <pre>{@code
 * var clock = ManualClock.at(Instant.parse("2026-11-01T00:00:00Z"));
 * clock.advance(Duration.ofHours(1));
 * }</pre>
 *
 * <p>Its zone is UTC. Thread-safe.
 */
public final class ManualClock extends Clock {
  private final Time time;
  private final ZoneId zone;

  private ManualClock(Time time, ZoneId zone) {
    this.time = time;
    this.zone = zone;
  }

  /** {@return a clock that shows {@code start}} */
  public static ManualClock at(Instant start) {
    return new ManualClock(new Time(requireNonNull(start, "start")), ZoneOffset.UTC);
  }

  /**
   * Advances the time.
   *
   * @throws IllegalArgumentException if {@code step} is negative; time never goes back
   */
  public void advance(Duration step) {
    if (requireNonNull(step, "step").isNegative()) {
      throw new IllegalArgumentException("step must not be negative, was " + step);
    }
    time.advance(step);
  }

  @Override
  public Instant instant() {
    return time.now;
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  /**
   * {@return a clock in another zone that shares this clock's time: advancing either advances both}
   */
  @Override
  public ManualClock withZone(ZoneId zone) {
    return new ManualClock(time, requireNonNull(zone, "zone"));
  }

  @Override
  public String toString() {
    return "ManualClock[" + instant() + ", " + zone + "]";
  }

  /** The time that clocks in several zones share. */
  private static final class Time {
    private volatile Instant now;

    Time(Instant start) {
      now = start;
    }

    synchronized void advance(Duration step) {
      now = now.plus(step);
    }
  }
}
