package org.batchengine.engine.settle;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LeaseCut;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.verdict.ItemVerdict;
import org.jspecify.annotations.Nullable;

/**
 * Verdicts on their way to the settler. Workers hand them over without blocking, and wait for room
 * before they take more items. So memory is bounded when the store is slower than the workers.
 * Thread-safe.
 */
public final class SettlementQueue {
  private static final int MOST_ITEMS_TOGETHER = 20_000;
  private static final long MOST_BYTES_TOGETHER = 4L << 20;

  /** Each has an error to be stored; on an H2 file nobody else writes meanwhile. */
  private static final int MOST_FAILURES_TOGETHER = 2_000;

  private static final int ROOM_ITEMS = 2 * MOST_ITEMS_TOGETHER;
  private static final long ROOM_BYTES = 4 * MOST_BYTES_TOGETHER;

  /** Verdicts that are handed over together are split at this size, or so many failures. */
  private static final long MOST_BYTES_HANDED = 1L << 20;

  private static final int MOST_FAILURES_HANDED = 200;

  private final LongSupplier nanos;
  private final Signal settler;
  private final Queue<Handed> handed = new ConcurrentLinkedQueue<>();
  private final AtomicInteger items = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  /** How many of the items wait for rows that others have locked. */
  private final AtomicInteger leftOut = new AtomicInteger();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private volatile long wentOnAt;
  private volatile boolean closed;

  /** Verdicts of one session that came together, a lease that had no open item, or a cut. */
  private record Handed(
      Session session,
      List<ItemVerdict> verdicts,
      @Nullable Lease empty,
      @Nullable LeaseCut cut,
      long bytes,
      int failures) {

    /** The first verdicts that may go together. */
    static Handed frontOf(List<ItemVerdict> verdicts) {
      Session session = verdicts.get(0).lease().session();
      long bytes = 0;
      int failures = 0;
      int size = 0;
      while (size < verdicts.size()
          && bytes < MOST_BYTES_HANDED
          && failures < MOST_FAILURES_HANDED
          && verdicts.get(size).lease().session() == session) {
        ItemVerdict next = verdicts.get(size++);
        bytes += next.bytes();
        failures += next.failure() == null ? 0 : 1;
      }
      return new Handed(session, verdicts.subList(0, size), null, null, bytes, failures);
    }

    int items() {
      return Math.max(1, verdicts.size());
    }
  }

  /**
   * An empty queue.
   *
   * @param settler raised when there is something to settle
   */
  public SettlementQueue(LongSupplier nanos, Signal settler) {
    this.nanos = nanos;
    this.settler = settler;
  }

  /** Takes verdicts over. Never blocks. */
  public void hand(List<ItemVerdict> verdicts) {
    List<ItemVerdict> rest = verdicts;
    while (!rest.isEmpty()) {
      Handed front = Handed.frontOf(rest);
      add(front);
      rest = rest.subList(front.items(), rest.size());
    }
  }

  /** Takes over a lease that had no open item when it was loaded. Never blocks. */
  public void finish(Lease lease) {
    add(new Handed(lease.session(), List.of(), lease, null, 0, 0));
  }

  /** Gives back the ends of leases. Never blocks. */
  public void cut(List<LeaseCut> cuts) {
    cuts.forEach(cut -> add(new Handed(cut.lease().session(), List.of(), null, cut, 0, 0)));
  }

  private void add(Handed next) {
    bytes.addAndGet(next.bytes());
    handed.add(next);
    if (needNobodyElse() == 0) {
      wentOnAt = nanos.getAsLong();
    }
    items.addAndGet(next.items());
    settler.raise();
  }

  /** Waits while there are more verdicts than memory should hold, unless the queue is closed. */
  public void awaitRoom() {
    if (hasRoom()) {
      return;
    }
    lock.lock();
    try {
      while (!hasRoom() && !closed) {
        room.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether workers should go on. */
  public boolean hasRoom() {
    return items.get() < ROOM_ITEMS && bytes.get() < ROOM_BYTES;
  }

  /** How many items are to be settled, but for those that wait for locked rows. */
  private int needNobodyElse() {
    return Math.max(0, items.get() - leftOut.get());
  }

  /** {@return how many items were handed over and are not settled yet} */
  public int unsettled() {
    // Below zero for a moment when the settler is quicker than the worker that counts.
    return Math.max(0, items.get());
  }

  /**
   * {@return for how long there has been something to settle and nothing was settled} What waits
   * for rows that others have locked does not count, unless it leaves no room for more.
   */
  public long stuckNanos() {
    return needNobodyElse() == 0 && hasRoom() ? 0 : nanos.getAsLong() - wentOnAt;
  }

  /** Lets waiting workers go: nothing more will be settled. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the settler has taken everything. */
  boolean isEmpty() {
    return handed.isEmpty();
  }

  /** Whether so much may be settled together. */
  static boolean fits(int items, long bytes, int failures) {
    return items <= MOST_ITEMS_TOGETHER
        && bytes <= MOST_BYTES_TOGETHER
        && failures <= MOST_FAILURES_TOGETHER;
  }

  /** Takes the next verdicts of one session, as many as may be settled together. */
  Optional<SettlementGroup> take() {
    List<ItemVerdict> verdicts = new ArrayList<>();
    List<Lease> empty = new ArrayList<>();
    List<LeaseCut> cuts = new ArrayList<>();
    Session session = null;
    int takenItems = 0;
    long takenBytes = 0;
    int takenFailures = 0;
    for (Handed next = handed.peek(); next != null; next = handed.peek()) {
      boolean fits =
          next.session() == session
              && fits(
                  takenItems + next.items(),
                  takenBytes + next.bytes(),
                  takenFailures + next.failures());
      if (session != null && !fits) {
        break;
      }
      session = next.session();
      takenItems += next.items();
      takenBytes += next.bytes();
      takenFailures += next.failures();
      verdicts.addAll(next.verdicts());
      if (next.empty() != null) {
        empty.add(next.empty());
      }
      if (next.cut() != null) {
        cuts.add(next.cut());
      }
      handed.remove();
    }
    return session == null
        ? Optional.empty()
        : Optional.of(new SettlementGroup(session, verdicts, empty, cuts));
  }

  /** One group is on its way in place of another. */
  void replaced(SettlementGroup before, SettlementGroup after) {
    items.addAndGet(after.items() - before.items());
    bytes.addAndGet(after.bytes() - before.bytes());
  }

  /** So many more items, or fewer, wait for rows that others have locked. */
  void leaveOut(int more) {
    if (more != 0) {
      leftOut.addAndGet(more);
      wentOnAt = nanos.getAsLong();
    }
  }

  /** The group is settled or dropped: its memory is free. */
  void done(SettlementGroup group) {
    bytes.addAndGet(-group.bytes());
    wentOnAt = nanos.getAsLong();
    items.addAndGet(-group.items());
    lock.lock();
    try {
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
