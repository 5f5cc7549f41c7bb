package org.batchengine.store;

import java.util.List;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;

/**
 * Batches of its tenant that a new batch waits for. No id is named twice.
 *
 * @param completed those that must be COMPLETED
 * @param ended those that must have ended, however
 * @param isPatient whether it waits on when one of {@code completed} is FAILED or CANCELLED: that
 *     one may be retried. Otherwise it is cancelled
 */
public record Predecessors(List<BatchId> completed, List<BatchId> ended, boolean isPatient) {
  /** Waits for nothing. */
  public static final Predecessors NONE = new Predecessors(List.of(), List.of(), false);

  /** Copies the lists. */
  public Predecessors {
    completed = List.copyOf(completed);
    ended = List.copyOf(ended);
  }

  /** {@return all of them} */
  public List<BatchId> all() {
    return Stream.concat(completed.stream(), ended.stream()).toList();
  }
}
