package org.batchengine.jdbc;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Runs units of work on the database. One that it refuses for a lock or a conflict is run again as
 * a whole, a few times. What it throws reaches callers as a {@link
 * org.batchengine.model.StoreException}.
 */
final class Transactions {
  private static final int MOST_TRIES = 6;
  private static final long PAUSE_MILLIS = 10;

  private final Jdbi jdbi;
  private final String bounds;
  private final int mostTries;

  /**
   * With a way to connections.
   *
   * @param bounds statements that every transaction begins with; may be empty
   */
  Transactions(Jdbi jdbi, String bounds) {
    this(jdbi, bounds, MOST_TRIES);
  }

  private Transactions(Jdbi jdbi, String bounds, int mostTries) {
    this.jdbi = jdbi;
    this.bounds = bounds;
    this.mostTries = mostTries;
  }

  /** Units in the one transaction that the connection is in: nothing ends it, or runs again. */
  static Transactions within(Jdbi jdbi) {
    return new Transactions(jdbi, "", 1);
  }

  /** Begins a transaction that its caller ends. */
  Handle begin() {
    return retried(
        mostTries,
        () -> {
          Handle handle = jdbi.open();
          try {
            handle.begin();
            if (!bounds.isEmpty()) {
              handle.execute(bounds);
            }
            return handle;
          } catch (RuntimeException | Error e) {
            try (handle) {
              throw e;
            }
          }
        });
  }

  /** Runs a unit in a transaction, which ends with it: committed, or rolled back if it throws. */
  <T> T inTransaction(Function<Handle, T> unit) {
    return retried(
        mostTries,
        () ->
            jdbi.inTransaction(
                handle -> {
                  if (!bounds.isEmpty()) {
                    handle.execute(bounds);
                  }
                  return unit.apply(handle);
                }));
  }

  void useTransaction(Consumer<Handle> unit) {
    inTransaction(
        handle -> {
          unit.accept(handle);
          return true;
        });
  }

  /** Runs a unit of which each statement is a transaction by itself. */
  <T> T autoCommit(Function<Handle, T> unit) {
    return retried(mostTries, () -> jdbi.withHandle(unit::apply));
  }

  static <T> T retried(Supplier<T> unit) {
    return retried(MOST_TRIES, unit);
  }

  private static <T> T retried(int mostTries, Supplier<T> unit) {
    for (int tries = 1; ; tries++) {
      try {
        return unit.get();
      } catch (RuntimeException e) {
        if (tries == mostTries || !SqlFaults.mayRunAgain(e)) {
          throw SqlFaults.translated(e);
        }
        pause(tries);
      }
    }
  }

  /** Parked, not asleep: an interrupt stays pending and costs nothing but the pause. */
  private static void pause(int tries) {
    long most = TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS * tries);
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(most / 2, most));
  }
}
