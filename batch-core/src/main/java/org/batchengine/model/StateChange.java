package org.batchengine.model;

import static java.util.Objects.requireNonNull;

/**
 * What a call that steers has done to a batch. One that comes too late, or for the second time, is
 * no error: it changes nothing and says so.
 *
 * <pre>{@code
 * StateChange change = batches.cancel(id, "wrong file");
 * response.status(change.changed() ? 202 : 409);
 * }</pre>
 *
 * @param batchId the batch
 * @param changed whether this call changed it
 * @param before where it stood
 * @param after where it stands since; may be the same also if the call changed its items, or the
 *     way it stops
 * @param items how many items run again; 0 unless failed ones were retried
 */
public record StateChange(
    BatchId batchId, boolean changed, BatchState before, BatchState after, long items) {

  /** Refuses null, a negative number of items, and items where nothing was changed. */
  public StateChange {
    requireNonNull(batchId, "batchId");
    requireNonNull(before, "before");
    requireNonNull(after, "after");
    if (items < 0) {
      throw new IllegalArgumentException("items " + items + " is out of range: at least 0");
    }
    if (items > 0 && !changed) {
      throw new IllegalArgumentException(
          "items " + items + " is not 0, though nothing was changed");
    }
  }

  /**
   * Returns this if the call changed something.
   *
   * @throws IllegalTransitionException if it did not; names the states before and after
   */
  public StateChange orThrow() {
    if (!changed) {
      throw new IllegalTransitionException(
          batchId,
          after,
          "the call changed nothing, the batch was %s before; it can become only %s"
              .formatted(before, IllegalTransitionException.next(after)));
    }
    return this;
  }
}
