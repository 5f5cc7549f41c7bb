package org.batchengine.engine.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.verdict.SlowDown;
import org.batchengine.store.ClaimRequest.Wanted;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers of one job type: at most as many as the type's concurrency. A worker starts when
 * items wait, and ends when none do. Thread-safe.
 */
public final class Workers {
  private static final Logger log = LoggerFactory.getLogger(Workers.class);

  private final TypeSettings settings;
  private final WorkQueue queue;
  private final SlowDown slowDown;
  private final Call.Maker calls;
  private final Function<Workers, Worker> newWorker;
  private final WorkerThreads threads;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Worker> running = new LinkedHashSet<>();
  private final List<Worker> driven = new ArrayList<>();
  private int abandoned;
  private volatile boolean isRefused;

  /** No worker runs yet. */
  public Workers(
      TypeSettings settings,
      Call.Maker calls,
      Function<Workers, Worker> newWorker,
      WorkerThreads threads,
      WorkQueue queue,
      SlowDown slowDown) {
    this.settings = settings;
    this.calls = calls;
    this.newWorker = newWorker;
    this.threads = threads;
    this.queue = queue;
    this.slowDown = slowDown;
  }

  /** {@return the name of the job type} */
  public String type() {
    return settings.type();
  }

  /** {@return how this engine works on the type} */
  public TypeSettings settings() {
    return settings;
  }

  /** {@return the factory of calls to host code} */
  public Call.Maker calls() {
    return calls;
  }

  /** {@return the sizing of claims} */
  public ClaimSizing sizing() {
    return queue.sizing();
  }

  /** {@return the items that wait for these workers} */
  public WorkQueue queue() {
    return queue;
  }

  /** {@return until when no call of the type begins} */
  public SlowDown slowDown() {
    return slowDown;
  }

  /** {@return for how many nanoseconds no call may begin; at most 0 if calls may begin} */
  public long nanosHeld() {
    return slowDown().isOn() ? slowDown().nanosLeft() : 0;
  }

  /**
   * {@return what to claim for these workers; empty while they have enough or may not begin any}
   */
  public Optional<Wanted> wanted() {
    return areStuck() || slowDown.isOn() ? Optional.empty() : queue.wanted();
  }

  /** Whether there is a place for one more item. */
  public boolean havePlace() {
    return !areStuck() && !slowDown.isOn() && queue.hasPlace();
  }

  /**
   * Removes items that wait too long for these workers, and answers them.
   *
   * @param mostIdleNanos how long items may wait of which none is taken
   */
  public WorkQueue.Idle removeIdle(long mostIdleNanos, long now) {
    Map<String, List<Long>> running = new HashMap<>();
    for (Worker each : running()) {
      each.tellRunning(now, running);
    }
    return queue.removeIdle(mostIdleNanos, running);
  }

  /**
   * Whether every place, and every place for a substitute, is taken by a call that ignores its
   * interrupt. Nothing can run then, so claimed items must be given back.
   */
  public boolean areStuck() {
    lock.lock();
    try {
      return abandoned >= 2 * settings.concurrency();
    } finally {
      lock.unlock();
    }
  }

  /** Takes over claimed items, and starts workers for them. */
  public void offer(List<WorkItem> items) {
    queue.add(items);
    startWorkers();
  }

  /** Starts workers while items wait and the concurrency allows. */
  public void startWorkers() {
    for (Worker worker = another(); worker != null; worker = another()) {
      try {
        threads.start(worker, hasAbandoned());
        isRefused = false;
      } catch (RuntimeException e) {
        // RejectedExecutionException, or whatever the host's executor throws.
        ended(worker);
        if (!isRefused) {
          log.warn("the executor refuses workers of {}; retrying", type(), e);
          isRefused = true;
        }
        return;
      }
    }
  }

  /** A worker to start, with its place taken; null if none is needed or allowed. */
  private @Nullable Worker another() {
    lock.lock();
    try {
      // An abandoned worker gives its place to another, up to once more the concurrency.
      int places = settings.concurrency() + Math.min(abandoned, settings.concurrency());
      if (threads.areNone() || !queue.hasAllowed() || running.size() >= places || slowDown.isOn()) {
        return null;
      }
      Worker worker = newWorker.apply(this);
      running.add(worker);
      return worker;
    } finally {
      lock.unlock();
    }
  }

  private boolean hasAbandoned() {
    lock.lock();
    try {
      return abandoned > 0;
    } finally {
      lock.unlock();
    }
  }

  /** {@return a worker that its caller drives; it takes no place} */
  public Worker newWorker() {
    Worker worker = newWorker.apply(this);
    lock.lock();
    try {
      driven.add(worker);
    } finally {
      lock.unlock();
    }
    return worker;
  }

  /** Whether one of these workers is calling host code on this thread. */
  public boolean areOnThisThread() {
    lock.lock();
    try {
      return Stream.concat(running.stream(), driven.stream()).anyMatch(Worker::isOnThisThread);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the worker unless items wait. Whether it has ended. */
  public boolean endIfIdle(Worker worker) {
    lock.lock();
    try {
      if (queue.hasAllowed()) {
        return false;
      }
      // A thread that adds an item from here on starts a worker after that, and finds a free place.
      running.remove(worker);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The worker has ended. */
  public void ended(Worker worker) {
    lock.lock();
    try {
      running.remove(worker);
    } finally {
      lock.unlock();
    }
  }

  /** A worker hangs in host code that ignores its interrupt; another takes its place. */
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

  /** {@return the workers that run now} */
  public List<Worker> running() {
    lock.lock();
    try {
      return List.copyOf(running);
    } finally {
      lock.unlock();
    }
  }

  /** Whether no item runs, apart from those of abandoned workers. */
  public boolean areQuiet() {
    return queue.inHand() == 0;
  }
}
