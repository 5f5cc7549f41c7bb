package org.batchengine.engine.mend;

import java.time.Duration;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.Actor;
import org.batchengine.store.SweepStore;

/** Removes the payloads of batches that ended longer ago than these are kept, some a pass. */
public final class PayloadRetention implements Step {
  private static final int ITEMS_AT_ONCE = 5_000;

  private final SweepStore store;
  private final Duration kept;
  private final Actor by;
  private final Cadence sweep;
  private boolean isDue;

  /**
   * Nothing has been removed yet.
   *
   * @param kept how long the payloads of ended batches are kept
   * @param node the name to record in the history
   */
  public PayloadRetention(SweepStore store, Duration kept, String node, Cadence sweep) {
    this.store = store;
    this.kept = kept;
    by = new Actor(null, node);
    this.sweep = sweep;
  }

  @Override
  public String name() {
    return "removing payloads past their retention";
  }

  @Override
  public boolean runOnce() {
    isDue |= sweep.isDue();
    if (!isDue) {
      return false;
    }
    isDue = store.purgePayloads(kept, null, by, ITEMS_AT_ONCE) == ITEMS_AT_ONCE;
    return true;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
