package org.batchengine.engine.mend;

import java.time.Duration;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.SweepStore;

/** Hides batches that ended longer ago than they are kept, some a pass; {@link Removal} follows. */
public final class Retention implements Step {
  private static final int BATCHES_AT_ONCE = 100;

  private final SweepStore store;
  private final Duration kept;
  private final Removal removal;
  private final Cadence sweep;
  private boolean isDue;

  /**
   * Nothing has been hidden yet.
   *
   * @param kept how long ended batches are kept
   */
  public Retention(SweepStore store, Duration kept, Removal removal, Cadence sweep) {
    this.store = store;
    this.kept = kept;
    this.removal = removal;
    this.sweep = sweep;
  }

  @Override
  public String name() {
    return "deleting batches past their retention";
  }

  @Override
  public boolean runOnce() {
    isDue |= sweep.isDue();
    if (!isDue) {
      return false;
    }
    isDue = store.hideEnded(kept, BATCHES_AT_ONCE) == BATCHES_AT_ONCE;
    removal.removeSoon();
    return true;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
