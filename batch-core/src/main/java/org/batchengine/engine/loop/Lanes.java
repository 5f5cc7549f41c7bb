package org.batchengine.engine.loop;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The {@link Lane}s of an engine, and the threads that they take. */
public final class Lanes {
  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final long IDLE_SECONDS = 1;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** How many independent calls may hang before the others have to wait for them. */
  private static final int MOST_INDEPENDENT = 16;

  /** What waits in a lane may take this share of the heap, but not more than 64 MiB. */
  private static final int SHARE_OF_HEAP = 16;

  private static final long MOST_BYTES = 64L << 20;

  private final Executor threads;
  private final LongSupplier nanos;
  private final Consumer<Throwable> fatal;
  private final List<Lane> all = new CopyOnWriteArrayList<>();
  private final LongAdder lostInRemoved = new LongAdder();

  /**
   * No lanes yet.
   *
   * @param threads runs each task on a thread of its own, or at once
   * @param fatal told how the virtual machine has failed in host code
   */
  public Lanes(Executor threads, LongSupplier nanos, Consumer<Throwable> fatal) {
    this.threads = threads;
    this.nanos = nanos;
    this.fatal = fatal;
  }

  /** {@return threads for lanes: as many as they take, and none while there is nothing to call} */
  public static Executor threads(ClassLoader loader) {
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          String name = "batch-host-code-" + NUMBERS.incrementAndGet();
          Thread thread = new EngineThread(task, name, loader);
          thread.setDaemon(true);
          return thread;
        });
  }

  /** {@return a lane for calls that must be made in order, one at a time} */
  public Lane ordered(String name) {
    long bytes = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    return added(new Lane(name, new Lane.Bounds(1, bytes), this, nanos));
  }

  /** {@return a lane for calls that do not depend on each other, and whose callers bound them} */
  public Lane independent(String name) {
    Lane.Bounds bounds = new Lane.Bounds(MOST_INDEPENDENT, Long.MAX_VALUE);
    return added(new Lane(name, bounds, this, nanos));
  }

  private Lane added(Lane lane) {
    all.add(lane);
    return lane;
  }

  /** Closes a lane whose host code wants no more calls: those that wait are dropped, not lost. */
  public void remove(Lane lane) {
    if (all.remove(lane)) {
      lostInRemoved.add(lane.lost());
      lane.close();
    }
  }

  void start(Runnable calls) {
    threads.execute(calls);
  }

  void fail(Throwable how) {
    fatal.accept(how);
  }

  /** {@return how many calls were lost because host code was too slow} */
  public long lost() {
    return lostInRemoved.sum() + all.stream().mapToLong(Lane::lost).sum();
  }

  /** Whether all calls were made. */
  public boolean areIdle() {
    return all.stream().allMatch(Lane::isIdle);
  }

  /** Waits until all calls were made. False if that takes longer than given. */
  public boolean awaitIdle(Duration atMost) {
    long until = System.nanoTime() + atMost.toNanos();
    while (!areIdle()) {
      if (System.nanoTime() - until >= 0) {
        return false;
      }
      all.forEach(Lane::goOn);
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    return true;
  }

  /** {@return the names of lanes with calls that have not returned or were not made} */
  public List<String> busy() {
    return all.stream().filter(lane -> !lane.isIdle()).map(Lane::toString).toList();
  }

  /** Takes no further calls, and interrupts those that run. Ends its threads as they come free. */
  public void close() {
    all.forEach(Lane::close);
    if (threads instanceof ExecutorService own) {
      own.shutdownNow();
    }
  }
}
