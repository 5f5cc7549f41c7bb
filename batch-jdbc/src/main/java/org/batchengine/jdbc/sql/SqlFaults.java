package org.batchengine.jdbc.sql;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import java.util.Set;
import java.util.function.Supplier;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.batchengine.store.RefusedSettlementException;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/** What the errors of a database mean, and how they are told without quoting what is stored. */
public final class SqlFaults {
  static final String DUPLICATE_KEY = "23505";
  public static final String DIVISION_BY_ZERO = "22012";

  /** The transaction was given up for the sake of another, or did not get a lock in time. */
  private static final Set<String> RUN_AGAIN = Set.of("40001", "40P01", "55P03", "HYT00", "90131");

  /** It did not get a lock in time, or not at once. */
  private static final Set<String> REFUSED_LOCK = Set.of("55P03", "HYT00");

  /** Outside of classes 08, 40, 53 and 57: read-only standby, timeouts, a closed H2 database. */
  private static final Set<String> TRANSIENT =
      Set.of("25006", "HYT01", "90067", "90098", "90121", "90020", "90028", "90031");

  private static final Set<String> TRANSIENT_CLASSES = Set.of("08", "40", "53", "57");

  private static final String READ_ONLY =
      "the database is read-only, but the engine must write: connect to the primary (PostgreSQL"
          + " standby or default_transaction_read_only), or open the file for writing (H2"
          + " ACCESS_MODE_DATA)";

  /** A statement that is prepared on the server is unknown, or known already. */
  private static final Set<String> NOT_PREPARED = Set.of("26000", "42P05");

  public static final String POOLED =
      "a pooler before PostgreSQL does not keep prepared statements: add prepareThreshold=0 to the"
          + " driver's URL, or set max_prepared_statements in the pooler (PgBouncer 1.21 or later)";

  private SqlFaults() {}

  /** Whether a statement that was prepared on the server is not there, or was there before. */
  public static boolean isNotPrepared(SQLException e) {
    return NOT_PREPARED.contains(state(e));
  }

