package org.batchengine.engine.mend;

import java.util.concurrent.atomic.AtomicBoolean;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.SweepStore;

/** Removes the records of hidden batches, in slices. */
public final class Removal implements Step {
  private static final int ROWS_AT_ONCE = 10_000;

  private final SweepStore store;
  private final Signal signal;
  private final AtomicBoolean isDue = new AtomicBoolean();

  /**
   * No batch is known to be hidden.
   *
   * @param signal wakes the thread that runs this
   */
  public Removal(SweepStore store, Signal signal) {
    this.store = store;
    this.signal = signal;
  }

  /** A batch may be hidden: remove it without waiting for the next sweep. From any thread. */
  public void removeSoon() {
    isDue.set(true);
    signal.raise();
  }

  @Override
  public String name() {
    return "removing deleted batches";
  }

  @Override
  public boolean runOnce() {
    if (!isDue.getAndSet(false)) {
      return false;
    }
    boolean isMoreLeft = true;
    try {
      isMoreLeft = store.removeHidden(ROWS_AT_ONCE);
    } finally {
      if (isMoreLeft) {
        isDue.set(true);
      }
    }
    return true;
  }
}
