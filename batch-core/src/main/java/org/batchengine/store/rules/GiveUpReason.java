package org.batchengine.store.rules;

import java.util.Optional;
import java.util.function.LongSupplier;

/** Why a batch is given up. */
public final class GiveUpReason {
  private static final String OVERDUE = "the deadline has passed";

  private GiveUpReason() {}

  /**
   * Returns the reason to give up a batch; it becomes the batch's error.
   *
   * @param isOverdue whether its deadline has passed
   * @param failures counts the failed items of its current run; called only if it is not overdue
   * @return the first reason that applies; empty if there is none
   */
  public static Optional<String> of(boolean isOverdue, Tolerance tolerance, LongSupplier failures) {
    return isOverdue ? Optional.of(OVERDUE) : tolerance.error(failures.getAsLong());
  }
}
