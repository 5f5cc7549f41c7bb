package org.batchengine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.batchengine.store.ClaimRequest.Wanted;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers of one job type, and the items that wait for them. There are at most as many workers
 * as the type's concurrency; one starts when items wait, and ends when none do.
 */
final class Workers {
  private static final Logger log = LoggerFactory.getLogger(Workers.class);

  /** How much work a chunk should hold for all workers together. */
  private static final double LEASE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How much work waits beyond what runs, so that workers do not wait for a claim. */
  private static final double AHEAD_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final int MOST_CHUNKS_AHEAD = 4;

  /** What is left in the end is shared by nodes in claims of this part of a chunk, or more. */
  private static final int SHARES = 16;

  /** No more is loaded while inputs of so many bytes wait. */
  private static final long MOST_BYTES_AHEAD = 32L << 20;

  /** What a worker takes at once: as many items as run within this time. */
  private static final double HAND_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  private static final int MOST_IN_HAND = 32;

  /** How much work a divisible call should be. */
  private static final double CALL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Assumed of a type until its first item has run. */
  private static final double FIRST_GUESS_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final String type;
  private final JobOptions options;
  private final int itemsPerCall;
  private final boolean divisible;
  private final Calls calls;
  private final Function<Workers, Worker> newWorker;
  private final WorkerThreads threads;
  private final Signal shortOfWork;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<WorkItem> waiting = new ArrayDeque<>();
  private final Set<Worker> running = new HashSet<>();
  private long waitingBytes;
  private int inHand;
  private int abandoned;
  private volatile double nanosPerItem = FIRST_GUESS_NANOS;
  private volatile boolean measured;
  private volatile boolean refused;

  /** Makes the call of the next items; they are of one batch, and one if not in bulk. */
  interface Calls {
    Call of(List<WorkItem> items, BooleanSupplier cancelled);
  }

  /**
   * The workers of a type.
   *
   * @param itemsPerCall most items of a call
   * @param divisible whether items of a call might as well be in calls of their own: then each gets
   *     what it can do in a moment, so that workers share them
   */
  Workers(
      String type,
      JobOptions options,
      int itemsPerCall,
      boolean divisible,
      Calls calls,
      Function<Workers, Worker> newWorker,
      WorkerThreads threads,
      Signal shortOfWork) {
    this.type = type;
    this.options = options;
    this.itemsPerCall = itemsPerCall;
    this.divisible = divisible;
    this.calls = calls;
    this.newWorker = newWorker;
    this.threads = threads;
    this.shortOfWork = shortOfWork;
  }

  String type() {
    return type;
  }

  JobOptions options() {
    return options;
  }

  int itemsPerCall() {
    return itemsPerCall;
  }

  Call call(List<WorkItem> items, BooleanSupplier cancelled) {
    return calls.of(items, cancelled);
  }

  /** What to claim for these workers; empty while they have enough. */
  Optional<Wanted> wanted() {
    lock.lock();
    try {
      int lacking = lacking();
      return lacking == 0
          ? Optional.empty()
          : Optional.of(new Wanted(type, lacking, chunkItems(), leastItems()));
    } finally {
      lock.unlock();
    }
  }

  /**
   * How many items these workers lack: none as long as half of what they should have is there, if
   * the places of all hang, or if what waits is large. Until it is known how long an item takes, as
   * many wait as run. A chunk of a few items would cost as much as a whole one: beyond whole ones a
   * few are not asked for.
   */
  private int lacking() {
    if (abandoned >= 2 * options.concurrency() || waitingBytes >= MOST_BYTES_AHEAD) {
      return 0;
    }
    int busy = options.concurrency() * perCall();
    double ahead = measured ? options.concurrency() * AHEAD_NANOS / nanosPerItem : busy;
    int target = busy + (int) Math.min(ahead, (double) MOST_CHUNKS_AHEAD * chunkItems());
    int outstanding = waiting.size() + inHand;
    if (outstanding >= busy && outstanding * 2 > target) {
      return 0;
    }
    int missing = target - outstanding;
    int rest = missing % chunkItems();
    boolean isWorthAChunk = rest == missing || rest >= leastItems();
    return isWorthAChunk ? missing : missing - rest;
  }

  /** How many items a call should have. */
  private int perCall() {
    return divisible
        ? (int) Math.max(1, Math.min(itemsPerCall, CALL_NANOS / nanosPerItem))
        : itemsPerCall;
  }

  /** About a second of work for all workers together, within the type's bounds. */
  private int chunkItems() {
    double perSecond = options.concurrency() * LEASE_NANOS / nanosPerItem;
    return (int) Math.max(options.claim().least(), Math.min(options.claim().most(), perSecond));
  }

  /** How many items are worth a claim when little is left that other nodes want as well. */
  private int leastItems() {
    return Math.max(options.claim().least(), chunkItems() / SHARES);
  }

