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

  /**
   * With a way to connections.
   *
   * @param bounds statements that every transaction begins with; may be empty
   */
  Transactions(Jdbi jdbi, String bounds) {
    this.jdbi = jdbi;
    this.bounds = bounds;
  }

  /** Runs a unit in a transaction, which ends with it: committed, or rolled back if it throws. */
  <T> T inTransaction(Function<Handle, T> unit) {
    return retried(
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
    return retried(() -> jdbi.withHandle(unit::apply));
  }

  static <T> T retried(Supplier<T> unit) {
    for (int tries = 1; ; tries++) {
      try {
        return unit.get();
      } catch (RuntimeException e) {
        if (tries == MOST_TRIES || !SqlFaults.mayRunAgain(e)) {
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
