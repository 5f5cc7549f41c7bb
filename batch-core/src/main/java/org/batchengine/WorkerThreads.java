package org.batchengine;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Where workers run: on the host's executor, on virtual threads where the JDK has them (21 and
 * later), or on platform threads.
 */
final class WorkerThreads {
  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final long IDLE_SECONDS = 1;

  private final @Nullable Executor first;
  private final @Nullable Executor platform;

  /**
   * On executors.
   *
   * @param platform where substitutes of workers that hang run
   */
  WorkerThreads(@Nullable Executor first, @Nullable Executor platform) {
    this.first = first;
    this.platform = platform;
  }

  /** No threads: the workers are driven from outside. */
  static WorkerThreads none() {
    return new WorkerThreads(null, null);
  }

  static WorkerThreads of(@Nullable Executor given, boolean platformOnly) {
    Executor platform = platformThreads();
    if (given != null) {
      return new WorkerThreads(given, platform);
    }
    Executor virtual = platformOnly ? null : virtualThreads();
    return new WorkerThreads(virtual == null ? platform : virtual, platform);
  }

  /** Idle threads end, and none starts any more but the host's; those that work go on. */
  void close() {
    if (platform instanceof ExecutorService own) {
      own.shutdown();
    }
  }

  boolean areNone() {
    return first == null;
  }

  /**
   * Starts a worker.
   *
   * @param substitute whether it stands in for a worker that hangs: it gets a thread of the system,
   *     since hanging virtual threads keep the carriers of all others, and a hanging task its
   *     executor's thread
   */
  void start(Runnable worker, boolean substitute) {
    Executor executor = substitute ? platform : first;
    if (executor == null) {
      throw new IllegalStateException("workers without threads are driven from outside");
    }
    executor.execute(worker);
  }

  /**
   * As many as workers need. They outlast their worker a little: the next batch may be small too.
   */
  private static Executor platformThreads() {
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        WorkerThreads::platformThread);
  }

  private static Thread platformThread(Runnable command) {
    Thread thread = new Thread(command, "batch-worker-" + NUMBERS.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  /** By reflection, since this library is built for a JDK that has none. */
  private static @Nullable Executor virtualThreads() {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      Object named =
          type.getMethod("name", String.class, long.class).invoke(builder, "batch-worker-", 1L);
      ThreadFactory factory = (ThreadFactory) type.getMethod("factory").invoke(named);
      return command -> factory.newThread(command).start();
    } catch (ReflectiveOperationException | UnsupportedOperationException e) {
      return null;
    }
  }
}
