package org.batchengine.engine.mend;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.BatchId;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;

/**
 * Removes what is left of failed submits. If that fails, it retries once a poll: the session lives
 * on, so nobody else would remove them, and their idempotency keys stay taken until then.
 * Thread-safe.
 */
public final class AbandonedSubmits implements Step {
  private final BatchStore store;
  private final Cadence poll;
  private final LockedRows locked;
  private final Queue<Half> left = new ConcurrentLinkedQueue<>();

  /** A batch to be removed; without a number if it is not known whether the store has it. */
  private record Half(BatchId id, @Nullable Long batch, long session) {}

  /** Nothing is left. */
  public AbandonedSubmits(BatchStore store, Cadence poll, LockedRows locked) {
    this.store = store;
    this.poll = poll;
    this.locked = locked;
  }

  /**
   * A submit has failed.
   *
   * @param batch its number; null if it is not known whether the store has it
   * @param cause gets the failure to remove it, if any, as suppressed
   */
  public void add(BatchId id, @Nullable Long batch, long session, Throwable cause) {
    Half half = new Half(id, batch, session);
    try {
      remove(half);
    } catch (RuntimeException e) {
      cause.addSuppressed(e);
      left.add(half);
    }
  }

  @Override
  public String name() {
    return "removing failed submits";
  }

  @Override
  public boolean runOnce() {
    if (!poll.isDue()) {
      return false;
    }
    RuntimeException failure = null;
    for (int i = left.size(); i > 0; i--) {
      Half half = left.remove();
      try {
        remove(half);
      } catch (RowsLockedException e) {
        left.add(half);
        locked.met("batch_job or batch_key of the submit that failed, id " + half.id());
      } catch (RuntimeException e) {
        left.add(half);
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return false;
  }

  private void remove(Half half) {
    Long batch = half.batch();
    if (batch == null) {
      batch = store.reading().header(half.id(), null).map(BatchHeader::number).orElse(null);
    }
    if (batch != null) {
      store.submitting().abandon(batch, half.session());
    }
  }
}
