package org.batchengine;

import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jspecify.annotations.Nullable;

/**
 * What became of one attempt, ready to be settled: an outcome or a parking, and why.
 *
 * @param nanos how long the attempt took; 0 if it was not begun
 * @param isWritten whether the outcome is in the store already: only its lease is left to settle
 */
record ItemVerdict(
    WorkItem item,
    @Nullable Outcome outcome,
    @Nullable Parking parking,
    @Nullable Failure failure,
    long nanos,
    boolean isWritten) {

  ItemVerdict(
      WorkItem item,
      @Nullable Outcome outcome,
      @Nullable Parking parking,
      @Nullable Failure failure,
      long nanos) {
    this(item, outcome, parking, failure, nanos, false);
  }

  /** The same, once its outcome is in the store. */
  ItemVerdict written() {
    return new ItemVerdict(item, outcome, parking, failure, nanos, true);
  }

  /** Not begun, and given back to whoever may begin it. */
  static ItemVerdict returned(WorkItem item) {
    return new ItemVerdict(item, null, null, null, 0);
  }

  /**
   * Ended with its batch.
   *
   * @param attempts attempts begun
   */
  static ItemVerdict cancelled(WorkItem item, int attempts, long nanos) {
    Outcome outcome =
        new Outcome(
            item.batch().number(),
            item.index(),
            ItemState.CANCELLED,
            attempts,
            null,
            nanos / 1_000,
            null,
            null,
            item.lease().isParked());
    return new ItemVerdict(item, outcome, null, null, nanos);
  }

  boolean isReturned() {
    return outcome == null && parking == null;
  }

  Lease lease() {
    return item.lease();
  }

  /** About how much memory it holds until it is settled. */
  long bytes() {
    String output = outcome == null ? null : outcome.output();
    return item.bytes() + 100 + (output == null ? 0 : output.length()) + errorBytes();
  }

  private long errorBytes() {
    if (failure == null) {
      return 0;
    }
    ItemError error = failure.error();
    return error.message().length() + (long) error.stack().length();
  }
}
