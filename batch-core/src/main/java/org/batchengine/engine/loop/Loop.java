package org.batchengine.engine.loop;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that repeats a step: without a pause while it finds work, otherwise when signalled or
 * when the step's idle time is over. After a failure it retries once a second; a {@link FailureLog}
 * logs.
 */
public final class Loop {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final long PAUSE_AFTER_FAILURE = TimeUnit.SECONDS.toNanos(1);

  private final Thread thread;
  private final Step step;
  private final Signal signal;
  private final Consumer<Throwable> fatal;
  private final FailureLog failures;
  private final Signal stop = new Signal();
  private volatile boolean stopped;
  private volatile boolean isInPass;
  private volatile long passBeganAt;

  /**
   * A loop that {@link #start} starts.
   *
   * @param thread makes its thread
   * @param failures where failures are logged; shared by the loops of an engine
   * @param fatal told how the virtual machine itself has failed; the loop has ended by then
   */
  public Loop(
      Function<Runnable, Thread> thread,
      Step step,
      Signal signal,
      FailureLog failures,
      Consumer<Throwable> fatal) {
    this.step = step;
    this.signal = signal;
    this.failures = failures;
    this.fatal = fatal;
    this.thread = thread.apply(this::run);
  }

  /** {@return the name of its thread} */
  public String name() {
    return thread.getName();
  }

  /** Starts its thread. */
  public void start() {
    thread.start();
  }

  /**
   * Ends the loop after the current pass, and waits for that at most as long as given.
   *
   * @return whether it has ended
   */
  public boolean stop(Duration atMost) {
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

  /** Whether it was started and has not ended. */
  public boolean isAlive() {
    return thread.isAlive();
  }

  /** Whether it was started and has ended. */
  public boolean hasEnded() {
    return thread.getState() == Thread.State.TERMINATED;
  }

  /** {@return for how long the pass that is under way has lasted, in nanoseconds; else 0} */
  public long passNanos() {
    long since = passBeganAt;
    return isInPass ? Math.max(0, failures.now() - since) : 0;
  }

  /** {@return what its step does, or did last} */
  public String doing() {
    return step.name();
  }

  private void run() {
    while (!stopped) {
      switch (pass()) {
        case BUSY -> {}
        case IDLE -> {
          if (!stopped) {
            signal.await(Math.min(step.idleNanos(), failures.untilOver()));
          }
        }
        case FAILED -> stop.await(PAUSE_AFTER_FAILURE);
        case FATAL -> {
          return;
        }
      }
    }
  }

  /** The result of a pass. */
  public enum Pass {
    BUSY,
    IDLE,
    FAILED,
    FATAL
  }

  /** Runs the step once. */
  public Pass pass() {
    passBeganAt = failures.now();
    isInPass = true;
    try {
      boolean busy = step.runOnce();
      failures.passed();
      return busy ? Pass.BUSY : Pass.IDLE;
    } catch (Throwable e) {
      Optional<Throwable> failure = Failures.fatalIn(e);
      if (failure.isPresent()) {
        log.error("{} ends: the virtual machine has failed", thread.getName(), e);
        fatal.accept(failure.get());
        return Pass.FATAL;
      }
      failures.failed(thread.getName() + ": " + step.name(), e);
      return Pass.FAILED;
    } finally {
      isInPass = false;
    }
  }
}
