package org.batchengine.engine.schedule;

import java.time.Duration;
import java.util.List;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.ScheduleStore;

/** Looks at each sweep for fires whose code no node has. */
public final class UnservedSchedules implements Step {
  /** Nodes that start together are given the time to do so. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final ScheduleStore store;
  private final Cadence sweep;
  private volatile List<String> names = List.of();

  /** The store has not been asked yet. */
  public UnservedSchedules(ScheduleStore store, Cadence sweep) {
    this.store = store;
    this.sweep = sweep;
  }

  /** {@return the schedules that were found at the last look} */
  public List<String> names() {
    return names;
  }

  @Override
  public String name() {
    return "looking for fires that nobody submits";
  }

  @Override
  public boolean runOnce() {
    if (sweep.isDue()) {
      names = store.unserved(PATIENCE);
    }
    return false;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
