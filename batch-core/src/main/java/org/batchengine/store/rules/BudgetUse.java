package org.batchengine.store.rules;

import java.math.BigDecimal;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.model.IllegalTransitionException;

/**
 * How much of its budget a batch has used up.
 *
 * @param sum of the measure, over all attempts that are settled
 */
public record BudgetUse(Budget budget, BigDecimal sum) {
  /** Why a batch is paused whose budget is used up. */
  public static final String REASON = "BUDGET";

  /** Whether the batch is to be paused. */
  public boolean isUsedUp() {
    return sum.doubleValue() >= budget.most();
  }

  /** {@return how much it is, for people} */
  public String text() {
    return "%s of its budget of %s %s"
        .formatted(
            sum.stripTrailingZeros().toPlainString(),
            BigDecimal.valueOf(budget.most()).stripTrailingZeros().toPlainString(),
            budget.measure());
  }

  /**
   * Checks that the batch may be resumed.
   *
   * @throws IllegalTransitionException if its budget is used up
   */
  public void requireLeft(BatchId id, BatchState state) {
    if (isUsedUp()) {
      throw new IllegalTransitionException(
          id,
          state,
          "it has come to %s: raise the budget with change, then resume it".formatted(text()));
    }
  }
}
