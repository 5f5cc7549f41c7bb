package org.batchengine.engine.claim;

import org.batchengine.engine.session.Session;

/** One of the things that the dispatcher does, in a pass of its own. */
public interface Pass {

  /** {@return what it does, for the log and for health} */
  default String name() {
    return "claiming";
  }

  /** Whether there is a reason to run it now. If so, it is run. */
  boolean isDue();

  /** Makes one call of the store. False if the dispatcher may rest after it. */
  boolean runOnce(Session session);

  /** {@return nanoseconds until there may be a reason to run it, unless a signal comes first} */
  default long untilDue() {
    return Long.MAX_VALUE;
  }

  /** Forgets what the last session held: others have it now. */
  default void forget() {}
}
