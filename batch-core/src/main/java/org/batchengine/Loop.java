package org.batchengine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that drives a {@code runOnce}: at once again while it finds work, else when signalled or
 * when its idle time is over. After a failure it tries again once a second; an {@link Outage} logs.
 */
final class Loop {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final long PAUSE_AFTER_FAILURE = TimeUnit.SECONDS.toNanos(1);

  private final Thread thread;
  private final BooleanSupplier body;
  private final LongSupplier idleNanos;
  private final Signal signal;
  private final Runnable fatal;
  private final Outage outage;
  private final Signal stop = new Signal();
  private volatile boolean stopped;

  /**
   * A loop that {@link #start} starts.
   *
   * @param outage where failures are told; shared by the loops of an engine
   * @param fatal called when the virtual machine itself has failed; the loop has ended then
   */
  Loop(
      String name,
      boolean daemon,
      BooleanSupplier body,
      LongSupplier idleNanos,
      Signal signal,
      Outage outage,
      Runnable fatal) {
    this.body = body;
    this.idleNanos = idleNanos;
    this.signal = signal;
    this.outage = outage;
    this.fatal = fatal;
    thread = new EngineThread(this::run, name);
    thread.setDaemon(daemon);
  }

  String name() {
    return thread.getName();
  }

  void start() {
    thread.start();
  }

  /**
   * Ends the loop after the pass that runs; waits for it at most as long as given.
   *
   * @return whether it has ended
   */
  boolean stop(Duration atMost) {
    stopped = true;
    stop.raise();
    signal.raise();
    if (thread == Thread.currentThread()) {
      return false;
    }
    try {
      thread.join(Math.max(1, atMost.toMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  /** Whether it was started and runs no more. */
  boolean hasEnded() {
    return thread.getState() == Thread.State.TERMINATED;
  }

  private void run() {
    while (!stopped) {
      switch (pass()) {
        case BUSY -> {}
        case IDLE -> {
          if (!stopped) {
            signal.await(Math.min(idleNanos.getAsLong(), outage.untilOver()));
          }
        }
        case FAILED -> stop.await(PAUSE_AFTER_FAILURE);
        case FATAL -> {
          return;
        }
      }
    }
  }

  /** What a pass came to. */
  enum Pass {
    BUSY,
    IDLE,
    FAILED,
    FATAL
  }

  /** Goes through the body once, and tells what becomes of it. */
  Pass pass() {
    try {
      boolean busy = body.getAsBoolean();
      outage.passed();
      return busy ? Pass.BUSY : Pass.IDLE;
    } catch (Throwable e) {
      if (Failures.isFatal(e)) {
        log.error("{} ends: the virtual machine has failed", thread.getName(), e);
        fatal.run();
        return Pass.FATAL;
      }
      outage.failed(thread.getName(), e);
      return Pass.FAILED;
    }
  }
}
