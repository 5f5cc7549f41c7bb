package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionFactory;

/**
 * Lends connections of a data source in the mode that the store works in: auto-commit, and read
 * committed. What a pool has set otherwise is set for each use, and set back.
 */
final class Connections implements ConnectionFactory {
  private final DataSource dataSource;
  private final boolean autoCommit;
  private final int isolation;

  private Connections(DataSource dataSource, boolean autoCommit, int isolation) {
    this.dataSource = dataSource;
    this.autoCommit = autoCommit;
    this.isolation = isolation;
  }

  /** Looks at one connection: those of a pool are alike, and asking for its isolation is a trip. */
  static Connections of(DataSource dataSource, Connection sample) throws SQLException {
    return new Connections(dataSource, sample.getAutoCommit(), sample.getTransactionIsolation());
  }

  @Override
  public Connection openConnection() throws SQLException {
    Connection connection = dataSource.getConnection();
    try {
      if (!autoCommit) {
        connection.setAutoCommit(true);
      }
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      return connection;
    } catch (SQLException | RuntimeException e) {
      try (connection) {
        throw e;
      }
    }
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
    }
  }
}
