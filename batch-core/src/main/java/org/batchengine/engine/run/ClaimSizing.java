package org.batchengine.engine.run;

import java.util.concurrent.TimeUnit;

/**
 * Says how many items to claim, and how many to give a worker, by how long an item takes: measured
 * as an exponential mean in which a call weighs a tenth. Thread-safe.
 */
public final class ClaimSizing {
  /** How much work a chunk should be for all workers together. */
  private static final double LEASE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How much work waits in addition to what runs, so that workers need not wait for a claim. */
  private static final double AHEAD_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final int MOST_CHUNKS_AHEAD = 4;

  /** Near the end of the work, nodes share it in claims of at least this part of a chunk. */
  private static final int SHARES = 16;

  /** How much work a worker takes at once. */
  private static final double HAND_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  private static final int MOST_IN_HAND = 32;

  /** How much work a divisible call should be. */
  private static final double CALL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Assumed of a type until its first item has run. */
  private static final double FIRST_GUESS_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final TypeSettings settings;
  private volatile double nanosPerItem = FIRST_GUESS_NANOS;
  private volatile boolean isMeasured;

  ClaimSizing(TypeSettings settings) {
    this.settings = settings;
  }

  /** A call has run so many items in so long. */
  public void measure(long nanos, int items) {
    double each = Math.max(1_000, (double) nanos / items);
    nanosPerItem = isMeasured ? nanosPerItem + 0.1 * (each - nanosPerItem) : each;
    isMeasured = true;
  }

  /**
   * How many more items the workers should have: none while half the target is in hand. Until it is
   * known how long an item takes, as many wait as run. A small remainder beyond whole chunks is not
   * requested, since it would cost as much as a whole one.
   *
   * @param outstanding items that wait or are with workers
   */
  int lacking(int outstanding) {
    int busy = settings.concurrency() * perCall();
    double ahead = isMeasured ? settings.concurrency() * AHEAD_NANOS / nanosPerItem : busy;
    int target = busy + (int) Math.min(ahead, (double) MOST_CHUNKS_AHEAD * chunkItems());
    if (outstanding >= busy && outstanding * 2 > target) {
      return 0;
    }
    int missing = target - outstanding;
    int rest = missing % chunkItems();
    boolean isWorthAChunk = rest == missing || rest >= leastItems();
    return isWorthAChunk ? missing : missing - rest;
  }

  /** How many items a call should have. */
  int perCall() {
    return settings.isDivisible()
        ? (int) Math.max(1, Math.min(settings.itemsPerCall(), CALL_NANOS / nanosPerItem))
        : settings.itemsPerCall();
  }

  /** About a second of work for all workers together, within the type's bounds. */
  int chunkItems() {
    double perSecond = settings.concurrency() * LEASE_NANOS / nanosPerItem;
    return (int) Math.max(settings.leastClaimed(), Math.min(settings.mostClaimed(), perSecond));
  }

  /** How many items are worth a claim when other nodes want some of the little that is left. */
  int leastItems() {
    return Math.max(settings.leastClaimed(), chunkItems() / SHARES);
  }

  /**
   * How many items a worker takes at once.
   *
   * @param waiting how many there are
   */
  int inHand(int waiting) {
    int share = waiting / settings.concurrency();
    if (settings.itemsPerCall() == 1) {
      int quick = (int) Math.min(MOST_IN_HAND, HAND_NANOS / nanosPerItem);
      return Math.max(1, Math.min(quick, share));
    }
    return settings.isDivisible()
        ? Math.max(1, Math.min(perCall(), share))
        : settings.itemsPerCall();
  }
}
