package org.batchengine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.batchengine.model.EngineHealth;
import org.batchengine.store.StoreSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine: its parts, and the threads that drive them.
 *
 * <p>One thread each claims ({@link Dispatcher}), settles ({@link Settler}), and mends ({@link
 * Maintenance}); a fourth watches the timeouts of the workers and does nothing else, since the
 * others may wait for the database.
 */
class Engine extends EngineBatches implements BatchEngine {
  private static final Logger log = LoggerFactory.getLogger(Engine.class);

  /** Dispatcher, settler, maintenance, and one for the host's calls. */
  private static final int CONNECTIONS = 5;

  private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final Duration STOP_LOOP = Duration.ofSeconds(20);
  private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(2);

  private final Machinery machinery;
  private final Checkup checkup;
  private final EngineMetrics metrics;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread closer;
  private final Loop dispatcherLoop;
  private final Loop settlerLoop;
  private final Loop maintenanceLoop;
  private final Loop watchLoop;

  Engine(Machinery machinery, Fatal fatal) {
    super(machinery, null);
    this.machinery = machinery;
    checkup = new Checkup(machinery);
    metrics = new EngineMetrics(machinery);
    String node = machinery.config().node();
    closer = new EngineThread(this::closeAll, "batch-close-" + node);
    dispatcherLoop =
        new Loop(
            "batch-dispatcher-" + node,
            false,
            machinery.dispatcher()::runOnce,
            machinery.dispatcher()::idleNanos,
            machinery.dispatcherSignal(),
            machinery.outage(),
            fatal);
    settlerLoop =
        new Loop(
            "batch-settler-" + node,
            true,
            machinery.settler()::runOnce,
            () -> Long.MAX_VALUE,
            machinery.settlerSignal(),
            machinery.outage(),
            fatal);
    maintenanceLoop =
        new Loop(
            "batch-maintenance-" + node,
            true,
            machinery.maintenance()::runOnce,
            machinery.maintenance()::idleNanos,
            machinery.maintenanceSignal(),
            machinery.outage(),
            fatal);
    watchLoop =
        new Loop(
            "batch-watch-" + node,
            true,
            this::watch,
            () -> WATCH_NANOS,
            new Signal(),
            machinery.outage(),
            fatal);
    fatal.machinery = machinery;
  }

  /** An engine that submits, reads and steers; it claims nothing before it is started. */
  static BatchEngine build(EngineConfig config) {
    return build(config, Worker.GRACE);
  }

  /** As {@link #build(EngineConfig)}, for tests that cannot wait that long. */
  static BatchEngine build(EngineConfig config, Duration grace) {
    Fatal fatal = new Fatal();
    Machinery machinery =
        Machinery.of(
            config,
            WorkerThreads.of(config.executor(), config.platformThreads()),
            System::nanoTime,
            ThreadLocalRandom::current,
            fatal,
            grace);
    Engine engine = new Engine(machinery, fatal);
    engine.open();
    engine.maintenanceLoop.start();
    return engine;
  }

  /** An engine that its caller drives; its loops' time is that of its clock. */
  static ManualEngine manual(EngineConfig config) {
    Fatal fatal = new Fatal();
    Instant origin = config.clock().instant();
    LongSupplier nanos = () -> Duration.between(origin, config.clock().instant()).toNanos();
    Machinery machinery =
        Machinery.of(
            config, WorkerThreads.none(), nanos, ThreadLocalRandom::current, fatal, Worker.GRACE);
    DrivenEngine engine = new DrivenEngine(machinery, fatal);
    ((Engine) engine).open();
    machinery.maintenance().startWorking();
    return engine;
  }

  private void open() {
    EngineConfig config = machinery.config();
    machinery
        .store()
        .connect(
            new StoreSettings(
                config.sessionExpiry(),
                CONNECTIONS + transactionsAtOnce(config),
                config.maxPayload()));
    try {
      Machinery.refuseUnknownTransactions(config);
    } catch (IllegalArgumentException e) {
      machinery.store().close();
      throw e;
    }
  }

  /** Each worker of a transactional processor holds a connection. */
  private static int transactionsAtOnce(EngineConfig config) {
    return config.registrations().values().stream()
        .filter(each -> each.processor() instanceof Processor.PerTransaction)
        .mapToInt(each -> each.options().concurrency())
        .sum();
  }

