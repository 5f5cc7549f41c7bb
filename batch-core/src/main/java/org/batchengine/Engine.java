package org.batchengine;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.EngineThread;
import org.batchengine.engine.loop.Lanes;
import org.batchengine.engine.loop.Loop;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.WorkerThreads;
import org.batchengine.engine.run.Workers;
import org.batchengine.model.EngineHealth;
import org.batchengine.model.EngineNode;
import org.batchengine.store.BatchStore;
import org.batchengine.store.StoreSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine: its parts, and the threads that drive them. One thread claims, one settles, one
 * maintains, one renews the session, and one watches the timeouts of the workers. The last two do
 * nothing else, since the others may wait for the database.
 */
class Engine extends EngineBatches implements BatchEngine {
  private static final Logger log = LoggerFactory.getLogger(Engine.class);

  /** Dispatcher, settler, maintenance, renewal, and one for the host's calls. */
  private static final int CONNECTIONS = 5;

  private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int HIDDEN_AT_ONCE = 100;
  private static final Duration STOP_LOOP = Duration.ofSeconds(20);
  private static final Duration HOST_CODE = Duration.ofSeconds(2);
  private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(2);

  private final EngineParts parts;
  private final EngineMetrics metrics;

  /** Held while the engine starts, and while its close begins: it does not start beside that. */
  private final Object lifecycle = new Object();

  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread closer;
  private final Loop dispatcherLoop;
  private final Loop settlerLoop;
  private final Loop maintenanceLoop;
  private final Loop renewalLoop;
  private final Loop watchLoop;

  Engine(EngineParts parts) {
    super(parts, null);
    this.parts = parts;
    metrics = new EngineMetrics(parts);
    closer = thread("close", false, this::closeAll);
    // The dispatcher is no daemon: it keeps the JVM alive as long as the engine runs.
    dispatcherLoop = loop("dispatcher", false, parts.dispatcher, parts.dispatcherSignal);
    settlerLoop = loop("settler", true, parts.settler, parts.settlerSignal);
    maintenanceLoop = loop("maintenance", true, parts.maintenance, parts.maintenanceSignal);
    renewalLoop = loop("renewal", true, parts.renewal, parts.renewalSignal);
    watchLoop = loop("watch", true, new Watch(), new Signal());
  }

  private Loop loop(String name, boolean daemon, Step step, Signal signal) {
    return new Loop(body -> thread(name, daemon, body), step, signal, parts.failures, parts::fail);
  }

  private Thread thread(String name, boolean daemon, Runnable body) {
    EngineConfig config = parts.config;
    Thread thread = new EngineThread(body, "batch-" + name + "-" + config.node(), config.loader());
    thread.setDaemon(daemon);
    return thread;
  }

  /** An engine that submits, reads and steers; it claims nothing before it is started. */
  static BatchEngine build(EngineConfig config) {
    return build(config, Worker.GRACE);
  }

  /** As {@link #build(EngineConfig)}, for tests that cannot wait that long. */
  static BatchEngine build(EngineConfig config, Duration grace) {
    return connected(
        config,
        fitting -> {
          Engine engine =
              new Engine(
                  new EngineParts(
                      fitting,
                      WorkerThreads.of(
                          config.executor(), config.platformThreads(), config.loader()),
                      Lanes.threads(config.loader()),
                      new EngineClock(config.clock(), System::nanoTime),
                      new SecureRandom(),
                      grace));
          engine.parts.sessions.connect();
          engine.renewalLoop.start();
          engine.maintenanceLoop.start();
          return engine;
        });
  }

  /** An engine that its caller drives; the time of its loops is that of its clock. */
  static ManualEngine manual(EngineConfig config) {
    return connected(
        config,
        fitting -> {
          Instant origin = config.clock().instant();
          EngineParts parts =
              new EngineParts(
                  fitting,
                  WorkerThreads.none(),
                  Runnable::run,
                  new EngineClock(
                      config.clock(),
                      () -> Duration.between(origin, config.clock().instant()).toNanos()),
                  new SecureRandom(),
                  Worker.GRACE);
          parts.sessions.connect();
          parts.maintenance.start();
          return new DrivenEngine(parts);
        });
  }

