package org.batchengine.jdbc.sql;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
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
 * <p>A turn is its thread's: those that the thread takes within it are the same, and it is over
 * with the last of them. Nobody waits for ever: a turn of host code that lasts is passed over, and
 * so is one of the engine's own that seems to hang. However many come first is waited for, since on
 * a machine that is slow enough all have short work to do, and none may write beside another.
 */
public final class WriteTurns {
  private static final Logger log = LoggerFactory.getLogger(WriteTurns.class);

  /** Less than H2 waits for a row by default: who has a turn may wait for somebody in the queue. */
  private static final Duration LONGEST_OF_HOST = Duration.ofSeconds(1);

  /** The engine's own transactions are short: this one hangs, or the disk does. */
  private static final Duration LONGEST_OF_ENGINE = Duration.ofMinutes(1);

  private static final Map<String, WriteTurns> OF_DATABASES = new ConcurrentHashMap<>();

  /** Every transaction writes when it likes. */
  public static final WriteTurns AT_ONCE =
      new WriteTurns(Duration.ZERO, Duration.ZERO, System::nanoTime);

  private static final Turn BESIDE = () -> {};

  private final long longestOfHost;
  private final long longestOfEngine;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<Object> waiting = new ArrayDeque<>();
  private @Nullable Holding holding;

  /** The right to write, until it is closed, once. */
  public interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Holding {
    final Thread thread = Thread.currentThread();
    final boolean ofHost;
    final long begunAt;
    int turns;

    Holding(boolean ofHost, long begunAt) {
      this.ofHost = ofHost;
      this.begunAt = begunAt;
    }
  }

  WriteTurns(Duration longestOfHost, Duration longestOfEngine, LongSupplier nanos) {
    this.longestOfHost = longestOfHost.toNanos();
    this.longestOfEngine = longestOfEngine.toNanos();
    this.nanos = nanos;
  }

  /** Those of all stores of this process on a database. */
  public static WriteTurns of(String database) {
    return OF_DATABASES.computeIfAbsent(
        database, path -> new WriteTurns(LONGEST_OF_HOST, LONGEST_OF_ENGINE, System::nanoTime));
  }

  /** Waits for a turn of the engine's own. An interrupt stays pending. */
  public Turn take() {
    return take(false);
  }

  /** Waits for a turn in which host code may keep others waiting. An interrupt ends the wait. */
  public Turn takeForHost() {
    return take(true);
  }

  /** How many wait. */
  public int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  private Turn take(boolean ofHost) {
    if (longestOfEngine == 0) {
      return BESIDE;
    }
    lock.lock();
    try {
      Holding held = holding;
      if (held == null || held.thread != Thread.currentThread()) {
        if (!await(ofHost)) {
          return BESIDE;
        }
        held = new Holding(ofHost, nanos.getAsLong());
        holding = held;
      }
      return turn(held);
    } finally {
      lock.unlock();
    }
  }

  private Turn turn(Holding of) {
    of.turns++;
    return () -> {
      lock.lock();
      try {
        of.turns--;
        if (of.turns == 0 && holding == of) {
          holding = null;
          changed.signalAll();
        }
      } finally {
        lock.unlock();
      }
    };
  }

  /** Whether it is the thread's turn now; else whose turn it is hangs. */
  private boolean await(boolean interruptible) {
    Object place = new Object();
    waiting.add(place);
    boolean interrupted = false;
    try {
      while (holding != null || waiting.peek() != place) {
        if (passesOver()) {
          continue;
        }
        Holding held = holding;
        long left = held == null ? longestOfEngine : left(held);
        if (held != null && left <= 0) {
          log.warn(
              "{} has written for {} ms: this goes on beside it, and if the process is killed just"
                  + " then, H2 may keep half of it",
              held.thread.getName(),
              (nanos.getAsLong() - held.begunAt) / 1_000_000);
          return false;
        }
        try {
          changed.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
          if (interruptible) {
            return false;
          }
        }
      }
      return true;
    } finally {
      waiting.remove(place);
      changed.signalAll();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private long left(Holding held) {
    return held.begunAt + (held.ofHost ? longestOfHost : longestOfEngine) - nanos.getAsLong();
  }

  private boolean passesOver() {
    Holding held = holding;
    boolean isTooLong = held != null && held.ofHost && left(held) <= 0;
    if (isTooLong) {
      log.warn(
          "a transaction of host code has written for more than {} ms, others go on beside it: if the"
              + " process is killed just then, H2 may keep half of it",
          longestOfHost / 1_000_000);
      holding = null;
      changed.signalAll();
    }
    return isTooLong;
  }
}
