package org.batchengine.engine.loop;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Says when something that recurs at intervals is due; at first, at once. For one thread. */
public final class Cadence {
  private final long interval;
  private final LongSupplier nanos;
  private long dueAt;

  /** A cadence that begins now. */
  public Cadence(Duration interval, LongSupplier nanos) {
    this.interval = interval.toNanos();
    this.nanos = nanos;
    dueAt = nanos.getAsLong();
  }

  /** Whether it is due; if so, it is due next one interval from now. */
  public boolean isDue() {
    long now = nanos.getAsLong();
    if (now - dueAt < 0) {
      return false;
    }
    dueAt = now + interval;
    return true;
  }

  /** {@return nanoseconds until it is due, at least 1} */
  public long untilDue() {
    return Math.max(1, dueAt - nanos.getAsLong());
  }
}
