package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.batchengine.model.BatchJob;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.SettleResult;

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
   * @throws RowsLockedException if others have locked rows that it writes: {@link #lockedBy} tells
   *     which; nothing was written
   */
  boolean settle(Settlement settlement);

  /**
   * The chunks, parked items and counters that the settlement writes and that others have locked at
   * the moment. Waits for nobody.
   */
  default Set<LockedRow> lockedBy(Settlement settlement) {
    return Set.of();
  }

  /**
   * Settles deferred items from outside, in one transaction: those that nobody owns or is looking
   * at, and whose attempt is the one that is answered.
   *
   * @param attempts by index, which attempt is answered; 0: whichever
   * @param verdicts asked within the transaction for what becomes of the items: {@link
   *     Settlement#ofAnswers} with an outcome or a parking for each. May be asked again
   * @return by index, what became of the answer
   * @throws FencedException if the session is gone; nothing was written
   * @throws RefusedSettlementException if the content cannot be stored; nothing was written
   */
  Map<Integer, SettleResult> settleDeferred(
      long session,
      long batch,
      Map<Integer, Integer> attempts,
      Function<List<ClaimedItem>, Settlement> verdicts);

  /** The indexes of the batch's items with these keys; keys that no item has are left out. */
  Map<String, Integer> indexes(long batch, Collection<String> keys);

  /**
   * Ends those of the batches that have nothing in motion, all of them or none: counts their
   * outcomes and removes their counters. Pauses those as {@link Rehearsal#REHEARSED} of whose
   * rehearsal each item has been tried: nobody owns any, and none is parked without an attempt.
   *
   * @param locked told of each that is left as it is, since others have locked it
   * @return the batches that this call ended or paused
   */
  List<BatchJob> completeIfDone(Collection<Long> batches, LongConsumer locked);

  /** The same, for callers that do not come back. */
  default List<BatchJob> completeIfDone(Collection<Long> batches) {
    return completeIfDone(batches, batch -> {});
  }

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
