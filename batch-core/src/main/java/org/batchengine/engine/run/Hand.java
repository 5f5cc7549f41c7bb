package org.batchengine.engine.run;

import java.util.ArrayList;
import java.util.List;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.limit.Permit;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.engine.verdict.ItemVerdict;

/**
 * What a worker has in hand: items that it has taken and not called yet, and verdicts of calls that
 * have returned, which go to the settler together if they come quickly. The watcher takes both away
 * while a call takes long. Thread-safe.
 */
final class Hand {
  private final WorkQueue queue;
  private final SettlementQueue settlements;
  private final List<ItemVerdict> ready = new ArrayList<>();
  private final List<WorkItem> ran = new ArrayList<>();
  private long took;
  private List<WorkItem> rest = List.of();
  private Permit permit = Permit.NONE;

  Hand(WorkQueue queue, SettlementQueue settlements) {
    this.queue = queue;
    this.settlements = settlements;
  }

  /** Takes items from the queue. Whether there were any. */
  synchronized boolean take() {
    WorkQueue.Taken taken = queue.take();
    rest = taken.items();
    permit = taken.permit();
    return !rest.isEmpty();
  }

  /** Whether the next call may still begin. */
  synchronized boolean mayBegin(long now) {
    return permit.mayBegin(now);
  }

  /** Of what it was allowed nothing runs any more, or nobody waits for it. */
  void release() {
    Permit held;
    synchronized (this) {
      held = permit;
      permit = Permit.NONE;
    }
    held.release();
  }

  /** The items of the next call; empty if there are none. */
  synchronized List<WorkItem> next(TypeSettings settings) {
    int most = rest.isEmpty() ? 0 : settings.itemsPerCall(rest.get(0).batch());
    List<WorkItem> items = rest.subList(0, Math.min(most, rest.size()));
    rest = rest.subList(items.size(), rest.size());
    return items;
  }

  /** The items, and all that are not called yet: the worker lets go of those. */
  synchronized List<WorkItem> withRest(List<WorkItem> items) {
    List<WorkItem> all = new ArrayList<>(items);
    all.addAll(rest);
    rest = List.of();
    return all;
  }

  /** Puts back what is not called yet, for any worker to take. Whether there was any. */
  boolean putBackRest() {
    List<WorkItem> all = withRest(List.of());
    if (!all.isEmpty()) {
      queue.putBack(all);
    }
    return !all.isEmpty();
  }

  /** Verdicts of a call that has returned. */
  synchronized void ready(List<ItemVerdict> verdicts) {
    ready.addAll(verdicts);
    ended(verdicts);
  }

  /** A call has ended, or nobody waits for it any more. */
  synchronized void ended(List<ItemVerdict> verdicts) {
    if (permit != Permit.NONE) {
      permit.ended(
          verdicts.stream().filter(ItemVerdict::isTried).map(ItemVerdict::fingerprint).toList());
    }
  }

  /** A call has run these items in so long. */
  synchronized void ran(List<WorkItem> items, long nanos) {
    ran.addAll(items);
    took += nanos;
  }

  /** Hands over the verdicts there are, and counts their items as done. */
  synchronized void handOver() {
    if (!ready.isEmpty()) {
      settlements.hand(List.copyOf(ready));
      ready.clear();
    }
    if (!ran.isEmpty()) {
      List<WorkItem> items = List.copyOf(ran);
      queue.ran(items, took);
      queue.done(items);
      ran.clear();
      took = 0;
    }
  }
}
