package org.batchengine;

import org.batchengine.store.StoredInput;
import org.jspecify.annotations.Nullable;

/** One attempt to be made. */
final class WorkItem {
  private final Lease lease;
  private final StoredInput stored;
  private final int attempts;

  /**
   * An attempt to be made.
   *
   * @param attempts attempts made before
   */
  WorkItem(Lease lease, StoredInput stored, int attempts) {
    this.lease = lease;
    this.stored = stored;
    this.attempts = attempts;
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

  /** The number of the attempt to be made, from 1. */
  int attempt() {
    return attempts + 1;
  }

  String idempotencyKey() {
    return batch().header().id() + "/" + index();
  }
}