  /** The database's own error behind whatever Jdbi or a pool made of it. */
  public static @Nullable SQLException in(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof SQLException e) {
        return atRoot(e);
      }
    }
    return null;
  }

  /** The error of a batch repeats the statement with its values; the one behind it does not. */
  private static SQLException atRoot(SQLException e) {
    SQLException next = e.getNextException();
    if (e instanceof BatchUpdateException && next != null) {
      return next;
    }
    // A pool that ran out of patience tells in its cause why it got no connection.
    return e.getSQLState() == null && e.getCause() instanceof SQLException cause ? cause : e;
  }

  /** The SQL state; empty if there is none. */
  public static String state(SQLException e) {
    return e.getSQLState() == null ? "" : e.getSQLState();
  }

  static boolean mayRunAgain(Throwable thrown) {
    SQLException e = in(thrown);
    return e != null && RUN_AGAIN.contains(state(e));
  }

  /** Whether a lock was not to be had for as long as the database was to wait for it. */
  static boolean isRefusedLock(Throwable thrown) {
    SQLException e = in(thrown);
    return e != null && REFUSED_LOCK.contains(state(e));
  }

  /** Whether the database has refused a key that is taken. */
  public static boolean isDuplicateKey(Throwable thrown) {
    SQLException e = in(thrown);
    return e != null && state(e).equals(DUPLICATE_KEY);
  }

  /**
   * What the insert says, or {@code taken} if a key of it is taken: PostgreSQL passes over such a
   * row, H2 refuses it.
   */
  public static <T> T unlessTaken(Supplier<T> insert, T taken) {
    try {
      return insert.get();
    } catch (JdbiException e) {
      if (isDuplicateKey(e)) {
        return taken;
      }
      throw e;
    }
  }

  /**
   * Whether a value is what the database refused: too long, not in its encoding, against a check.
   */
  static boolean isRefusedValue(SQLException e) {
    String state = state(e);
    return state.startsWith("22") || state.equals("23514") || state.equals("23513");
  }

  static boolean isTransient(SQLException e) {
    String state = state(e);
    return e instanceof SQLTransientException
        || e instanceof SQLRecoverableException
        || RUN_AGAIN.contains(state)
        || TRANSIENT.contains(state)
        || (state.length() == 5 && TRANSIENT_CLASSES.contains(state.substring(0, 2)));
  }

  /**
   * Whether the database has taken the transaction away, or cannot go on with it, for a reason that
   * may pass and is not in the statement.
   */
  public static boolean undoesTransaction(SQLException e) {
    String state = state(e);
    return !state.equals("57014")
        && !state.equals("HYT01")
        && (TRANSIENT.contains(state)
            || (state.length() == 5 && TRANSIENT_CLASSES.contains(state.substring(0, 2))));
  }

  /** The store's exception for what the database threw; other exceptions come back as they are. */
  public static RuntimeException translated(RuntimeException thrown) {
    SQLException e = in(thrown);
    if (e == null) {
      return thrown;
    }
    String words = words(e);
    if (isReadOnly(e)) {
      words = READ_ONLY + "; " + words;
    } else if (isNotPrepared(e)) {
      words = POOLED + "; " + words;
    } else if (isDuplicateKey(e)) {
      words = TakenNumber.in(e).map(taken -> taken.words() + "; ").orElse("") + words;
    }
    if (REFUSED_LOCK.contains(state(e))) {
      return new RowsLockedException("others have locked what this needs; " + words, e);
    }
    return isTransient(e)
        ? StoreException.ofTransient(words, withoutValues(e))
        : StoreException.ofPermanent(words, withoutValues(e));
  }

  /** What a settlement throws for this: its content was refused, or the database has failed. */
  public static RuntimeException refusedOrFailed(StoreException failed) {
    if (failed.getCause() instanceof SQLException e) {
      boolean isDuplicate = isDuplicateKey(e);
      if (isDuplicate || isRefusedValue(e)) {
        return new RefusedSettlementException(isDuplicate, String.valueOf(failed.getMessage()), e);
      }
    }
    return failed;
  }

  /** Whether nothing can be written. */
  public static boolean isReadOnly(SQLException e) {
    return state(e).equals("25006") || state(e).equals("90097");
  }

  /** Whether the H2 database has closed itself: after a write that failed, or an interrupt. */
  public static boolean isClosed(SQLException e) {
    return state(e).equals("90098");
  }

  /** Whether the file of the H2 database is open already, be it in this process. */
  public static boolean isOpenAlready(SQLException e) {
    for (Throwable each = e; each != null; each = each.getCause()) {
      if (each instanceof SQLException one && state(one).equals("90020")) {
        return true;
      }
    }
    return false;
  }

  /** Says why a database cannot be opened, and the way out. */
  public static StoreException cannotOpen(SQLException e) {
    String state = state(e);
    String message =
        switch (state) {
          case "28000", "28P01" ->
              "the database rejects the user or the password: set both with credentials(user,"
                  + " password), or in the URL";
          case "3D000", "90146" -> "the database does not exist: create it first";
          case "42501" -> "the user may not connect to the database: grant the privilege";
          case "90040" ->
              "the user is not an admin of the H2 database, and only an admin may set what makes it"
                  + " safe (WRITE_DELAY, DB_CLOSE_ON_EXIT, TRACE_LEVEL_FILE): connect as one, or"
                  + " run \"alter user ... admin true\"";
          case "90020" ->
              "the H2 file is open in another process, and only one process can open it: stop that"
                  + " one, or let both use PostgreSQL";
          case "08P01" ->
              "the database, or a pooler before it, refuses how the driver connects (PgBouncer: name the"
                  + " parameter in ignore_startup_parameters)";
          default ->
              state.startsWith("08") || state.isEmpty()
                  ? "the database cannot be reached"
                  : "the database cannot be opened";
        };
    boolean isTransient = isTransient(e) && !state.equals("90020");
    String all = message + "; " + words(e);
    return isTransient ? StoreException.ofTransient(all, e) : StoreException.ofPermanent(all, e);
  }

  /**
   * What the database said, without the values that it may quote: PostgreSQL quotes them in further
   * lines, H2 after a colon.
   */
  static String words(SQLException e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String line = message.lines().findFirst().orElse("");
    int colon = quotesValues(e) ? line.indexOf(": \"") : -1;
    String words = colon < 0 ? line : line.substring(0, colon);
    return "the database says: %s (SQL state %s)".formatted(words, e.getSQLState());
  }

  /** The same error as a cause that is safe to be logged. */
  static SQLException withoutValues(SQLException e) {
    if (!quotesValues(e)) {
      return e;
    }
    SQLException copy = new SQLException(words(e), e.getSQLState(), e.getErrorCode());
    copy.setStackTrace(e.getStackTrace());
    return copy;
  }

  private static boolean quotesValues(SQLException e) {
    return state(e).startsWith("22") || state(e).startsWith("23");
  }
}
