package org.batchengine.engine.mend;

import java.util.ArrayDeque;
import java.util.Deque;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.BatchStore;

/** Gives up batches whose deadline has passed: looks once a poll, gives up one a pass. */
public final class Deadlines implements Step {
  private static final int MOST_FOUND = 100;

  private final BatchStore store;
  private final String node;
  private final Stopping stopping;
  private final Cadence poll;
  private final Deque<Long> overdue = new ArrayDeque<>();

  /** No batch is overdue. */
  public Deadlines(BatchStore store, String node, Stopping stopping, Cadence poll) {
    this.store = store;
    this.node = node;
    this.stopping = stopping;
    this.poll = poll;
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
    if (store.steering().giveUp(batch, node)) {
      stopping.cancelSoon(batch);
    }
    return true;
  }

  @Override
  public long idleNanos() {
    return poll.untilDue();
  }
}
