package org.batchengine.engine.mend;

import java.time.Duration;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.FeedStore;

/** Removes events that are older than they are kept, some a pass. */
public final class EventRetention implements Step {
  private static final int EVENTS_AT_ONCE = 5_000;

  private final FeedStore store;
  private final Duration kept;
  private final Cadence sweep;
  private boolean isDue;

  /**
   * Nothing has been removed yet.
   *
   * @param kept how long events are kept
   */
  public EventRetention(FeedStore store, Duration kept, Cadence sweep) {
    this.store = store;
    this.kept = kept;
    this.sweep = sweep;
  }

  @Override
  public String name() {
    return "removing events past their retention";
  }

  @Override
  public boolean runOnce() {
    isDue |= sweep.isDue();
    if (!isDue) {
      return false;
    }
    isDue = store.removeEvents(kept, EVENTS_AT_ONCE);
    return true;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
