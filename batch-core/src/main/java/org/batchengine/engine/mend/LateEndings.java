package org.batchengine.engine.mend;

import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.settle.Completions;
import org.batchengine.model.BatchJob;
import org.batchengine.store.LockedRow;
import org.batchengine.store.SettleStore;

/** Ends batches that are done and that no settlement has ended, one a pass. */
public final class LateEndings implements Step {
  private final SettleStore store;
  private final Completions completions;
  private final Removal removal;
  private final LockedRows locked;
  private final Signal signal;
  private final Queue<Long> batches = new ConcurrentLinkedQueue<>();

  /**
   * No batch is known to be done.
   *
   * @param signal wakes the thread that runs this
   */
  public LateEndings(
      SettleStore store,
      Completions completions,
      Removal removal,
      LockedRows locked,
      Signal signal) {
    this.store = store;
    this.signal = signal;
    this.completions = completions;
    this.removal = removal;
    this.locked = locked;
  }

  /** The batch may be done: look without waiting for the next sweep. From any thread. */
  public void lookSoon(long batch) {
    batches.add(batch);
    signal.raise();
  }

  /** The batch may be done. */
  void lookAt(long batch) {
    batches.add(batch);
  }

  /** The batches may be done. */
  void lookAt(Collection<Long> all) {
    batches.addAll(all);
  }

  @Override
  public String name() {
    return "ending batches that are done";
  }

  @Override
  public boolean runOnce() {
    Long batch = batches.poll();
    if (batch == null) {
      return false;
    }
    // What is locked the next sweep finds again.
    List<BatchJob> ended =
        store.completeIfDone(List.of(batch), number -> locked.met(LockedRow.job(number)));
    ended.forEach(completions::ended);
    if (!ended.isEmpty()) {
      // A batch that was deleted while it ran is hidden by its end.
      removal.removeSoon();
    }
    return true;
  }
}
