package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import org.batchengine.model.BatchJob;

/**
 * Writes settlements, and ends the batches that are done. Every rule of {@link BatchStore} holds.
 */
public interface SettleStore {

  /**
   * Writes the settlement completely or not at all.
   *
   * @return true if it was applied now, false if its number was applied before; both mean success
   * @throws FencedException if the session is gone; nothing was written
   * @throws RefusedSettlementException if its content cannot be stored; nothing was written, and
   *     the number is still unused
   */
  boolean settle(Settlement settlement);

  /**
   * Ends those of the batches that have nothing in motion, all of them or none: counts their
   * outcomes and removes their counters.
   *
   * @return the batches that this call ended
   */
  List<BatchJob> completeIfDone(Collection<Long> batches);

  /** The number of items of the live batch that FAILED in its current run. */
  long failures(long batch);

  /** Whether the store can give host code transactions of this kind. */
  default boolean hasTransactions(Class<?> kind) {
    return false;
  }

  /**
   * Begins a transaction for host code. Its outcomes are written on behalf of the session.
   *
   * @param kind one for which {@link #hasTransactions} is true
   */
  default <T> ItemTransaction<T> beginTransaction(Class<T> kind, long session) {
    throw new IllegalArgumentException("this store has no transactions of " + kind.getName());
  }
}
