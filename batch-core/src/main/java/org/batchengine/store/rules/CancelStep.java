package org.batchengine.store.rules;

import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;

/** What a cancel does to a batch. */
public enum CancelStep {
  /** It becomes STOPPING. */
  STOP,
  /** It is STOPPING; from now on, calls that run are interrupted as well. */
  FORCE,
  /** The cancel comes too late, or says nothing new. */
  NOTHING;

  /**
   * Decides.
   *
   * @param isForced whether calls of the batch that run are interrupted already
   */
  public static CancelStep of(BatchState state, boolean isForced, CancelMode mode) {
    if (StateRules.canStop(state)) {
      return STOP;
    }
    boolean forces = mode == CancelMode.FORCED && !isForced;
    return state == BatchState.STOPPING && forces ? FORCE : NOTHING;
  }
}
