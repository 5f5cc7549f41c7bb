package org.batchengine.engine.mend;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.BatchId;
import org.batchengine.store.WaitLook;
import org.batchengine.store.WaitScope;
import org.batchengine.store.WaitStore;

/**
 * Releases batches that waited for others, and cancels those that wait in vain.
 *
 * <ol>
 *   <li>An end and a submit each commit first, and then say so here. Of two that look after their
 *       commit, one sees the other.
 *   <li>With each sweep of an engine that is started it looks at all that waits: a death between
 *       commit and look, or a commit in a transaction of the host, leaves something that nobody
 *       came to look at.
 *   <li>A cancelled batch ends as any other, and its own end is said here too.
 * </ol>
 */
public final class Dependents implements Step {
  private static final int MOST_TOGETHER = 100;
  private static final int MOST_CHANGED = 1_000;

  private final WaitStore store;
  private final Stopping stopping;
  private final LateEndings endings;
  private final Signal signal;
  private final Runnable released;
  private final Set<BatchId> ended = ConcurrentHashMap.newKeySet();
  private final Set<BatchId> submitted = ConcurrentHashMap.newKeySet();
  private boolean mustLookAtAll;

  /**
   * Nothing has been said yet.
   *
   * @param signal wakes the thread that runs this
   * @param released told that batches have begun
   */
  public Dependents(
      WaitStore store, Stopping stopping, LateEndings endings, Signal signal, Runnable released) {
    this.store = store;
    this.stopping = stopping;
    this.endings = endings;
    this.signal = signal;
    this.released = released;
  }

  /** The batch has ended, and that is committed. From any thread. */
  public void ended(BatchId batch) {
    ended.add(batch);
    signal.raise();
  }

  /** The batch was submitted, waits for others, and that is committed. From any thread. */
  public void submitted(BatchId batch) {
    submitted.add(batch);
    signal.raise();
  }

  @Override
  public String name() {
    return "looking after batches that wait for others";
  }

  @Override
  public boolean runOnce() {
    if (!ended.isEmpty()) {
      lookAt(ended, WaitScope::ended);
    } else if (!submitted.isEmpty()) {
      lookAt(submitted, WaitScope::submitted);
    } else if (mustLookAtAll) {
      mustLookAtAll = false;
      mustLookAtAll = look(WaitScope.ALL);
      return mustLookAtAll;
    } else {
      return false;
    }
    return true;
  }

  /** What was not looked at to the end is looked at again. */
  private void lookAt(Set<BatchId> said, Function<List<BatchId>, WaitScope> scope) {
    List<BatchId> some = said.stream().limit(MOST_TOGETHER).toList();
    some.forEach(said::remove);
    boolean isDone = false;
    try {
      isDone = !look(scope.apply(some));
    } finally {
      if (!isDone) {
        said.addAll(some);
      }
    }
  }

  /** Whether there may be more to do. */
  private boolean look(WaitScope scope) {
    WaitLook look = store.look(scope, MOST_CHANGED);
    look.cancelled().forEach(stopping::cancelSoon);
    endings.lookAt(look.empty());
    if (look.released() > 0) {
      released.run();
    }
    return look.isMore();
  }

  /** Lets all that waits be looked at: for engines that are started. */
  public Step sweeping(Cadence sweep) {
    return new Step() {
      @Override
      public String name() {
        return "sweeping batches that wait for others";
      }

      @Override
      public boolean runOnce() {
        mustLookAtAll |= sweep.isDue();
        return false; // the step itself comes after
      }

      @Override
      public long idleNanos() {
        return sweep.untilDue();
      }
    };
  }
}
