package org.batchengine.engine.mend;

import java.util.ArrayDeque;
import java.util.Deque;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.LockedRow;

/** Gives up batches whose deadline has passed: looks once a poll, gives up one a pass. */
public final class Deadlines implements Step {
  private static final int MOST_FOUND = 100;

  private final BatchStore store;
  private final String node;
  private final Stopping stopping;
  private final Cadence poll;
  private final LockedRows locked;
  private final Deque<Long> overdue = new ArrayDeque<>();

  /** No batch is overdue. */
  public Deadlines(
      BatchStore store, String node, Stopping stopping, Cadence poll, LockedRows locked) {
    this.store = store;
    this.node = node;
    this.stopping = stopping;
    this.poll = poll;
    this.locked = locked;
  }

  @Override
  public String name() {
    return "giving up overdue batches";
  }

  @Override
  public boolean runOnce() {
    if (overdue.isEmpty() && poll.isDue()) {
      overdue.addAll(store.sweeping().overdue(MOST_FOUND));
    }
    Long batch = overdue.poll();
    if (batch == null) {
      return false;
    }
    try {
      if (store.steering().giveUp(batch, node)) {
        stopping.cancelSoon(batch);
      }
    } catch (RowsLockedException e) {
      locked.met(LockedRow.job(batch)); // the next poll finds it again
    }
    return true;
  }

  @Override
  public long idleNanos() {
    return poll.untilDue();
  }
}
