package org.batchengine.store.rules;

import org.batchengine.model.SettleResult;
import org.jspecify.annotations.Nullable;

/** What becomes of an answer from outside, by what there is of its item. */
public final class AnswerRule {
  private AnswerRule() {}

  /**
   * The parked row of an item.
   *
   * @param attempts made so far
   * @param free whether nobody owns it or is looking at it
   */
  public record Parked(ParkedKind kind, int attempts, boolean free) {}

  /**
   * Judges an answer.
   *
   * @param parked the item's row; null: it is not parked
   * @param attempt the one that is answered; 0: whichever
   */
  public static SettleResult of(@Nullable Parked parked, boolean hasOutcome, int attempt) {
    if (parked == null) {
      return hasOutcome ? SettleResult.ALREADY_SETTLED : SettleResult.NOT_YET;
    }
    boolean isDeferred = parked.kind == ParkedKind.DEFERRED;
    if (attempt != 0
        && (attempt < parked.attempts || (attempt == parked.attempts && !isDeferred))) {
      return SettleResult.OUTDATED;
    }
    return isDeferred && parked.free && (attempt == 0 || attempt == parked.attempts)
        ? SettleResult.SETTLED
        : SettleResult.NOT_YET;
  }
}
