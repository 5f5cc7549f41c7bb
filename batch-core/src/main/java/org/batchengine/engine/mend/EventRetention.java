package org.batchengine.engine.mend;

import java.time.Duration;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.BatchStore;

/** Removes events and fires of schedules that are older than they are kept, some a pass. */
public final class EventRetention implements Step {
  private static final int EVENTS_AT_ONCE = 5_000;

  private final BatchStore store;
  private final Duration kept;
  private final Cadence sweep;
  private boolean isDue;

  /**
   * Nothing has been removed yet.
   *
   * @param kept how long they are kept
   */
  public EventRetention(BatchStore store, Duration kept, Cadence sweep) {
    this.store = store;
    this.kept = kept;
    this.sweep = sweep;
  }

  @Override
  public String name() {
    return "removing events and fires past their retention";
  }

  @Override
  public boolean runOnce() {
    isDue |= sweep.isDue();
    if (!isDue) {
      return false;
    }
    boolean hasEvents = store.feed().removeEvents(kept, EVENTS_AT_ONCE);
    boolean hasFires = store.schedules().brief().removeFires(kept, EVENTS_AT_ONCE);
    isDue = hasEvents || hasFires;
    return true;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
