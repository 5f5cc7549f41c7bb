package org.batchengine.engine.run;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.Signal;
import org.batchengine.store.ClaimRequest.Wanted;

/**
 * The items of one job type that are claimed and wait for a worker, and the number that are with
 * workers. Thread-safe.
 */
public final class WorkQueue {
  /** No more inputs are loaded while this many bytes of them wait. */
  private static final long MOST_BYTES = 32L << 20;

  private final TypeSettings settings;
  private final ClaimSizing sizing;
  private final Signal shortOfWork;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<WorkItem> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private int inHand;

  /**
   * An empty queue.
   *
   * @param shortOfWork raised when more should be claimed
   */
  WorkQueue(TypeSettings settings, ClaimSizing sizing, Signal shortOfWork) {
    this.settings = settings;
    this.sizing = sizing;
    this.shortOfWork = shortOfWork;
  }

  /** {@return what to claim; empty while there is enough} */
  Optional<Wanted> wanted() {
    lock.lock();
    try {
      int lacking = lacking();
      return lacking == 0
          ? Optional.empty()
          : Optional.of(
              new Wanted(settings.type(), lacking, sizing.chunkItems(), sizing.leastItems()));
    } finally {
      lock.unlock();
    }
  }

  private int lacking() {
    return waitingBytes >= MOST_BYTES ? 0 : sizing.lacking(waiting.size() + inHand);
  }

  /** Adds claimed items. */
  void add(List<WorkItem> items) {
    lock.lock();
    try {
      waiting.addAll(items);
      items.forEach(item -> waitingBytes += item.bytes());
    } finally {
      lock.unlock();
    }
  }

  /** Takes the items that a worker runs next, call by call; empty if there are none. */
  public List<WorkItem> take() {
    lock.lock();
    try {
      int most = sizing.inHand(waiting.size());
      List<WorkItem> taken = new ArrayList<>(Math.min(most, waiting.size()));
      while (taken.size() < most && !waiting.isEmpty()) {
        if (settings.itemsPerCall() > 1 && !taken.isEmpty() && isForAnotherCall(taken.get(0))) {
          break;
        }
        WorkItem next = waiting.remove();
        waitingBytes -= next.bytes();
        taken.add(next);
      }
      inHand += taken.size();
      tellIfShort();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private boolean isForAnotherCall(WorkItem first) {
    if (first.isAlone() || waiting.element().isAlone()) {
      return true;
    }
    return waiting.element().lease() != first.lease()
        && (!first.lease().isParked() || waiting.element().batch() != first.batch());
  }

  /** Puts items back to the front, for any worker to take. */
  void putBack(List<WorkItem> items) {
    lock.lock();
    try {
      for (int i = items.size() - 1; i >= 0; i--) {
        waiting.addFirst(items.get(i));
        waitingBytes += items.get(i).bytes();
      }
      inHand -= items.size();
    } finally {
      lock.unlock();
    }
  }

  /** Items that were taken have run, or need not run. */
  public void done(int items) {
    lock.lock();
    try {
      inHand -= items;
      tellIfShort();
    } finally {
      lock.unlock();
    }
  }

  private void tellIfShort() {
    if (lacking() > 0) {
      shortOfWork.raise();
    }
  }

  /** Removes the items that wait, and answers them. */
  public List<WorkItem> clear() {
    lock.lock();
    try {
      List<WorkItem> all = List.copyOf(waiting);
      waiting.clear();
      waitingBytes = 0;
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** Whether more inputs may be loaded. */
  public boolean hasRoom() {
    lock.lock();
    try {
      return waitingBytes < MOST_BYTES;
    } finally {
      lock.unlock();
    }
  }

  /** {@return how many items wait} */
  public int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** {@return how many items are with workers, not counting those of abandoned workers} */
  public int inHand() {
    lock.lock();
    try {
      return inHand;
    } finally {
      lock.unlock();
    }
  }
}
