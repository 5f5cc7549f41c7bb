package org.batchengine.engine.mend;

import java.util.ArrayDeque;
import java.util.Deque;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.LockedRow;

/**
 * Pauses batches whose budget is used up, for engines that died before they could: looks with each
 * sweep, pauses one a pass.
 */
public final class Budgets implements Step {
  private static final int MOST_FOUND = 100;

  private final BatchStore store;
  private final String node;
  private final Cadence sweep;
  private final LockedRows locked;
  private final Deque<Long> usedUp = new ArrayDeque<>();

  /** No batch has used its budget up. */
  public Budgets(BatchStore store, String node, Cadence sweep, LockedRows locked) {
    this.store = store;
    this.node = node;
    this.sweep = sweep;
    this.locked = locked;
  }

  @Override
  public String name() {
    return "pausing batches whose budget is used up";
  }

  @Override
  public boolean runOnce() {
    if (usedUp.isEmpty() && sweep.isDue()) {
      usedUp.addAll(store.sweeping().beyondBudget(MOST_FOUND));
    }
    Long batch = usedUp.poll();
    if (batch == null) {
      return false;
    }
    try {
      store.steering().pauseAtBudget(batch, node);
    } catch (RowsLockedException e) {
      locked.met(LockedRow.job(batch)); // the next sweep finds it again
    }
    return true;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
