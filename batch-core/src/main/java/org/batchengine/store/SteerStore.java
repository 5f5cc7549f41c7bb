package org.batchengine.store;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchId;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.jspecify.annotations.Nullable;

/**
 * Changes the fate of a whole batch: each verb is one transaction under the batch's lock. Every
 * rule of {@link BatchStore} holds.
 */
public interface SteerStore {

  /**
   * PENDING, RUNNING or PAUSED becomes STOPPING towards CANCELLED. Empty: there is no such batch.
   */
  Optional<StateChange> cancel(Steering steering, CancelMode mode);

  /** PENDING or RUNNING becomes PAUSED; its unowned chunks and parked items are held. */
  Optional<StateChange> pause(Steering steering);

  /** PAUSED becomes RUNNING, or PENDING if nothing of it was started yet. */
  Optional<StateChange> resume(Steering steering);

  /**
   * Takes FAILED items up again: their outcomes go, and they are parked, due at once, with their
   * attempts counting on and a new budget of retries. A terminal batch becomes RUNNING, with a new
   * run; a RUNNING or PAUSED one stays what it is. The change counts the items.
   */
  Optional<StateChange> retryFailed(Steering steering, FailedItems which);

  /**
   * Gives the batch itself up if there is reason to, which is asked under its lock: its deadline
   * has passed, or more items have failed in its present run than are tolerated. PENDING, RUNNING
   * or PAUSED becomes STOPPING towards FAILED, with the reason as the error.
   *
   * @return whether this call did it
   */
  boolean giveUp(long batch, String actor);

  /** Where those of the batches stand that are neither PENDING nor RUNNING. */
  List<Steered> steered(Collection<Long> batches);

  /**
   * Hides a terminal batch at once and for good; {@link SweepStore#removeHidden} does the rest.
   *
   * @return false if there is none
   * @throws org.batchengine.model.IllegalTransitionException if it has not ended
   */
  boolean hide(BatchId id, @Nullable String tenant, String actor);

  /**
   * Removes an owner's batches of the tenant, or of every tenant, up to {@code most} of them: ended
   * ones are hidden at once; live ones become STOPPING towards CANCELLED, whatever they were, and
   * are hidden by the call that ends them, whoever makes it.
   *
   * @return how many batches this call has hidden or marked so
   */
  int removeSubmittedBy(String owner, @Nullable String tenant, String actor, int most);
}
