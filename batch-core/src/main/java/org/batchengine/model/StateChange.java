package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Map;

/**
 * What a steering call did to a batch. A call that comes too late, or is repeated, is not an error:
 * it changes nothing and says so.
 *
 * <pre>{@code
 * StateChange change = batches.cancel(id, "wrong file");
 * response.status(change.changed() ? 202 : 409);
 * }</pre>
 *
 * @param batchId the batch
 * @param changed whether this call changed it
 * @param before its state before the call
 * @param after its state after the call; may be the same even if the call changed the batch's items
 *     or the way it stops
 * @param items the number of items that run again; 0 unless failed items were retried
 */
public record StateChange(
    BatchId batchId, boolean changed, BatchState before, BatchState after, long items) {

  /** Rejects null, a negative number of items, and items if nothing was changed. */
  public StateChange {
    requireNonNull(batchId, "batchId");
    requireNonNull(before, "before");
    requireNonNull(after, "after");
    if (items < 0) {
      throw new IllegalArgumentException("items " + items + " is out of range: at least 0");
    }
    if (items > 0 && !changed) {
      throw new IllegalArgumentException("items " + items + " must be 0 if nothing was changed");
    }
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code batch_id}, {@code changed}, {@code before}, {@code after}, {@code items}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("batch_id", batchId.toString())
        .put("changed", changed)
        .put("before", before)
        .put("after", after)
        .put("items", items)
        .toMap();
  }

  /**
   * Returns this if the call changed something.
   *
   * @throws IllegalTransitionException if it did not; the message names the states before and after
   */
  public StateChange orThrow() {
    if (!changed) {
      throw new IllegalTransitionException(
          batchId,
          after,
          "the call changed nothing; the batch was %s before and can now become only %s"
              .formatted(before, IllegalTransitionException.next(after)));
    }
    return this;
  }
}
