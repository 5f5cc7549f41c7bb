package org.batchengine.engine.mend;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.LockedRow;
import org.batchengine.store.SweepStore;

/**
 * Cancels the unowned items of batches that are stopping.
 *
 * <ol>
 *   <li>It goes through a batch in slices, one a pass.
 *   <li>When no unowned items are left, the batch may be done: {@link LateEndings}.
 *   <li>It goes through the batch again after each renewal until the batch has ended, since claims
 *       and settlements that overlap the cancellation leave unowned items behind.
 * </ol>
 */
public final class Stopping implements Step {
  private static final int MOST_FOUND = 100;
  private static final int ITEMS_AT_ONCE = 10_000;

  private final SweepStore store;
  private final LateEndings endings;
  private final Signal signal;
  private final LockedRows locked;
  private final Queue<Long> queue = new ConcurrentLinkedQueue<>();
  private final Set<Long> unfinished = new HashSet<>();
  private volatile boolean mustLook;

  /**
   * No batch is stopping yet.
   *
   * @param signal wakes the thread that runs this
   */
  public Stopping(SweepStore store, LateEndings endings, Signal signal, LockedRows locked) {
    this.store = store;
    this.endings = endings;
    this.signal = signal;
    this.locked = locked;
  }

  /** The batch is stopping: go through it without waiting for the next sweep. From any thread. */
  public void cancelSoon(long batch) {
    add(batch);
    signal.raise();
  }

  /** Some batches are stopping, it is not known which: look for them. From any thread. */
  public void lookSoon() {
    mustLook = true;
    signal.raise();
  }

  private void add(Long batch) {
    if (!queue.contains(batch)) {
      queue.add(batch);
    }
  }

  /** The batches gone through here that have not ended, as far as is known. */
  Set<Long> unfinished() {
    return unfinished;
  }

  /** Of the unfinished and other batches, these have not ended. */
  void stillStopping(Collection<Long> batches) {
    unfinished.clear();
    unfinished.addAll(batches);
    batches.forEach(this::add);
  }

  /** Looks for batches that are stopping. */
  void look() {
    List<Long> found = store.stopping(MOST_FOUND);
    found.forEach(this::add);
    mustLook = found.size() == MOST_FOUND;
  }

  @Override
  public String name() {
    return "cancelling the items of a stopping batch";
  }

  @Override
  public boolean runOnce() {
    Long batch = queue.poll();
    if (batch != null) {
      cancel(batch);
    } else if (mustLook) {
      look();
    } else {
      return false;
    }
    return true;
  }

  private void cancel(Long batch) {
    unfinished.add(batch);
    try {
      if (store.cancelUnowned(batch, ITEMS_AT_ONCE)) {
        add(batch);
      } else {
        endings.lookAt(batch);
      }
    } catch (RowsLockedException e) {
      locked.met(LockedRow.job(batch)); // it is gone through again after the next renewal
    }
  }
}
