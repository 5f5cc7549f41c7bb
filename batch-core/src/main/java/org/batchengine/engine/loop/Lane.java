package org.batchengine.engine.loop;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls of one piece of host code that the engine does not wait for. If the code hangs, only what
 * waits in its own lane hangs with it.
 *
 * <ol>
 *   <li>Adding a call never blocks and never throws.
 *   <li>Calls are made in order, on a thread that this lane has only while it has calls to make. A
 *       lane for calls that are independent of each other gets another thread when a call takes
 *       longer than a moment, up to a bound.
 *   <li>What waits is bounded: a call beyond that is lost, and counted.
 *   <li>The log says when a call hangs, when calls are lost, and when the lane has recovered.
 * </ol>
 */
public final class Lane {
  private static final Logger log = LoggerFactory.getLogger(Lane.class);

  /** After this, an independent call gets another thread. */
  private static final long MOMENT = TimeUnit.MILLISECONDS.toNanos(100);

  /** After this, the log says that a call hangs. */
  private static final long LONG = TimeUnit.SECONDS.toNanos(5);

  private final String name;
  private final Bounds bounds;
  private final Lanes lanes;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long bytes;
  private int threads;
  private long wentOnAt;
  private boolean isToldToHang;
  private long lost;
  private long lostSinceTold;
  private boolean closed;

  /**
   * What a lane may take.
   *
   * @param threads how many calls may run at once
   * @param bytes how much memory its waiting calls may take
   */
  record Bounds(int threads, long bytes) {}

  private record Waiting(Runnable call, long bytes) {}

  Lane(String name, Bounds bounds, Lanes lanes, LongSupplier nanos) {
    this.name = name;
    this.bounds = bounds;
    this.lanes = lanes;
    this.nanos = nanos;
  }

  /**
   * Adds a call, to be made soon. It is lost if too many wait.
   *
   * @param size about how much memory it takes until then, in bytes
   */
  public void add(Runnable call, long size) {
    if (accepts(call, size)) {
      goOn();
    }
  }

  private boolean accepts(Runnable call, long size) {
    lock.lock();
    try {
      if (closed || (!waiting.isEmpty() && bytes + size > bounds.bytes())) {
        lose();
        return false;
      }
      waiting.add(new Waiting(call, size));
      bytes += size;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void lose() {
    lost++;
    if (lostSinceTold++ == 0 && !closed) {
      log.warn("{} is too slow: {} calls wait, and further ones are lost", name, waiting.size());
    }
  }

  /** Starts another thread if that is the time for one. Calls that only wait for it need this. */
  public void goOn() {
    if (takesThread()) {
      try {
        lanes.start(this::run);
      } catch (RejectedExecutionException e) {
        leaves(); // the engine is closed
      } catch (Error e) {
        leaves();
        throw e;
      }
    }
  }

  private boolean takesThread() {
    lock.lock();
    try {
      long hangs = nanos.getAsLong() - wentOnAt;
      if (waiting.isEmpty()) {
        return false;
      }
      if (threads > 0 && hangs >= LONG && !isToldToHang) {
        isToldToHang = true;
        log.warn(
            "{} has not returned for {}; {} calls wait for it",
            name,
            Duration.ofNanos(hangs),
            waiting.size());
      }
      boolean takes = threads == 0 || (threads < bounds.threads() && hangs >= MOMENT);
      if (takes) {
        threads++;
        wentOnAt = nanos.getAsLong();
      }
      return takes;
    } finally {
      lock.unlock();
    }
  }

  private void leaves() {
    lock.lock();
    try {
      threads--;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    for (Runnable call = next(); call != null; call = next()) {
      try {
        call.run();
      } catch (Throwable e) {
        failed(e);
      }
      EngineThread.dropInterrupt();
    }
  }

  private void failed(Throwable e) {
    if (Failures.isFatal(e)) {
      log.error("the virtual machine failed in {}", name, e);
      lanes.fail(e);
    } else {
      log.warn("{} failed", name, e);
    }
  }

  /** The next call; null if there is none, and then the thread leaves. */
  private @Nullable Runnable next() {
    lock.lock();
    try {
      wentOnAt = nanos.getAsLong();
      if (isToldToHang) {
        isToldToHang = false;
        log.info("{} goes on", name);
      }
      Waiting next = waiting.poll();
      if (next == null) {
        threads--;
        tellLost();
        return null;
      }
      bytes -= next.bytes();
      return next.call();
    } finally {
      lock.unlock();
    }
  }

  private void tellLost() {
    if (lostSinceTold > 0 && !closed) {
      log.warn("{} has caught up; {} calls were lost", name, lostSinceTold);
      lostSinceTold = 0;
    }
  }

  /** {@return how many calls were lost} */
  long lost() {
    lock.lock();
    try {
      return lost;
    } finally {
      lock.unlock();
    }
  }

  /** Whether all calls were made. */
  boolean isIdle() {
    lock.lock();
    try {
      return threads == 0 && waiting.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Takes no further calls. Of those that wait, only independent ones are made. */
  void close() {
    lock.lock();
    try {
      closed = true;
      if (bounds.threads() == 1) {
        lost += waiting.size();
        waiting.clear();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
