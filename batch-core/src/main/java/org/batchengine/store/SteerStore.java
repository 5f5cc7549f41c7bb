package org.batchengine.store;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.batchengine.model.BatchId;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.jspecify.annotations.Nullable;

/**
 * Pauses, cancels, reopens and deletes batches. Each verb is one transaction under the batch's
 * lock. Every rule of {@link BatchStore} holds.
 */
public interface SteerStore {

  /**
   * A PENDING, RUNNING or PAUSED batch becomes STOPPING, on its way to CANCELLED. Empty if there is
   * no such batch.
   */
  Optional<StateChange> cancel(Steering steering, CancelMode mode);

  /** A PENDING or RUNNING batch becomes PAUSED; its unowned chunks and parked items are held. */
  Optional<StateChange> pause(Steering steering);

  /**
   * As {@link #pause}, for a thread of the engine: at once or not at all. What the batch has
   * waiting is held by the next sweep.
   *
   * @return whether this call paused it
   * @throws org.batchengine.model.RowsLockedException if others have locked the batch
   */
  boolean pauseAtOnce(long batch, String node, String reason);

  /**
   * As {@link #pauseAtOnce}, with the reason {@code BUDGET}, if the sum of the batch's measure has
   * reached its budget, checked under its lock.
   */
  boolean pauseAtBudget(long batch, String node);

  /**
   * A PAUSED batch becomes RUNNING, or PENDING if none of its items was started yet.
   *
   * @throws org.batchengine.model.IllegalTransitionException if its budget is used up
   */
  Optional<StateChange> resume(Steering steering);

  /**
   * Reopens FAILED items: removes their outcomes and parks them, due at once. They keep their
   * attempts and get a new budget of retries. A terminal batch becomes RUNNING, in a new run; a
   * PENDING, RUNNING or PAUSED one keeps its state. The result counts the items.
   */
  Optional<StateChange> retryFailed(Steering steering, FailedItems which);

  /**
   * Reopens FAILED items with other inputs, which count from their next attempt on; otherwise like
   * {@link #retryFailed}, in one run however many pages there are.
   *
   * @param pages asked for the next one outside of any transaction: texts of inputs by index, of up
   *     to 1,000 items, in ascending order over all pages. Items that are not FAILED are left as
   *     they are
   */
  Optional<StateChange> retryCorrected(
      Steering steering, Iterator<? extends SortedMap<Integer, String>> pages);

  /**
   * Changes settings of a PENDING, RUNNING or PAUSED batch: its revision grows, and its unowned
   * chunks and parked items get its priority. Nothing changes if it has these settings already.
   *
   * @throws org.batchengine.model.IllegalTransitionException if it is still being submitted, is
   *     STOPPING or has ended
   */
  Optional<StateChange> change(Steering steering, NewSettings settings);

  /**
   * Gives up the batch if its deadline has passed or more items have failed in its current run than
   * it tolerates, checked under its lock. A PENDING, RUNNING or PAUSED batch becomes STOPPING, on
   * its way to FAILED, with the reason as its error.
   *
   * @return whether this call gave it up
   */
  boolean giveUp(long batch, String node);

  /**
   * The states of those of the batches that are neither PENDING nor RUNNING, or whose settings were
   * ever changed.
   */
  List<Steered> steered(Collection<Long> batches);

  /**
   * Hides a terminal batch at once and for good; {@link SweepStore#removeHidden} deletes it.
   *
   * @return false if there is no such batch
   * @throws org.batchengine.model.IllegalTransitionException if it has not ended
   */
  boolean hide(BatchId id, @Nullable String tenant, Actor by);

  /**
   * Removes up to {@code most} of an owner's batches, of the tenant or of every tenant. Ended ones,
   * and those still being submitted, are hidden at once. Live ones become STOPPING, on their way to
   * CANCELLED even if they were on their way to FAILED. The call that ends them hides them,
   * whichever engine makes it.
   *
   * @return the number of batches that this call has hidden or marked
   */
  int removeSubmittedBy(String owner, @Nullable String tenant, Actor by, int most);
}