  /** Takes over claimed items, and starts workers for them. */
  void offer(List<WorkItem> items) {
    lock.lock();
    try {
      waiting.addAll(items);
      items.forEach(item -> waitingBytes += item.bytes());
    } finally {
      lock.unlock();
    }
    startWorkers();
  }

  /** Starts workers while items wait and the concurrency allows. */
  void startWorkers() {
    for (Worker worker = another(); worker != null; worker = another()) {
      try {
        threads.start(worker, abandoned > 0);
        refused = false;
      } catch (RuntimeException e) {
        // RejectedExecutionException, or whatever else the host's executor makes of it.
        ended(worker);
        if (!refused) {
          log.warn("the executor refuses workers of {}; it is asked again and again", type, e);
          refused = true;
        }
        return;
      }
    }
  }

  private @Nullable Worker another() {
    lock.lock();
    try {
      // An abandoned worker gives its place to another, up to once more the concurrency.
      int places = options.concurrency() + Math.min(abandoned, options.concurrency());
      int wantedNow = (waiting.size() + itemsPerCall - 1) / itemsPerCall;
      if (threads.areNone() || wantedNow == 0 || running.size() >= places) {
        return null;
      }
      Worker worker = newWorker.apply(this);
      running.add(worker);
      return worker;
    } finally {
      lock.unlock();
    }
  }

  /** A worker that its caller drives, without a place among those that run. */
  Worker newWorker() {
    return newWorker.apply(this);
  }

  /** The items that a worker runs next, call by call; empty when there are none. */
  List<WorkItem> take() {
    lock.lock();
    try {
      int most = most();
      List<WorkItem> taken = new ArrayList<>(Math.min(most, waiting.size()));
      while (taken.size() < most && !waiting.isEmpty()) {
        if (itemsPerCall > 1 && !taken.isEmpty() && isForAnotherCall(taken.get(0))) {
          break;
        }
        WorkItem next = waiting.remove();
        waitingBytes -= next.bytes();
        taken.add(next);
      }
      inHand += taken.size();
      if (lacking() > 0) {
        shortOfWork.raise();
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private int most() {
    int share = waiting.size() / options.concurrency();
    if (itemsPerCall == 1) {
      int quick = (int) Math.min(MOST_IN_HAND, HAND_NANOS / nanosPerItem);
      return Math.max(1, Math.min(quick, share));
    }
    return divisible ? Math.max(1, Math.min(perCall(), share)) : itemsPerCall;
  }

  private boolean isForAnotherCall(WorkItem first) {
    if (first.isAlone() || waiting.element().isAlone()) {
      return true;
    }
    return waiting.element().lease() != first.lease()
        && (!first.lease().isParked() || waiting.element().batch() != first.batch());
  }

  /** Puts back what was taken and is to be run by whoever comes first. */
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
  void done(int items) {
    lock.lock();
    try {
      inHand -= items;
      if (lacking() > 0) {
        shortOfWork.raise();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Learns from a call: an exponential mean, in which a call weighs a tenth. */
  void measure(long nanos, int items) {
    double each = Math.max(1_000, (double) nanos / items);
    nanosPerItem = measured ? nanosPerItem + 0.1 * (each - nanosPerItem) : each;
    measured = true;
  }

  /** Whether the worker is to end: its place is not needed any more. */
  boolean mayEnd(Worker worker) {
    lock.lock();
    try {
      if (!waiting.isEmpty()) {
        return false;
      }
      running.remove(worker);
      return true;
    } finally {
      lock.unlock();
    }
  }

  void ended(Worker worker) {
    lock.lock();
    try {
      running.remove(worker);
    } finally {
      lock.unlock();
    }
  }

  /** The worker hangs in host code that ignores its interrupt; another takes its place. */
  void abandon() {
    lock.lock();
    try {
      abandoned++;
    } finally {
      lock.unlock();
    }
    startWorkers();
  }

  /** A worker that was abandoned has come back, and has ended. */
  void returned(Worker worker) {
    lock.lock();
    try {
      abandoned--;
      running.remove(worker);
    } finally {
      lock.unlock();
    }
  }

  /** The workers at this moment. */
  List<Worker> running() {
    lock.lock();
    try {
      return List.copyOf(running);
    } finally {
      lock.unlock();
    }
  }

  /** Whether more inputs may be loaded. */
  boolean hasRoom() {
    lock.lock();
    try {
      return waitingBytes < MOST_BYTES_AHEAD;
    } finally {
      lock.unlock();
    }
  }

  /** How many items wait. */
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  /** How many items are with workers, apart from those of abandoned ones. */
  int inHand() {
    lock.lock();
    try {
      return inHand;
    } finally {
      lock.unlock();
    }
  }

  /** Whether no item runs, apart from those of abandoned workers. */
  boolean isQuiet() {
    lock.lock();
    try {
      return inHand == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Drops the items that wait. */
  void dropWaiting() {
    lock.lock();
    try {
      waiting.clear();
      waitingBytes = 0;
    } finally {
      lock.unlock();
    }
  }
}
