package org.batchengine.engine.verdict;

import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.Measured;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jspecify.annotations.Nullable;

/**
 * What became of one attempt, ready to be settled: an outcome or a parking, and the failure if any.
 *
 * @param nanos how long the attempt took; 0 if it was not begun
 * @param isWritten whether the outcome is in the store already, so that only its lease is left to
 *     settle
 */
public record ItemVerdict(
    WorkItem item,
    @Nullable Outcome outcome,
    @Nullable Parking parking,
    @Nullable Failure failure,
    long nanos,
    boolean isWritten) {

  /** A verdict that is not in the store yet. */
  public ItemVerdict(
      WorkItem item,
      @Nullable Outcome outcome,
      @Nullable Parking parking,
      @Nullable Failure failure,
      long nanos) {
    this(item, outcome, parking, failure, nanos, false);
  }

  /** {@return the same verdict, with its outcome in the store} */
  public ItemVerdict written() {
    return new ItemVerdict(item, outcome, parking, failure, nanos, true);
  }

  /** The item was not begun, and is given back for others to run. */
  public static ItemVerdict returned(WorkItem item) {
    return new ItemVerdict(item, null, null, null, 0);
  }

  /**
   * The item ended with its batch.
   *
   * @param attempts attempts begun
   */
  public static ItemVerdict cancelled(WorkItem item, int attempts, long nanos) {
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
            item.lease().isParked(),
            item.notMeasured());
    return new ItemVerdict(item, outcome, null, null, nanos);
  }

  /**
   * {@return the same verdict on an attempt in which the item was measured}
   *
   * @param added its values, of this attempt alone
   */
  public ItemVerdict measured(Measured added) {
    if (added.isNone()) {
      return this;
    }
    Measured.Attempt at = new Measured.Attempt(item.measured(), added);
    return new ItemVerdict(
        item,
        outcome == null ? null : outcome.measured(at),
        parking == null ? null : parking.measured(at),
        failure,
        nanos,
        isWritten);
  }

  /** Whether the item is given back. */
  public boolean isReturned() {
    return outcome == null && parking == null;
  }

  /** Whether the item is to be settled from outside. */
  public boolean isDeferred() {
    return parking != null && parking.deferred();
  }

  /** Whether it is the end of an attempt: the item was neither given back nor left to others. */
  public boolean isAttempt() {
    return outcome != null || (parking != null && parking.attempts() == item.attempt());
  }

  /** Whether it says something of the processor: it was called, and its batch was not cancelled. */
  public boolean isTried() {
    return isAttempt() && (outcome == null || outcome.state() != ItemState.CANCELLED);
  }

  /** {@return the fingerprint of its failure; empty if it has not failed} */
  public String fingerprint() {
    return failure == null ? "" : failure.error().fingerprint();
  }

  /** {@return the lease that its item belongs to} */
  public Lease lease() {
    return item.lease();
  }

  /** {@return about how much memory it takes until it is settled} */
  public long bytes() {
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
