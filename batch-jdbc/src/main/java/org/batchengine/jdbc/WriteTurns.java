package org.batchengine.jdbc;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets transactions of this process write one after the other, for a file of H2.
 *
 * <p>A commit there stores what all transactions have changed so far, one table after the other and
 * without stopping them. What such an image has of the others is put right by the next. If the
 * process is killed before that, half of a transaction is kept, which may have been half committed.
 *
 * <p>A turn is its thread's: within it the thread may begin others, which are the same. It ends
 * after the commit. Who has waited long takes a turn beside the one that lasts: host code decides
 * how long a transaction of its own is, and must not keep the engine from renewing its session.
 */
final class WriteTurns {
  private static final Logger log = LoggerFactory.getLogger(WriteTurns.class);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Map<String, WriteTurns> OF_DATABASES = new ConcurrentHashMap<>();

  /** Every transaction writes when it likes. */
  static final WriteTurns AT_ONCE = new WriteTurns(Duration.ZERO);

  private final Duration patience;
  private final AtomicReference<Semaphore> free = new AtomicReference<>(new Semaphore(1, true));
  private final AtomicReference<@Nullable Thread> owner = new AtomicReference<>();

  /** The right to write, until it is closed. */
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  WriteTurns(Duration patience) {
    this.patience = patience;
  }

  /** Those of all stores of this process on a database. */
  static WriteTurns of(String database) {
    return OF_DATABASES.computeIfAbsent(database, path -> new WriteTurns(PATIENCE));
  }

  /** Waits for a turn. An interrupt stays pending. */
  Turn take() {
    Thread thread = Thread.currentThread();
    if (patience.isZero() || owner.get() == thread) {
      return () -> {};
    }
    while (true) {
      Semaphore queue = requireNonNull(free.get());
      if (hasAcquired(queue)) {
        if (free.get() == queue) {
          return begun(thread, queue);
        }
        queue.release(); // somebody in it was tired of waiting: the others go on elsewhere
      } else {
        Semaphore another = new Semaphore(0, true);
        if (free.compareAndSet(queue, another)) {
          log.warn(
              "a transaction has written for more than {}, others go on beside it: if the process is"
                  + " killed just then, H2 may keep half of it",
              patience);
          return begun(thread, another);
        }
      }
    }
  }

  private Turn begun(Thread thread, Semaphore queue) {
    owner.set(thread);
    return () -> {
      owner.compareAndSet(thread, null);
      queue.release();
    };
  }

  private boolean hasAcquired(Semaphore queue) {
    long end = System.nanoTime() + patience.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return queue.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
