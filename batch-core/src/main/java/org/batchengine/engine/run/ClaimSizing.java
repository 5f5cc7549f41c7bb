package org.batchengine.engine.run;

import java.util.concurrent.TimeUnit;

/**
 * Says how many items to claim, how many may wait, and how many to give a worker, by how long an
 * item takes. That is measured; and while most calls that run now have taken longer already, the
 * past does not count. Thread-safe.
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
  private final DurationMean mean = new DurationMean();

  /** How long the calls that run now have taken, if that is what most of them take. */
  private volatile double runningNanos;

  /** The most items of a call of the batch that was claimed last. */
  private volatile int mostPerCall;

  ClaimSizing(TypeSettings settings) {
    this.settings = settings;
    mostPerCall = settings.itemsPerCall();
  }

  /** A call has run so many items in so long. */
  public void measure(long nanos, int items) {
    mean.measure(nanos, items);
  }

  /** An item of most calls that run now has taken so long already. */
  void runsFor(double nanos) {
    runningNanos = nanos;
  }

  /** {@return how long an item takes at the present pace} */
  double nanosPerItem() {
    return Math.max(mean.nanosOr(FIRST_GUESS_NANOS), runningNanos);
  }

  /** How long an item of a tenant takes at the present pace. */
  double nanosPerItem(TenantLoad tenant) {
    return Math.max(tenant.mean().nanosOr(mean.nanosOr(FIRST_GUESS_NANOS)), tenant.runningNanos);
  }

  /**
   * How many items the workers should have in all: what runs, and what runs within 250 ms after.
   * Until it is known how long an item takes, as many wait as run.
   *
   * @param sharing the part of the workers that they are for, as one in so many
   */
  int target(double nanosPerItem, double sharing) {
    int busy = settings.concurrency() * perCall();
    double ahead =
        mean.isMeasured() || runningNanos > FIRST_GUESS_NANOS
            ? settings.concurrency() * AHEAD_NANOS / nanosPerItem
            : busy;
    double all = busy + Math.min(ahead, (double) MOST_CHUNKS_AHEAD * chunkItems(nanosPerItem));
    return Math.max(1, (int) Math.ceil((int) all / sharing));
  }

  /**
   * How many more items the workers should have: none while half the target is in hand. A small
   * remainder beyond whole chunks is not requested, since it would cost as much as a whole one.
   *
   * @param outstanding items that wait or are with workers
   * @param sharing the part of the workers that they are for, as one in so many
   */
  int lacking(int outstanding, double nanosPerItem, double sharing) {
    int target = target(nanosPerItem, sharing);
    int busy = (int) (settings.concurrency() * perCall() / sharing);
    if (outstanding >= busy && outstanding * 2 > target) {
      return 0;
    }
    int missing = target - outstanding;
    int rest = missing % chunkItems(nanosPerItem);
    boolean isWorthAChunk = rest == missing || rest >= leastItems();
    return isWorthAChunk ? missing : missing - rest;
  }

  /** How many items of a tenant may wait for workers: a second's work. */
  int mostWaiting(double nanosPerItem, double sharing) {
    double perSecond = settings.concurrency() * LEASE_NANOS / nanosPerItem / sharing;
    return (int) Math.min(Integer.MAX_VALUE, Math.max(perCall(), perSecond));
  }

  /** How many items of a tenant are claimed of which nothing is known. */
  int ofUnknown() {
    return Math.max(2 * settings.concurrency() * perCall(), leastItems());
  }

  /** Whether work that takes so long in all is more than a second's. */
  boolean isTooMuch(double nanos) {
    return nanos > settings.concurrency() * LEASE_NANOS;
  }

  /** Items of a batch were claimed whose calls have so many items at most. */
  void comes(int itemsPerCall) {
    mostPerCall = itemsPerCall;
  }

  /** How many items a call should have, as far as is known. */
  int perCall() {
    return perCall(mostPerCall);
  }

  private int perCall(int most) {
    return settings.isDivisible()
        ? (int) Math.max(1, Math.min(most, CALL_NANOS / nanosPerItem()))
        : most;
  }

  /** About a second of work for all workers together, within the type's bounds. */
  int chunkItems(double nanosPerItem) {
    double perSecond = settings.concurrency() * LEASE_NANOS / nanosPerItem;
    return (int) Math.max(settings.leastClaimed(), Math.min(settings.mostClaimed(), perSecond));
  }

  /** How many items are worth a claim when other nodes want some of the little that is left. */
  int leastItems() {
    return Math.max(settings.leastClaimed(), chunkItems(nanosPerItem()) / SHARES);
  }

  /**
   * How many items a worker takes at once.
   *
   * @param waiting how many there are
   * @param itemsPerCall the most items of a call
   */
  int inHand(int waiting, int itemsPerCall) {
    int share = waiting / settings.concurrency();
    if (itemsPerCall == 1) {
      int quick = (int) Math.min(MOST_IN_HAND, HAND_NANOS / nanosPerItem());
      return Math.max(1, Math.min(quick, share));
    }
    return settings.isDivisible()
        ? Math.max(1, Math.min(perCall(itemsPerCall), share))
        : itemsPerCall;
  }
}
