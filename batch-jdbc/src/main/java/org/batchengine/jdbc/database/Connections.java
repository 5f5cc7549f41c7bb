package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import org.batchengine.model.StoreException;
import org.jdbi.v3.core.ConnectionFactory;

/**
 * Lends connections of a pool in the mode that the store works in: auto-commit, read committed, and
 * with a bound on how long an answer is awaited. What a pool has set otherwise is set for each use,
 * and set back. A connection that is in a transaction of somebody else is refused.
 */
final class Connections implements ConnectionFactory {
  /** How long an answer is awaited where the host's pool has no bound. */
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(60);

  private final ConnectionPool pool;
  private final boolean autoCommit;
  private final int isolation;
  private final int answerMillis;

  private Connections(ConnectionPool pool, boolean autoCommit, int isolation, int answerMillis) {
    this.pool = pool;
    this.autoCommit = autoCommit;
    this.isolation = isolation;
    this.answerMillis = answerMillis;
  }

  /** Looks at one connection: those of a pool are alike, and asking for its isolation is a trip. */
  static Connections of(ConnectionPool pool, Connection sample, Dialect dialect)
      throws SQLException {
    return new Connections(
        pool,
        sample.getAutoCommit(),
        dialect.sharesConnections()
            ? Connection.TRANSACTION_READ_COMMITTED
            : sample.getTransactionIsolation(),
        dialect.isFarAway() ? boundFor(sample) : 0);
  }

  /** 0 if there is one. */
  private static int boundFor(Connection sample) throws SQLException {
    try {
      if (sample.getNetworkTimeout() > 0) {
        return 0;
      }
      int bound = (int) LONGEST_ANSWER.toMillis();
      sample.setNetworkTimeout(Runnable::run, bound);
      sample.setNetworkTimeout(Runnable::run, 0);
      return bound;
    } catch (SQLFeatureNotSupportedException | AbstractMethodError e) {
      throw StoreException.ofPermanent(
          "the pool's connections wait for an answer for ever, and this cannot be bound (setNetworkTimeout): set socketTimeout=60 in their URL, or use a pool that passes it on",
          e);
    }
  }

  /** Milliseconds that an answer is awaited on its connections; 0 if that is up to the pool. */
  int answerMillis() {
    return answerMillis;
  }

  @Override
  public Connection openConnection() throws SQLException {
    Connection connection = pool.borrow();
    try {
      refuseJoined(connection);
      if (!autoCommit) {
        connection.setAutoCommit(true);
      }
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      if (answerMillis > 0) {
        connection.setNetworkTimeout(Runnable::run, answerMillis);
      }
      return connection;
    } catch (SQLException | RuntimeException e) {
      try (connection) {
        throw e;
      }
    }
  }

  /** Else the engine's own work would be part of that transaction, or commit it. */
  private void refuseJoined(Connection connection) throws SQLException {
    if (autoCommit && !connection.getAutoCommit()) {
      throw joined();
    }
  }

  static StoreException joined() {
    return StoreException.ofPermanent(
        "the data source gives a connection that is in a transaction of the caller, as Spring's TransactionAwareDataSourceProxy and JTA data sources do, but the engine's work must not join it: give the store the pool behind the data source; to submit within a transaction, use JdbcTransaction",
        null);
  }

  @Override
  public void closeConnection(Connection connection) throws SQLException {
    try (connection) {
      if (connection.isClosed()) {
        return;
      }
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(isolation);
      }
      if (!autoCommit) {
        connection.setAutoCommit(false);
      }
      if (answerMillis > 0) {
        connection.setNetworkTimeout(Runnable::run, 0);
      }
    }
  }
}
