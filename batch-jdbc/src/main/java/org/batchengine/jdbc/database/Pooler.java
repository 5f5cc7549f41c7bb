package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.OptionalInt;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.model.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pooler between a driver and PostgreSQL, such as PgBouncer, that may lend another process of the
 * server for each transaction. A setting of a session would reach others there, and a statement
 * that is prepared on the server need not be there the next time.
 */
final class Pooler {
  private static final Logger log = LoggerFactory.getLogger(Pooler.class);

  static final String BACKEND = "select pg_backend_pid()";

  /** The pooler may have no second process to lend while the first is held. */
  private static final int ANSWER_MILLIS = 5_000;

  private Pooler() {}

  /** Whether there is one: it told the driver of a process that is not the server's. */
  static boolean isBefore(Connection connection) throws SQLException {
    OptionalInt told = PostgresDriver.backend(connection);
    return told.isPresent() && told.getAsInt() != number(connection, BACKEND);
  }

  private static int number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return number(statement.executeQuery(sql));
    }
  }

  private static int number(ResultSet row) throws SQLException {
    try (row) {
      row.next();
      return row.getInt(1);
    }
  }

  /**
   * Refuses a driver that prepares statements on the server, if the pooler does not keep them.
   *
   * @throws StoreException says so
   */
  static void refusePreparedStatements(ConnectionPool pool) throws SQLException {
    try (Connection one = pool.borrow();
        Connection another = pool.borrow()) {
      int threshold = PostgresDriver.prepareThreshold(one).orElse(0);
      if (threshold != 0 && !areKept(one, another, Math.abs(threshold) + 1)) {
        throw StoreException.ofPermanent(SqlFaults.POOLED, null);
      }
    }
  }

  /**
   * Has one connection prepare a statement, lets another take the process that has it, and runs it
   * again. True as well if that cannot be brought about.
   */
  private static boolean areKept(Connection one, Connection another, int times)
      throws SQLException {
    boolean autoCommit = one.getAutoCommit();
    int answerMillis = one.getNetworkTimeout();
    one.setAutoCommit(false);
    another.setAutoCommit(false);
    String text = BACKEND + " as probe_" + System.nanoTime();
    try (PreparedStatement probe = one.prepareStatement(text)) {
      for (int i = 0; i < times; i++) {
        number(probe.executeQuery());
      }
      execute(one, "commit");
      number(another, BACKEND);
      one.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
      number(one, BACKEND); // begins, so that the driver prepares nothing for that
      Savepoint before = one.setSavepoint();
      try {
        number(probe.executeQuery());
        return true;
      } catch (SQLException e) {
        log.debug("a statement that was prepared did not run again", e);
        if (!SqlFaults.isNotPrepared(e)) {
          return true;
        }
        one.rollback(before);
        forget(one, text);
        forget(another, text);
        return false;
      }
    } finally {
      letGo(one, autoCommit, answerMillis);
      letGo(another, autoCommit, answerMillis);
    }
  }

  /** Removes the statement where it was left. */
  private static void forget(Connection connection, String text) throws SQLException {
    String name = null;
    try (PreparedStatement select =
        connection.prepareStatement(
            "select name from pg_prepared_statements where statement = ?")) {
      select.setString(1, text);
      try (ResultSet row = select.executeQuery()) {
        name = row.next() ? row.getString(1) : null;
      }
    }
    if (name != null) {
      execute(connection, "deallocate \"" + name + "\"");
    }
  }

  /** As text: the driver would prepare its own commits and rollbacks as well. */
  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void letGo(Connection connection, boolean autoCommit, int answerMillis) {
    try {
      execute(connection, "rollback");
      connection.setNetworkTimeout(Runnable::run, answerMillis);
      connection.setAutoCommit(autoCommit);
    } catch (SQLException e) {
      log.debug("a connection could not be given back as it was", e);
    }
  }
}
