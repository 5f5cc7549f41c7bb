package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import org.batchengine.model.BatchId;

/**
 * Which waiting batches are looked at.
 *
 * @param ids of the batches that {@code of} speaks of; none for {@link Of#ALL}
 */
public record WaitScope(Of of, List<BatchId> ids) {
  /** Every batch that waits. */
  public static final WaitScope ALL = new WaitScope(Of.ALL, List.of());

  /** What the ids are. */
  public enum Of {
    /** Batches that have ended: what waits for them is looked at. */
    ENDED,
    /** Batches that were submitted: these are looked at. */
    SUBMITTED,
    /** There are none: all that waits is looked at. */
    ALL
  }

  /** Copies the ids. */
  public WaitScope {
    ids = List.copyOf(ids);
  }

  /** {@return what waits for batches that have ended} */
  public static WaitScope ended(Collection<BatchId> batches) {
    return new WaitScope(Of.ENDED, List.copyOf(batches));
  }

  /** {@return batches that were submitted} */
  public static WaitScope submitted(Collection<BatchId> batches) {
    return new WaitScope(Of.SUBMITTED, List.copyOf(batches));
  }
}
