package org.batchengine.store.rules;

import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.StateChange;

/** What can be done to a batch in each state. Called under the batch's lock. */
public final class StateRules {
  private StateRules() {}

  /** Whether its items may be claimed and it may be paused. */
  public static boolean mayRun(BatchState state) {
    return switch (state) {
      case PENDING, RUNNING -> true;
      case SUBMITTING, PAUSED, STOPPING, COMPLETED, FAILED, CANCELLED -> false;
    };
  }

  /** Whether it can be stopped: its items are processed, or would be if it were not paused. */
  public static boolean canStop(BatchState state) {
    return mayRun(state) || state == BatchState.PAUSED;
  }

  /**
   * Checks that settings of the batch can be changed.
   *
   * @throws IllegalTransitionException if it is still being submitted, is stopping or has ended
   */
  public static void requireChangeable(BatchId id, BatchState state) {
    if (!canStop(state)) {
      throw new IllegalTransitionException(
          id,
          state,
          switch (state) {
            case SUBMITTING -> "its settings can be changed once its last item has arrived";
            case STOPPING -> "nothing more of it begins, so there is nothing to change";
            default ->
                "it has ended; retry its failed items and change it while these run, or submit a new batch";
          });
    }
  }

  /** Whether it ends once it has nothing in motion. */
  public static boolean canEnd(BatchState state) {
    return canStop(state) || state == BatchState.STOPPING;
  }

  /** Whether its failed items can be reopened. */
  public static boolean canReopen(BatchState state) {
    return canStop(state) || state.isTerminal();
  }

  /** {@return the state of a batch after its failed items are reopened} */
  public static BatchState reopened(BatchState state) {
    return state.isTerminal() ? BatchState.RUNNING : state;
  }

  /**
   * Whether a claim of its items marks its start. It may have been paused since the claim.
   *
   * @param isStarted whether its start is recorded already
   */
  public static boolean canStart(BatchState state, boolean isStarted) {
    return state == BatchState.PENDING || (state == BatchState.PAUSED && !isStarted);
  }

  /** {@return the state of a paused batch after it is resumed} */
  public static BatchState resumed(boolean isStarted) {
    return isStarted ? BatchState.RUNNING : BatchState.PENDING;
  }

  /**
   * {@return the state of a batch after its last item has arrived}
   *
   * @param isWaiting whether it waits for other batches or for items of another one; then it does
   *     not end yet
   */
  public static BatchState submitted(long total, boolean isWaiting) {
    return total == 0 && !isWaiting ? BatchState.COMPLETED : BatchState.PENDING;
  }

  /** Whether it is hidden at once when its owner's batches are removed, since none of it runs. */
  public static boolean isHiddenAtOnce(BatchState state) {
    return state.isTerminal() || state == BatchState.SUBMITTING;
  }

  /**
   * Checks that the batch can be deleted.
   *
   * @throws IllegalTransitionException if it has not ended
   */
  public static void requireEnded(BatchId id, BatchState state) {
    if (!state.isTerminal()) {
      throw new IllegalTransitionException(
          id, state, "only an ended batch can be deleted; cancel it first");
    }
  }

  /**
   * Checks that the batch's failed items have their inputs.
   *
   * @param purged how many of its items have no payloads any more
   * @throws IllegalTransitionException if there are such items
   */
  public static void requireUnpurged(BatchId id, BatchState state, int purged) {
    if (purged > 0) {
      throw new IllegalTransitionException(
          id,
          state,
          "its payloads were purged, so that its failed items cannot run again; submit them anew");
    }
  }

  /** {@return the result of a call that came too late or for the second time} */
  public static StateChange unchanged(BatchId id, BatchState state) {
    return new StateChange(id, false, state, state, 0);
  }

  /** {@return the result of a call that changed the batch but none of its items} */
  public static StateChange changed(BatchId id, BatchState before, BatchState after) {
    return new StateChange(id, true, before, after, 0);
  }
}
