package org.batchengine.jdbc.transaction;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.jdbc.sql.WriteTurns;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.StoreException;
import org.batchengine.store.FencedException;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Rate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transaction on a connection of the store's pool, which host code is given behind a {@link
 * Guard}. The end of it, in one statement on PostgreSQL, before the commit:
 *
 * <ol>
 *   <li>the fence: the session's row is locked, so that nobody gives its work to others before the
 *       transaction is over; no row, nothing is kept
 *   <li>the outcomes by plain insert, each of which must be the first
 *   <li>the parked rows of those items that have one, all of which must be there
 *   <li>the counters
 * </ol>
 *
 * <p>It waits for its turn to write before host code writes first, or before its end, and has it
 * until it is over.
 *
 * <p>If the answer to the commit is lost, a fresh transaction inserts an outcome again, and is
 * rolled back: it waits for the old one to end, and meets its row if that was committed.
 */
public final class JdbcItemTransaction<T> implements ItemTransaction<T> {
  private static final Logger log = LoggerFactory.getLogger(JdbcItemTransaction.class);

  private final Database database;
  private final Results results;
  private final Class<T> kind;
  private final long session;
  private final Handle handle;
  private final Guard guard;
  private final WriteTurns turns;
  private WriteTurns.@Nullable Turn turn;
  private @Nullable Savepoint mark;
  private @Nullable Long probed;
  private boolean isOver;

  /** Writes what a transaction settles. */
  public interface Results {
    /** Writes it in the open transaction; false if the session is gone. */
    boolean write(Handle handle, Settlement settlement);
  }

  /** Begins a transaction. */
  public JdbcItemTransaction(Database database, Results results, Class<T> kind, long session) {
    this.database = database;
    this.results = results;
    this.kind = kind;
    this.session = session;
    turns = database.dialect().writeTurns();
    handle = database.transactions().begin();
    guard = new Guard(handle.getConnection(), database.dialect(), this::beginWriting);
  }

  /** Statements of host code take as long as its pool allows; those of the engine do not. */
  private void boundAnswers(Connection connection, int millis) throws SQLException {
    if (database.answerMillis() > 0) {
      connection.setNetworkTimeout(Runnable::run, millis);
    }
  }

  private void beginWriting() {
    if (turn == null) {
      turn = turns.takeForHost();
    }
  }

  /** Whether there are transactions of this kind. */
  public static boolean hasKind(Class<?> kind) {
    return kind == Connection.class || kind == Handle.class;
  }

  @Override
  public T resource() {
    return kind.cast(kind == Handle.class ? guard.handle() : guard.connection());
  }

  @Override
  public void mark() {
    guarded(
        connection -> {
          mark = connection.setSavepoint();
          boundAnswers(connection, 0);
        });
  }

  @Override
  public void keep() {
    guarded(
        connection -> {
          guard.refuseUndone();
          boundAnswers(connection, database.answerMillis());
          guard.endSettings();
          connection.releaseSavepoint(requireNonNull(mark));
        });
  }

  @Override
  public void undo() {
    guarded(
        connection -> {
          guard.refuseUndone();
          boundAnswers(connection, database.answerMillis());
          connection.rollback(requireNonNull(mark));
        });
  }

  @Override
  public void cancel(Thread worker) {
    guard.cancel(worker);
  }

  @Override
  public void commit(List<Outcome> outcomes, double itemsPerSecond) {
    probed = id(outcomes.get(0));
    beginWriting();
    try {
      guarded(connection -> write(outcomes, itemsPerSecond));
    } catch (StoreException e) {
      throw SqlFaults.refusedOrFailed(e);
    }
    guarded(Connection::commit);
    over();
  }

  private void write(List<Outcome> outcomes, double itemsPerSecond) {
    Rate rate = new Rate(outcomes.get(0).batch(), itemsPerSecond);
    if (!results.write(handle, Settlement.ofOutcomes(session, outcomes, rate))) {
      throw new FencedException(session);
    }
  }

  private static long id(Outcome outcome) {
    return ItemIds.of(outcome.batch(), outcome.index());
  }

  @Override
  public boolean isCommitted() {
    close();
    Long item = probed;
    if (item == null) {
      return false;
    }
    Handle fresh = database.transactions().begin();
    WriteTurns.Turn probing = turns.take();
    try {
      return SqlFaults.unlessTaken(
          () -> {
            SqlObjects.on(fresh, TransactionDao.class).probe(item);
            return false;
          },
          true);
    } catch (RuntimeException e) {
      throw SqlFaults.translated(e);
    } finally {
      letGo(fresh);
      probing.close();
    }
  }

  @Override
  public void close() {
    if (!isOver) {
      over();
    }
  }

  private void over() {
    isOver = true;
    try {
      guard.run(() -> letGo(handle));
    } finally {
      WriteTurns.Turn last = turn;
      if (last != null) {
        last.close();
      }
    }
  }

  /** Rolls back if there is anything to be rolled back. */
  private void letGo(Handle handle) {
    try (handle) {
      boundAnswers(handle.getConnection(), database.answerMillis());
      if (handle.isInTransaction()) {
        handle.rollback();
      }
    } catch (SQLException | RuntimeException e) {
      log.debug("a transaction could not be rolled back; the database ends it", e);
    }
  }

  private interface Step {
    void on(Connection connection) throws SQLException;
  }

  private void guarded(Step step) {
    guard.run(
        () -> {
          try {
            step.on(handle.getConnection());
          } catch (SQLException e) {
            throw SqlFaults.translated(new UncheckedSqlException(e));
          } catch (RuntimeException e) {
            throw SqlFaults.translated(e);
          }
        });
  }
}
