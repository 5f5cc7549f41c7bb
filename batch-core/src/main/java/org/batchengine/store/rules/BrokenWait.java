package org.batchengine.store.rules;

import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.jspecify.annotations.Nullable;

/** Why a batch is cancelled that waited for another one to be COMPLETED. */
public final class BrokenWait {
  private BrokenWait() {}

  /**
   * {@return the reason, for people}
   *
   * @param state that of the other one; null: it is gone
   */
  public static String reason(BatchId other, @Nullable BatchState state) {
    String is = state == null || !state.isTerminal() ? "is gone" : "is " + state;
    return "it was to begin once batch %s is COMPLETED, which %s".formatted(other, is);
  }
}
