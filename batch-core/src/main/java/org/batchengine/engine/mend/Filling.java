package org.batchengine.engine.mend;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.store.FillStep;
import org.batchengine.store.WaitStore;

/**
 * Copies the items of batches that are made of others, a slice a pass, batches in turn.
 *
 * <ol>
 *   <li>A submit here and a release let it look which batches are to be filled; each sweep of an
 *       engine that is started does so too: after a death, a pause, or the commit of a host.
 *   <li>No node owns such a batch. Each slice holds it for its transaction, and goes on where the
 *       last one ended. A node that finds it held leaves it to the other one.
 *   <li>What is full can be claimed; what is empty is done.
 * </ol>
 */
public final class Filling implements Step {
  private static final int MOST_FOUND = 100;
  private static final int MOST_ITEMS = 50_000;
  private static final long MOST_BYTES = 8L << 20;

  private final WaitStore store;
  private final Stopping stopping;
  private final LateEndings endings;
  private final Signal signal;
  private final Runnable filled;
  private final Queue<Long> batches = new ConcurrentLinkedQueue<>();
  private volatile boolean mustLook;

  /**
   * No batch is to be filled yet.
   *
   * @param signal wakes the thread that runs this
   * @param filled told that a batch can be claimed
   */
  public Filling(
      WaitStore store, Stopping stopping, LateEndings endings, Signal signal, Runnable filled) {
    this.store = store;
    this.stopping = stopping;
    this.endings = endings;
    this.signal = signal;
    this.filled = filled;
  }

  /** Some batch may be to be filled, and that is committed. From any thread. */
  public void lookSoon() {
    mustLook = true;
    signal.raise();
  }

  @Override
  public String name() {
    return "copying the items of batches that are made of others";
  }

  @Override
  public boolean runOnce() {
    Long batch = batches.poll();
    if (batch != null) {
      fill(batch);
    } else if (mustLook) {
      mustLook = false;
      look();
      return !batches.isEmpty();
    } else {
      return false;
    }
    return true;
  }

  private void look() {
    boolean isSeen = false;
    try {
      batches.addAll(store.toFill(MOST_FOUND));
      isSeen = true;
    } finally {
      mustLook |= !isSeen;
    }
  }

  private void fill(Long batch) {
    FillStep step = store.fill(batch, MOST_ITEMS, MOST_BYTES);
    if (step == FillStep.MORE) {
      batches.add(batch);
    } else if (step != FillStep.NOTHING) { // what others hold the next sweep finds again
      mustLook = true; // one look does not find all
    }
    switch (step) {
      case NOTHING, MORE -> {}
      case FULL -> filled.run();
      case EMPTY -> endings.lookAt(batch);
      case GIVEN_UP -> stopping.cancelSoon(batch);
    }
  }

  /** Lets it look again and again: for engines that are started. */
  public Step sweeping(Cadence sweep) {
    return new Step() {
      @Override
      public String name() {
        return "sweeping batches that are made of others";
      }

      @Override
      public boolean runOnce() {
        mustLook |= sweep.isDue();
        return false; // the step itself comes after
      }

      @Override
      public long idleNanos() {
        return sweep.untilDue();
      }
    };
  }
}
