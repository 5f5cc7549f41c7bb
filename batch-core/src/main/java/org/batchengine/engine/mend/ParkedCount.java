package org.batchengine.engine.mend;

import java.util.OptionalInt;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Meter;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.SweepStore;

/** Counts the parked items of the whole store, for metrics, if anybody reads them. */
public final class ParkedCount implements Step {
  private static final int MOST_COUNTED = 10_000;

  private final SweepStore store;
  private final Meter meter;
  private final Cadence sweep;
  private volatile OptionalInt last = OptionalInt.empty();

  /** Nothing has been counted yet. */
  public ParkedCount(SweepStore store, Meter meter, Cadence sweep) {
    this.store = store;
    this.meter = meter;
    this.sweep = sweep;
  }

  /** {@return the last count, at most 10,000; empty before the first} */
  public OptionalInt last() {
    return last;
  }

  @Override
  public String name() {
    return "counting parked items";
  }

  @Override
  public boolean runOnce() {
    if (!sweep.isDue() || !meter.isRead()) {
      return false;
    }
    last = OptionalInt.of(store.parked(MOST_COUNTED));
    return true;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
