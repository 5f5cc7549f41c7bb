package org.batchengine.engine.run;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs workers: on the host's executor, on virtual threads where the JDK has them (21 and later),
 * or on platform threads.
 */
public final class WorkerThreads {
  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final long IDLE_SECONDS = 1;

  private final @Nullable Executor first;
  private final @Nullable Executor platform;

  /**
   * Threads of executors.
   *
   * @param platform runs substitutes for workers that hang
   */
  public WorkerThreads(@Nullable Executor first, @Nullable Executor platform) {
    this.first = first;
    this.platform = platform;
  }

  /** No threads: callers drive the workers. */
  public static WorkerThreads none() {
    return new WorkerThreads(null, null);
  }

  /**
   * Threads for an engine.
   *
   * @param given the host's executor, if any
   * @param platformOnly no virtual threads
   * @param loader the context class loader of its threads, which inherit nothing
   */
  public static WorkerThreads of(
      @Nullable Executor given, boolean platformOnly, ClassLoader loader) {
    Executor platform = platformThreads(loader);
    if (given != null) {
      return new WorkerThreads(given, platform);
    }
    Executor virtual = platformOnly ? null : virtualThreads(loader);
    return new WorkerThreads(virtual == null ? platform : virtual, platform);
  }

  /** Ends idle threads and starts no more, except on the host's executor. Workers go on. */
  public void close() {
    if (platform instanceof ExecutorService own) {
      own.shutdown();
    }
  }

  /** Whether callers drive the workers. */
  public boolean areNone() {
    return first == null;
  }

  /**
   * Starts a worker.
   *
   * @param substitute whether it stands in for a worker that hangs. It then gets a platform thread,
   *     since hanging virtual threads occupy the carriers of all others, and a hanging task its
   *     executor's thread
   */
  public void start(Runnable worker, boolean substitute) {
    Executor executor = substitute ? platform : first;
    if (executor == null) {
      throw new IllegalStateException("there are no threads: the caller drives the workers");
    }
    executor.execute(worker);
  }

  /**
   * As many as workers need. An idle thread lives on for a moment: the next batch may be small too.
   */
  private static Executor platformThreads(ClassLoader loader) {
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        command -> platformThread(command, loader));
  }

  @SuppressWarnings("ThreadPriorityCheck") // it would be that of whoever makes the thread
  private static Thread platformThread(Runnable command, ClassLoader loader) {
    String name = "batch-worker-" + NUMBERS.incrementAndGet();
    Thread thread = new Thread(null, command, name, 0, false);
    thread.setContextClassLoader(loader);
    thread.setPriority(Thread.NORM_PRIORITY);
    thread.setDaemon(true);
    return thread;
  }

  /** By reflection, since this library is built for a JDK without virtual threads. */
  private static @Nullable Executor virtualThreads(ClassLoader loader) {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      Object named =
          type.getMethod("name", String.class, long.class).invoke(builder, "batch-worker-", 1L);
      Object plain =
          type.getMethod("inheritInheritableThreadLocals", boolean.class).invoke(named, false);
      ThreadFactory factory = (ThreadFactory) type.getMethod("factory").invoke(plain);
      return command -> {
        Thread thread = factory.newThread(command);
        thread.setContextClassLoader(loader);
        thread.start();
      };
    } catch (ReflectiveOperationException | UnsupportedOperationException e) {
      return null;
    }
  }
}
