package org.batchengine.jdbc.sql;

import java.time.Duration;
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
public final class Transactions {
  /** How long the engine's own threads wait for a lock, at most. */
  public static final Duration BRIEF = Duration.ofMillis(200);

  private static final int MOST_TRIES = 6;
  private static final long PAUSE_MILLIS = 10;

  private final Jdbi jdbi;
  private final String bounds;
  private final WriteTurns turns;
  private final Manner manner;

  /**
   * How units are run.
   *
   * @param waits whether a unit that did not get a lock in time is run again
   * @param areOfHost whether host code has the transaction
   * @param always whether there is a transaction around every unit
   */
  private record Manner(int mostTries, boolean waits, boolean areOfHost, boolean always) {
    boolean mayRunAgain(RuntimeException e, int tries) {
      return tries < mostTries
          && SqlFaults.mayRunAgain(e)
          && (waits || !SqlFaults.isRefusedLock(e));
    }
  }

  /**
   * With a way to connections.
   *
   * @param bounds statements that every transaction begins with; may be empty
   */
  public Transactions(Jdbi jdbi, String bounds, WriteTurns turns) {
    this(jdbi, bounds, turns, new Manner(MOST_TRIES, true, false, false));
  }

  private Transactions(Jdbi jdbi, String bounds, WriteTurns turns, Manner manner) {
    this.jdbi = jdbi;
    this.bounds = bounds;
    this.turns = turns;
    this.manner = manner;
  }

  /** The same, with a transaction around every unit, so that the bounds hold for each. */
  public Transactions always() {
    return new Transactions(
        jdbi, bounds, turns, new Manner(manner.mostTries, manner.waits, manner.areOfHost, true));
  }

  /**
   * The same for the engine's own threads, on which other batches depend: a unit that does not get
   * a lock soon is given up, and its caller comes back later.
   *
   * @param further statements that transactions begin with as well; may be empty
   */
  public Transactions brief(String further) {
    String all = bounds.isEmpty() || further.isEmpty() ? bounds + further : bounds + "; " + further;
    return new Transactions(
        jdbi, all, turns, new Manner(manner.mostTries, false, manner.areOfHost, manner.always));
  }

  /** Units in the one transaction that the connection is in: nothing ends it, or runs again. */
  public Transactions within(Jdbi connection) {
    return new Transactions(connection, "", turns, new Manner(1, true, true, false));
  }

  private WriteTurns.Turn turn() {
    return manner.areOfHost ? turns.takeForHost() : turns.take();
  }

  /**
   * Takes a connection that its caller keeps, of which each statement is a transaction by itself.
   */
  public Handle open() {
    return retried(manner, jdbi::open);
  }

  /** Runs a unit that writes, in turn, on a connection that is {@linkplain #open kept}: once. */
  public <T> T inTurn(Handle kept, Function<Handle, T> unit) {
    try (WriteTurns.Turn turn = turn()) {
      return manner.always ? inTransaction(kept, unit) : unit.apply(kept);
    } catch (RuntimeException e) {
      throw SqlFaults.translated(e);
    }
  }

  /** Begins a transaction that its caller ends, who waits for a turn before it writes. */
  public Handle begin() {
    return retried(
        manner,
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
  public <T> T inTransaction(Function<Handle, T> unit) {
    return withHandleInTurn(handle -> inTransaction(handle, unit));
  }

  /** As {@link #inTransaction}, for a unit that only reads: it waits for nobody's turn. */
  public <T> T inReadTransaction(Function<Handle, T> unit) {
    return retried(manner, () -> jdbi.withHandle(handle -> inTransaction(handle, unit)));
  }

  private <T> T inTransaction(Handle handle, Function<Handle, T> unit) {
    return handle.inTransaction(
        began -> {
          if (!bounds.isEmpty()) {
            began.execute(bounds);
          }
          return unit.apply(began);
        });
  }

  /** As {@link #inTransaction}, for a unit without a result. */
  public void useTransaction(Consumer<Handle> unit) {
    inTransaction(
        handle -> {
          unit.accept(handle);
          return true;
        });
  }

  /** Runs a unit that only reads, and of which each statement is a transaction by itself. */
  public <T> T autoCommit(Function<Handle, T> unit) {
    return manner.always
        ? inReadTransaction(unit)
        : retried(manner, () -> jdbi.withHandle(unit::apply));
  }

  private <T> T withHandleInTurn(Function<Handle, T> unit) {
    return retried(
        manner,
        () ->
            jdbi.withHandle(
                handle -> {
                  try (WriteTurns.Turn turn = turn()) {
                    return unit.apply(handle);
                  }
                }));
  }

  /** Runs a unit, again if it was refused for a lock or a conflict. */
  public static <T> T retried(Supplier<T> unit) {
    return retried(new Manner(MOST_TRIES, true, false, false), unit);
  }

  private static <T> T retried(Manner manner, Supplier<T> unit) {
    for (int tries = 1; ; tries++) {
      try {
        return unit.get();
      } catch (RuntimeException e) {
        if (!manner.mayRunAgain(e, tries)) {
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
