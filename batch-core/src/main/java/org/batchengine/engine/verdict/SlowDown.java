package org.batchengine.engine.verdict;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Until when this engine begins no call of a job type, since a processor of it was told to slow
 * down: whatever begins sooner would only be refused too. Calls that run go on. Thread-safe.
 */
public final class SlowDown {
  /** After this, a few calls find out whether it still holds. */
  static final Duration LONGEST = Duration.ofMinutes(1);

  private final LongSupplier nanos;
  private final AtomicLong until;

  /** Most types are never slowed down, and then no call costs a look at the clock. */
  private volatile boolean wasAsked;

  /** Nothing is slowed down yet. */
  public SlowDown(LongSupplier nanos) {
    this.nanos = nanos;
    until = new AtomicLong(nanos.getAsLong());
  }

  /** No call begins for so long. */
  void ask(Duration delay) {
    if (!delay.isZero()) {
      Duration wait = delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
      long asked = nanos.getAsLong() + wait.toNanos();
      until.accumulateAndGet(asked, (one, other) -> one - other < 0 ? other : one);
      wasAsked = true;
    }
  }

  /** {@return how many nanoseconds no call may begin; at most 0 if calls may begin} */
  public long nanosLeft() {
    return until.get() - nanos.getAsLong();
  }

  /** Whether no call may begin. */
  public boolean isOn() {
    return wasAsked && nanosLeft() > 0;
  }
}
