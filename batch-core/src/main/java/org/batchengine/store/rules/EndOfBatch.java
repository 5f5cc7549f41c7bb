package org.batchengine.store.rules;

import java.util.Optional;
import org.batchengine.model.BatchState;
import org.jspecify.annotations.Nullable;

/**
 * How a batch that has nothing in motion ends.
 *
 * @param error why it failed at the end; null: an earlier error stays
 * @param reason the reason given with the batch and its event
 */
public record EndOfBatch(BatchState state, @Nullable String error, @Nullable String reason) {

  /**
   * Decides how it ends. A batch that was not stopped has FAILED if too many of its items failed:
   * the last of them may have been settled after every engine's last check.
   *
   * @param stoppingTo the state that a STOPPING batch ends in; null: it was not stopped
   * @param stopReason why it was stopped, if it was
   * @param tooManyFailures the error, if more items failed in this run than the batch tolerates
   */
  public static EndOfBatch of(
      @Nullable BatchState stoppingTo,
      @Nullable String stopReason,
      Optional<String> tooManyFailures) {
    if (stoppingTo != null) {
      return new EndOfBatch(stoppingTo, null, stopReason);
    }
    return tooManyFailures
        .map(error -> new EndOfBatch(BatchState.FAILED, error, error))
        .orElseGet(() -> new EndOfBatch(BatchState.COMPLETED, null, null));
  }
}
