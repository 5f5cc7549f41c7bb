package org.batchengine.engine.mend;

import java.util.ArrayDeque;
import java.util.Queue;
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
  private static final int MOST_ITEMS = 10_000;
  private static final long MOST_BYTES = 4L << 20;

  private final WaitStore store;
  private final Stopping stopping;
  private final LateEndings endings;
  private final Signal signal;
  private final Runnable filled;
  private final Queue<Long> batches = new ArrayDeque<>();
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
    if (mustLook) {
      look();
    }
    Long batch = batches.poll();
    if (batch == null) {
      return false;
    }
    fill(batch);
    return true;
  }

  /** A batch that comes while a large one is copied has its turn after the next slice. */
  private void look() {
    mustLook = false;
    try {
      store.toFill(MOST_FOUND).stream()
          .filter(batch -> !batches.contains(batch))
          .forEach(batches::add);
    } catch (RuntimeException e) {
      mustLook = true;
      throw e;
    }
  }

  private void fill(Long batch) {
    FillStep step;
    try {
      step = store.fill(batch, MOST_ITEMS, MOST_BYTES);
    } catch (RuntimeException e) {
      mustLook = true;
      throw e;
    }
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
}
