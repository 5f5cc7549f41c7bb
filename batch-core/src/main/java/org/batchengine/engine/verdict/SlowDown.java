package org.batchengine.engine.verdict;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Until when this engine begins no call of a job type: since a processor of it was told to slow
 * down, so that whatever begins sooner would only be refused too; or since somebody holds the type
 * on all nodes. Calls that run go on. Thread-safe.
 */
public final class SlowDown {
  /** After this, a few calls find out whether it still holds. */
  static final Duration LONGEST = Duration.ofMinutes(1);

  private final LongSupplier nanos;
  private final AtomicLong until;

  /** Most types are never slowed down, and then no call costs a look at the clock. */
  private volatile boolean wasAsked;

  private volatile long heldUntil;
  private long heldRevision;
  private volatile boolean isToBeTold;

  /** Nothing is slowed down yet. */
  public SlowDown(LongSupplier nanos) {
    this.nanos = nanos;
    heldUntil = nanos.getAsLong();
    until = new AtomicLong(heldUntil);
  }

  /** No call begins for so long. */
  void ask(Duration delay) {
    if (!delay.isZero()) {
      Duration wait = delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
      long asked = nanos.getAsLong() + wait.toNanos();
      until.accumulateAndGet(asked, (one, other) -> one - other < 0 ? other : one);
      wasAsked = true;
      isToBeTold = true;
    }
  }

  /** Whether a processor was told to slow down since this was asked last. */
  public boolean takeToTell() {
    boolean is = isToBeTold;
    isToBeTold = false;
    return is;
  }

  /** Whether other nodes are to be told that a processor was told to slow down. */
  public boolean isToBeTold() {
    return isToBeTold;
  }

  /** {@return how many nanoseconds processors were told to wait; at most 0 if that is over} */
  public long nanosAsked() {
    return until.get() - nanos.getAsLong();
  }

  /**
   * The type is held on all nodes for so long; not held if zero.
   *
   * @param revision of the limits when that was so: what is older than the last is dropped
   */
  public synchronized void hold(Duration time, long revision) {
    if (revision < heldRevision) {
      return;
    }
    heldRevision = revision;
    long now = nanos.getAsLong();
    heldUntil = now + time.toNanos();
    if (time.isZero() && !isToBeTold) {
      until.set(now);
    }
    wasAsked |= !time.isZero();
  }

  /** {@return how many nanoseconds no call may begin; at most 0 if calls may begin} */
  public long nanosLeft() {
    return Math.max(heldUntil - nanos.getAsLong(), nanosAsked());
  }

  /** Whether no call may begin. */
  public boolean isOn() {
    return wasAsked && nanosLeft() > 0;
  }
}
