package org.batchengine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.batchengine.engine.loop.EngineThread;
import org.batchengine.engine.loop.Loop;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.run.Workers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that an engine has only while it works, from a start to the next stop: one claims,
 * one settles, one watches the timeouts of the workers, and one runs the code of schedules, if
 * there are any.
 */
final class WorkLoops {
  private static final Logger log = LoggerFactory.getLogger(WorkLoops.class);

  /** How long a loop may take to end its pass. */
  static final Duration STOP_LOOP = Duration.ofSeconds(20);

  private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(2);
  private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final EngineParts parts;
  private final Loop dispatcher;
  private final Loop settler;
  private final Loop watch;

  /**
   * Host code may take as long as it likes there, so it is not among those that health looks at.
   */
  private final Loop schedules;

  /** None of them runs yet. */
  WorkLoops(EngineParts parts) {
    this.parts = parts;
    // No daemon: it keeps the JVM alive as long as the engine works.
    dispatcher = loop(parts, "dispatcher", false, parts.dispatcher, parts.dispatcherSignal);
    settler = loop(parts, "settler", true, parts.settler, parts.settlerSignal);
    watch = loop(parts, "watch", true, new Watch(), new Signal());
    schedules = loop(parts, "schedule", true, parts.schedules, parts.schedules.signal);
  }

  /** A loop of an engine, on a thread of its own. */
  static Loop loop(EngineParts parts, String name, boolean daemon, Step step, Signal signal) {
    return new Loop(
        body -> thread(parts, name, daemon, body), step, signal, parts.failures, parts::fail);
  }

  /** A thread of an engine. */
  static Thread thread(EngineParts parts, String name, boolean daemon, Runnable body) {
    EngineConfig config = parts.config;
    Thread thread = new EngineThread(body, "batch-" + name + "-" + config.node(), config.loader());
    thread.setDaemon(daemon);
    return thread;
  }

  void start() {
    settler.start();
    watch.start();
    dispatcher.start();
    if (parts.schedules.hasCode()) {
      schedules.start();
    }
  }

  List<Loop> all() {
    return List.of(dispatcher, settler, watch);
  }

  /** Whether one of them runs. */
  boolean areAlive() {
    return schedules.isAlive() || all().stream().anyMatch(Loop::isAlive);
  }

  /**
   * Ends them. Lets running calls finish within the limit, while the session is kept alive.
   *
   * @return whether the settler has ended, so that another thread may settle the rest
   */
  boolean drain() {
    dispatcher.stop(STOP_LOOP);
    parts.workers.values().forEach(each -> each.queue().clear());
    if (!isQuietWithin(parts.config.drainTimeout())) {
      long now = parts.clock.nanos().getAsLong();
      for (Workers workers : parts.workers.values()) {
        workers.running().forEach(worker -> worker.stop(now));
      }
      if (!isQuietWithin(AFTER_INTERRUPT)) {
        log.warn(
            "some calls ignore their interrupt and still run; the session is left to expire, and its"
                + " work runs again elsewhere");
      }
    }
    watch.stop(STOP_LOOP);
    schedules.stop(STOP_LOOP);
    return settler.stop(STOP_LOOP);
  }

  private boolean isQuietWithin(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    while (!parts.areQuiet()) {
      if (System.nanoTime() - until >= 0) {
        return false;
      }
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(2));
    }
    return true;
  }

  /** Interrupts calls that take too long. */
  private final class Watch implements Step {

    @Override
    public String name() {
      return "watching timeouts";
    }

    @Override
    public boolean runOnce() {
      long now = parts.clock.nanos().getAsLong();
      for (Workers workers : parts.workers.values()) {
        workers.running().forEach(worker -> worker.watch(now));
      }
      return false;
    }

    @Override
    public long idleNanos() {
      return WATCH_NANOS;
    }
  }
}