  @Override
  public void start() {
    if (closed.get()) {
      throw new IllegalStateException("the engine is closed; build another");
    }
    if (!started.get()) {
      machinery.vitals().renewals().begins();
    }
    if (started.getAndSet(true)) {
      return;
    }
    machinery.maintenance().startWorking();
    machinery.maintenanceSignal().raise();
    settlerLoop.start();
    watchLoop.start();
    dispatcherLoop.start();
    log.info(
        "batch engine {} started for {}",
        machinery.config().node(),
        machinery.config().registrations().keySet());
  }

  @Override
  public boolean isStarted() {
    return started.get() && !closed.get();
  }

  @Override
  public EngineHealth health() {
    return checkup.health(
        isStarted(), List.of(dispatcherLoop, settlerLoop, maintenanceLoop, watchLoop));
  }

  @Override
  public EngineMetrics metrics() {
    return metrics;
  }

  private boolean watch() {
    long now = machinery.nanos().getAsLong();
    for (Workers workers : machinery.workers().values()) {
      workers.running().forEach(worker -> worker.watch(now));
    }
    return false;
  }

  /**
   * Closes on a thread of its own: an interrupt of the caller must not reach the engine's JDBC,
   * where it would close an H2 database under everyone.
   */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      closer.start();
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
      machinery.closing().set(true);
      machinery.dispatcher().stop();
      if (!started.get() || drain()) {
        closeQuietly("the last settlement", this::settleRest);
      }
      machinery.settler().close();
      maintenanceLoop.stop(STOP_LOOP);
      closeQuietly("the session", this::releaseSession);
      closeQuietly("the connection of renewals", machinery.sessions()::close);
      machinery.completions().close();
    } finally {
      machinery.threads().close();
      machinery.closed().set(true);
      try {
        machinery.store().close();
      } finally {
        ended.countDown();
      }
    }
  }

  /**
   * Lets the calls that run finish, up to the limit, while the session is kept alive.
   *
   * @return whether the settler's thread has ended, and leaves the rest to another
   */
  private boolean drain() {
    dispatcherLoop.stop(STOP_LOOP);
    machinery.workers().values().forEach(Workers::dropWaiting);
    if (!isQuietWithin(machinery.config().drainTimeout())) {
      long now = machinery.nanos().getAsLong();
      for (Workers workers : machinery.workers().values()) {
        workers.running().forEach(worker -> worker.stop(now));
      }
      if (!isQuietWithin(AFTER_INTERRUPT)) {
        log.warn(
            "calls still run that ignore their interrupt; the session is left to lapse, and what it"
                + " has in hand runs again elsewhere");
      }
    }
    watchLoop.stop(STOP_LOOP);
    return settlerLoop.stop(STOP_LOOP);
  }

  private boolean isQuietWithin(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    while (!isQuiet()) {
      if (System.nanoTime() - until >= 0) {
        return false;
      }
      LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(2));
    }
    return true;
  }

  private boolean isQuiet() {
    return machinery.workers().values().stream().allMatch(Workers::isQuiet);
  }

  private void settleRest() {
    boolean more = true;
    while (more) {
      more = machinery.settler().runOnce();
    }
  }

  /**
   * Left to lapse, as that of a process that died, if a call still runs or has failed with the
   * virtual machine: an item that calls {@code System.exit} waits for this close, and must count as
   * one that takes its process down, or it would do so for ever.
   */
  private void releaseSession() {
    boolean nothingRuns = !started.get() || isQuiet();
    if (nothingRuns && !machinery.maintenance().hasFailed()) {
      machinery.sessions().release();
    }
  }

  private static void closeQuietly(String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      log.warn("while closing, {} failed; other nodes and the next start make up for it", what, e);
    }
  }

  /** Stops claiming and lets the session lapse: others take over what this JVM cannot finish. */
  static final class Fatal implements Runnable {
    private volatile @Nullable Machinery machinery;

    @Override
    public void run() {
      Machinery parts = machinery;
      if (parts != null) {
        parts.dispatcher().stop();
        parts.closing().set(true);
        parts.maintenance().fail();
      }
    }
  }
}