  /**
   * The engine for the config that fits the store. A store that refuses to connect may be another
   * engine's: it is not closed.
   */
  private static <T> T connected(EngineConfig config, Function<EngineConfig, T> engine) {
    BatchStore store = config.store();
    store.connect(
        new StoreSettings(
            config.sessionExpiry(),
            CONNECTIONS + config.leastTransactions(),
            CONNECTIONS + config.mostTransactions(),
            config.maxPayload(),
            config.loader()));
    return Builder.closedIfItFails(
        store::close, () -> engine.apply(config.within(store.connections() - CONNECTIONS)));
  }

  @Override
  public void start() {
    synchronized (lifecycle) {
      if (closed.get()) {
        throw new IllegalStateException("the engine is closed; build another");
      }
      if (!started.get()) {
        startLoops();
      }
    }
  }

  private void startLoops() {
    parts.pulses.renewals().begins();
    started.set(true);
    parts.maintenance.start();
    parts.maintenanceSignal.raise();
    settlerLoop.start();
    watchLoop.start();
    dispatcherLoop.start();
    log.info(
        "batch engine {} started for {}",
        parts.config.node(),
        parts.config.registrations().keySet());
  }

  @Override
  public boolean isStarted() {
    return started.get() && !closed.get();
  }

  @Override
  public EngineHealth health() {
    String over = null;
    if (parts.hasFailed()) {
      over = parts.failure();
    } else if (parts.closing.get()) {
      over = "the engine is closed";
    }
    return parts.health.now(
        isStarted(),
        over,
        parts.storeCheck.trouble(),
        parts.unserved.types(),
        List.of(dispatcherLoop, settlerLoop, maintenanceLoop, renewalLoop, watchLoop));
  }

  @Override
  public EngineMetrics metrics() {
    return metrics;
  }

  @Override
  public List<JobType<?, ?>> registeredTypes() {
    return parts.config.registrations().values().stream()
        .<JobType<?, ?>>map(Registration::type)
        .toList();
  }

  @Override
  public List<EngineNode> nodes() {
    return store().sessions().nodes();
  }

  @Override
  public long removeEnded(Duration olderThan) {
    Arguments.between("olderThan", olderThan, Duration.ZERO, Duration.ofDays(3650));
    long removed = 0;
    int last;
    do {
      last = store().sweeping().hideEnded(olderThan, HIDDEN_AT_ONCE);
      removed += last;
    } while (last > 0); // less than asked for may be because others have locked some
    parts.removal.removeSoon();
    return removed;
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

  /**
   * Closes on a thread of its own: an interrupt of the caller must not reach the engine's JDBC,
   * where it would close an H2 database under everyone.
   */
  @Override
  public void close() {
    synchronized (lifecycle) {
      if (!closed.getAndSet(true)) {
        closer.start();
      }
    }
    boolean interrupted = false;
    while (true) {
      try {
        ended.await();
        closer.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeAll() {
    try {
      parts.closing.set(true);
      parts.dispatcher.stop();
      if (!started.get() || drain()) {
        closeQuietly("the last settlement", parts.settler::settleRest);
      }
      parts.settlements.close();
      maintenanceLoop.stop(STOP_LOOP);
      renewalLoop.stop(STOP_LOOP);
      closeQuietly("the session", this::releaseSession);
      parts.completions.close();
      awaitHostCode();
    } finally {
      parts.threads.close();
      parts.closed.set(true);
      closeQuietly("the connection for renewals", parts.sessions::disconnect);
      try {
        parts.store.close();
      } finally {
        parts.lanes.close();
        ended.countDown();
      }
    }
  }

  /**
   * Lets running calls finish within the limit, while the session is kept alive.
   *
   * @return whether the settler's thread has ended, so that another may settle the rest
   */
  private boolean drain() {
    dispatcherLoop.stop(STOP_LOOP);
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
    watchLoop.stop(STOP_LOOP);
    return settlerLoop.stop(STOP_LOOP);
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

  /** Calls of listeners and the like that were not made until then are not made. */
  private void awaitHostCode() {
    if (!parts.lanes.awaitIdle(HOST_CODE)) {
      log.warn("the engine closes while host code still runs: {}", parts.lanes.busy());
    }
  }

  /**
   * Leaves the session to expire, like that of a dead process, if a call still runs or the virtual
   * machine has failed. An item that calls {@code System.exit} waits for this close; it must count
   * as one that crashes its process, or it would do so for ever.
   */
  private void releaseSession() {
    boolean nothingRuns = !started.get() || parts.areQuiet();
    if (nothingRuns && !parts.hasFailed()) {
      parts.sessions.release();
    }
  }

  private static void closeQuietly(String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      log.warn("closing: {} failed; other nodes or the next start will make up for it", what, e);
    }
  }
}
