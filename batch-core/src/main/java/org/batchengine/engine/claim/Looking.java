package org.batchengine.engine.claim;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.batchengine.engine.loop.Signal;

/** When the dispatcher looks for work of which nothing is known here. Thread-safe. */
public final class Looking {
  /** The pause after other engines were quicker; random, so that engines do not collide again. */
  private static final long LEAST_PAUSE = TimeUnit.MILLISECONDS.toNanos(5);

  private static final long MOST_PAUSE = TimeUnit.MILLISECONDS.toNanos(20);

  /** After so many claims in a row that got nothing, others seem to have locked the work itself. */
  private static final int USUAL_CLAIMS = 16;

  private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** How often, and for how long, to look for work that another transaction may commit soon. */
  private static final long OFTEN = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long OFTEN_FOR = TimeUnit.SECONDS.toNanos(5);

  private final long pollNanos;
  private final LongSupplier nanos;
  private final RandomGenerator random;
  private final Signal dispatcher;
  private volatile long oftenUntil;
  private volatile boolean forSequential;
  private volatile long sequentialAt;
  private volatile boolean othersWereQuicker;
  private volatile boolean hasReason = true;
  private volatile int inVain;

  private long claimAt;

  /**
   * Looks once a poll.
   *
   * @param dispatcher wakes the dispatcher
   */
  public Looking(Duration poll, LongSupplier nanos, RandomGenerator random, Signal dispatcher) {
    pollNanos = poll.toNanos();
    this.nanos = nanos;
    this.random = random;
    this.dispatcher = dispatcher;
    oftenUntil = nanos.getAsLong();
    sequentialAt = oftenUntil;
    claimAt = oftenUntil;
  }

  /** There may be work. The dispatcher is not woken. */
  public void look() {
    hasReason = true;
  }

  /** There may be work now that the next poll would find later. */
  public void lookSoon() {
    forSequential = true;
    hasReason = true;
    dispatcher.raise();
  }

  /** A host's transaction has submitted work, and this engine cannot see its commit. */
  public void lookOften() {
    oftenUntil = now() + OFTEN_FOR;
    sequentialAt = now();
    hasReason = true;
    dispatcher.raise();
  }

  long now() {
    return nanos.getAsLong();
  }

  long pollNanos() {
    return pollNanos;
  }

  private long interval() {
    return now() - oftenUntil < 0 ? OFTEN : pollNanos;
  }

  /** Whether there may be work of which nothing is known here; no longer after this call. */
  boolean takeReason() {
    boolean has = hasReason || now() - claimAt >= 0;
    hasReason = false;
    if (has) {
      claimAt = now() + interval();
    }
    return has;
  }

  /** Whether sequential batches should be looked at; no longer after this call. */
  boolean takeForSequential() {
    boolean is = forSequential;
    forSequential = false;
    return is;
  }

  /** Sequential batches should be looked at. */
  void forSequential() {
    forSequential = true;
  }

  /** Whether it is time to look at sequential batches even though nothing points to them. */
  boolean isSequentialDue() {
    if (now() - sequentialAt < 0) {
      return false;
    }
    sequentialAt = now() + interval();
    return true;
  }

  /** The dispatcher begins a pass. */
  void begins() {
    othersWereQuicker = false;
  }

  /** Whether there was work, and other engines took it. */
  void othersWereQuicker(boolean were) {
    othersWereQuicker = were;
    inVain = were ? inVain + 1 : 0;
  }

  /** How long to wait after finding nothing, if a retry is due in the given time. */
  long idleNanos(long untilDue) {
    return Math.min(othersWereQuicker ? pauseInVain() : untilDue, interval());
  }

  /** Work that somebody holds locked must not cost a claim each few milliseconds. */
  private long pauseInVain() {
    int doublings = Math.max(0, Math.min(inVain - USUAL_CLAIMS, 10));
    long pause = random.nextLong(LEAST_PAUSE, MOST_PAUSE) << doublings;
    return Math.min(pause, LONGEST_PAUSE);
  }
}
