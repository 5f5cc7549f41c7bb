package org.batchengine.store.rules;

import java.util.Optional;
import org.batchengine.model.BatchState;
import org.jspecify.annotations.Nullable;

/**
 * How a batch ends of which nothing is in motion.
 *
 * @param error what made it fail at the end; null: what was said before stands
 * @param reason what the batch and its event say of the end
 */
public record BatchEnd(BatchState state, @Nullable String error, @Nullable String reason) {

  /**
   * Decides. A batch that was not stopped has FAILED if too many of its items failed: the last of
   * them may have been settled after everybody's last look.
   *
   * @param stoppingTo what a STOPPING batch becomes; null: it was not stopped
   * @param stopReason why it was stopped, if it was
   * @param tooManyFailures the error, if more items failed in this run than are tolerated
   */
  public static BatchEnd of(
      @Nullable BatchState stoppingTo,
      @Nullable String stopReason,
      Optional<String> tooManyFailures) {
    if (stoppingTo != null) {
      return new BatchEnd(stoppingTo, null, stopReason);
    }
    return tooManyFailures
        .map(error -> new BatchEnd(BatchState.FAILED, error, error))
        .orElseGet(() -> new BatchEnd(BatchState.COMPLETED, null, null));
  }
}
