package org.batchengine.engine.mend;

import java.time.Duration;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.SweepStore;
import org.batchengine.store.rules.HeldChunks;

/**
 * Repairs what a crash between two transactions leaves behind.
 *
 * <ol>
 *   <li>Every five seconds, it frees work that belongs to no session and what comes due soon, takes
 *       batches with claimed work to RUNNING, and hides submissions without a submitter.
 *   <li>Then it passes batches with nothing in motion to {@link Rebuilding}, and those that are
 *       done to {@link LateEndings}, stopping ones to {@link Stopping}, hidden ones to {@link
 *       Removal}, and lets {@link Filling} look.
 * </ol>
 */
public final class Sweeping implements Step {
  /** The interval of sweeps. */
  public static final Duration INTERVAL = HeldChunks.SWEEPS;

  private static final int MOST_FOUND = 100;

  private final SweepStore store;
  private final Rebuilding rebuilding;
  private final LateEndings endings;
  private final Stopping stopping;
  private final Removal removal;
  private final Filling filling;
  private final Cadence sweep;
  private boolean isDue;

  /** Nothing has been swept yet. */
  public Sweeping(
      SweepStore store,
      Rebuilding rebuilding,
      LateEndings endings,
      Stopping stopping,
      Removal removal,
      Filling filling,
      Cadence sweep) {
    this.store = store;
    this.rebuilding = rebuilding;
    this.endings = endings;
    this.stopping = stopping;
    this.removal = removal;
    this.filling = filling;
    this.sweep = sweep;
  }

  @Override
  public String name() {
    return "sweeping";
  }

  @Override
  public boolean runOnce() {
    isDue |= sweep.isDue();
    if (!isDue) {
      return false;
    }
    store.repair();
    endings.lookAt(rebuilding.look(store.done(MOST_FOUND)));
    stopping.look();
    removal.removeSoon();
    filling.lookSoon();
    isDue = false;
    return true;
  }

  @Override
  public long idleNanos() {
    return sweep.untilDue();
  }
}
