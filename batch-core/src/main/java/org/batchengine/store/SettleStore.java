package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import org.batchengine.model.BatchJob;

/**
 * Writes what became of items, and ends the batches that are done. Every rule of {@link BatchStore}
 * holds.
 */
public interface SettleStore {

  /**
   * Writes what became of items, as a whole or not at all.
   *
   * @return true if it was applied now, false if its number was applied before: both are success
   * @throws FencedException if the session is gone; nothing was written
   * @throws RefusedSettlementException if its content cannot be stored; nothing was written, and
   *     the number is still free
   */
  boolean settle(Settlement settlement);

  /**
   * Ends those of the batches of which nothing is in motion, all or none: counts their outcomes,
   * removes their counters.
   *
   * @return the jobs that this call ended
   */
  List<BatchJob> completeIfDone(Collection<Long> batches);

  /** How many items of the live batch have FAILED in its present run. */
  long failures(long batch);

  /** Whether host code can be given transactions of this kind. */
  default boolean hasTransactions(Class<?> kind) {
    return false;
  }

  /**
   * Begins a transaction for host code; outcomes are written in it for the session.
   *
   * @param kind one that {@link #hasTransactions}
   */
  default <T> ItemTransaction<T> beginTransaction(Class<T> kind, long session) {
    throw new IllegalArgumentException("this store has no transactions of " + kind.getName());
  }
}
