package org.batchengine;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.Lanes;
import org.batchengine.engine.loop.Loop;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.WorkerThreads;
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

  /**
   * Dispatcher, settler, maintenance, renewal, and one for the host's calls; schedules need one
   * more.
   */
  private static final int CONNECTIONS = 5;

  private static final int HIDDEN_AT_ONCE = 100;
  private static final Duration HOST_CODE = Duration.ofSeconds(2);

  private final EngineParts parts;
  private final EngineMetrics metrics;

  /** Held while the engine starts or stops, and while its close begins: one after the other. */
  private final Object lifecycle = new Object();

  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Thread closer;
  private final Loop maintenanceLoop;
  private final Loop renewalLoop;

  /** Made anew by each start. */
  private volatile WorkLoops workLoops;

  Engine(EngineParts parts) {
    super(parts, null);
    this.parts = parts;
    metrics = new EngineMetrics(parts);
    closer = WorkLoops.thread(parts, "close", false, this::closeAll);
    maintenanceLoop =
        WorkLoops.loop(parts, "maintenance", true, parts.maintenance, parts.maintenanceSignal);
    renewalLoop = WorkLoops.loop(parts, "renewal", true, parts.renewal, parts.renewalSignal);
    workLoops = new WorkLoops(parts);
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
    int connections = CONNECTIONS + (config.schedules().isEmpty() ? 0 : 1);
    store.connect(
        new StoreSettings(
            config.sessionExpiry(),
            connections + config.leastTransactions(),
            connections + config.mostTransactions(),
            config.maxPayload(),
            config.loader()));
    return Builder.closedIfItFails(
        store::close, () -> engine.apply(config.within(store.connections() - connections)));
  }

  @Override
  public void start() {
    synchronized (lifecycle) {
      if (closed.get()) {
        throw new IllegalStateException("the engine is closed; build another");
      }
      if (!isStarted()) {
        if (parts.hasFailed()) {
          throw new IllegalStateException(parts.failure());
        }
        startLoops();
      }
    }
  }

  void startLoops() {
    if (workLoops.areAlive()) {
      throw new IllegalStateException(
          "the engine was stopped, and a thread of it still waits for the database or the host:"
              + " start it later, or build another");
    }
    workLoops = new WorkLoops(parts);
    parts.pulses.renewals().begins();
    started.set(true);
    parts.resume();
    workLoops.start();
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
    } else if (closed.get()) {
      over = "the engine is closed";
    }
    boolean works = isStarted();
    return parts.health.now(
        works,
        over,
        parts.storeCheck.trouble(),
        parts.unserved.types(),
        parts.unservedSchedules.names(),
        Stream.concat(
                Stream.of(maintenanceLoop, renewalLoop),
                works ? workLoops.all().stream() : Stream.empty())
            .toList());
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
  public PayloadCodecs codecs() {
    return parts.config.codecs();
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

  @Override
  public void stop() {
    String type = parts.typeOnThisThread();
    if (type != null) {
      throw new IllegalStateException(
          "an item of %s cannot stop the engine, which would wait for the item: stop it on another thread"
              .formatted(type));
    }
    synchronized (lifecycle) {
      if (isStarted()) {
        Thread stopper = WorkLoops.thread(parts, "stop", false, this::stopWork);
        stopper.start();
        awaitEnd(stopper);
      }
    }
  }

  private void stopWork() {
    boolean hadThreads = started.getAndSet(false);
    endWork(hadThreads);
    boolean nothingRuns = !hadThreads || parts.areQuiet();
    quietly(
        "the session",
        () -> parts.sessions.end(parts.config.drainTimeout(), nothingRuns && !parts.hasFailed()));
    if (!workLoops.areAlive()) {
      quietly("what could not be settled", parts.settler::settleRest);
      parts.dispatcher.forget();
    }
    parts.rest();
    log.info("batch engine {} stopped", parts.config.node());
  }

  /**
   * Closes on a thread of its own, as {@link #stop} stops: an interrupt of the caller must not
   * reach the engine's JDBC, where it would close an H2 database under everyone.
   */
  @Override
  public void close() {
    synchronized (lifecycle) {
      if (!closed.getAndSet(true)) {
        closer.start();
      }
    }
    awaitEnd(closer);
  }

  private static void awaitEnd(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
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
      endWork(started.get() || workLoops.areAlive());
      parts.settlements.close();
      maintenanceLoop.stop(WorkLoops.STOP_LOOP);
      renewalLoop.stop(WorkLoops.STOP_LOOP);
      quietly("the session", this::releaseSession);
      parts.completions.close();
      awaitHostCode();
    } finally {
      parts.threads.close();
      parts.closed.set(true);
      quietly("the connection for renewals", parts.sessions::disconnect);
      try {
        parts.store.close();
      } finally {
        parts.lanes.close();
      }
    }
  }

  /**
   * Begins nothing more, lets running calls finish within the limit, and settles what they said.
   *
   * @param hasThreads whether its loops were started
   */
  private void endWork(boolean hasThreads) {
    parts.closing.set(true);
    parts.dispatcher.stop();
    if (!hasThreads || workLoops.drain()) {
      quietly("the last settlement", parts.settler::settleRest);
    }
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

  private static void quietly(String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      log.warn("stopping: {} failed; other nodes or the next start will make up for it", what, e);
    }
  }
}
