package org.batchengine;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that drives a {@code runOnce}: at once again while it finds work, else when signalled or
 * when its idle time is over. After a failure it tries again once a second, and logs each cause
 * once, not each try.
 */
final class Loop {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final long PAUSE_AFTER_FAILURE = TimeUnit.SECONDS.toNanos(1);

  private final Thread thread;
  private final BooleanSupplier body;
  private final LongSupplier idleNanos;
  private final Signal signal;
  private final Runnable fatal;
  private final Signal stop = new Signal();
  private volatile boolean stopped;
  private @Nullable String lastCause;

  /**
   * A loop that {@link #start} starts.
   *
   * @param fatal called when the virtual machine itself has failed; the loop has ended then
   */
  Loop(
      String name,
      boolean daemon,
      BooleanSupplier body,
      LongSupplier idleNanos,
      Signal signal,
      Runnable fatal) {
    this.body = body;
    this.idleNanos = idleNanos;
    this.signal = signal;
    this.fatal = fatal;
    thread = new EngineThread(this::run, name);
    thread.setDaemon(daemon);
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

  private void run() {
    while (!stopped) {
      try {
        boolean busy = body.getAsBoolean();
        recovered();
        if (!busy && !stopped) {
          signal.await(idleNanos.getAsLong());
        }
      } catch (VirtualMachineError e) {
        log.error("{} ends: the virtual machine has failed", thread.getName(), e);
        fatal.run();
        return;
      } catch (RuntimeException | Error e) {
        failed(e);
        stop.await(PAUSE_AFTER_FAILURE);
      }
    }
  }

  private void failed(Throwable e) {
    String cause = e.getClass().getName() + ": " + e.getMessage();
    if (!Objects.equals(cause, lastCause)) {
      log.warn("{} failed and tries again every second: {}", thread.getName(), cause, e);
      lastCause = cause;
    }
  }

  private void recovered() {
    if (lastCause != null) {
      log.info("{} goes on", thread.getName());
      lastCause = null;
    }
  }
}
