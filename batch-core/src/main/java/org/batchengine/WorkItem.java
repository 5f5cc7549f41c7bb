package org.batchengine;

import org.batchengine.store.StoredInput;
import org.jspecify.annotations.Nullable;

/** One attempt to be made. */
final class WorkItem {
  private final Lease lease;
  private final StoredInput stored;
  private final int attempts;
  private final int budgetFrom;
  private boolean alone;

  /**
   * An attempt to be made.
   *
   * @param attempts attempts made before
   * @param budgetFrom attempts made before it was taken up again: its retries count from there
   */
  WorkItem(Lease lease, StoredInput stored, int attempts, int budgetFrom) {
    this.lease = lease;
    this.stored = stored;
    this.attempts = attempts;
    this.budgetFrom = budgetFrom;
  }

  Lease lease() {
    return lease;
  }

  LiveBatch batch() {
    return lease.batch();
  }

  int index() {
    return stored.index();
  }

  @Nullable String key() {
    return stored.key();
  }

  @Nullable String input() {
    return stored.input();
  }

  /** About how much memory it holds. */
  long bytes() {
    String input = stored.input();
    return 100L + (input == null ? 0 : input.length());
  }

  /** The number of the attempt to be made, from 1. */
  int attempt() {
    return attempts + 1;
  }

  /** Retries made already of those that its policy allows. */
  int retries() {
    return attempts - budgetFrom;
  }

  /** What it was called with could not be kept: from now on it is called without others. */
  void callAlone() {
    alone = true;
  }

  boolean isAlone() {
    return alone;
  }

  String idempotencyKey() {
    return batch().header().id() + "/" + index();
  }
}
