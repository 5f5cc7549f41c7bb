package org.batchengine.store.rules;

import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;

/** What a cancel does to a batch. */
public enum CancelStep {
  /** It becomes STOPPING. */
  STOP,
  /** It is STOPPING already; from now on, running calls are interrupted as well. */
  FORCE,
  /** The cancel comes too late or changes nothing. */
  NOTHING;

  /**
   * Decides what the cancel does.
   *
   * @param isForced whether running calls of the batch are interrupted already
   */
  public static CancelStep of(BatchState state, boolean isForced, CancelMode mode) {
    if (StateRules.canStop(state)) {
      return STOP;
    }
    boolean forces = mode == CancelMode.FORCED && !isForced;
    return state == BatchState.STOPPING && forces ? FORCE : NOTHING;
  }
}
