package org.batchengine.jdbc;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import org.batchengine.store.HostTransaction;
import org.jdbi.v3.core.Handle;

/**
 * A transaction of the host that a batch can be submitted in: the batch is there once the host
 * commits, and never was if it rolls back.
 *
 * <pre>{@code
 * connection.setAutoCommit(false);
 * orders.insert(connection, order);
 * engine.submit(BatchRequest.of(SHIP, order.lines()), JdbcTransaction.of(connection));
 * connection.commit();
 * }</pre>
 *
 * <p>The connection must be of the database that the engine's store keeps its batches in, and stays
 * the host's: it is neither committed nor closed. Good for several batches, and for one thread.
 */
public final class JdbcTransaction implements HostTransaction {
  private final Connection connection;

  private JdbcTransaction(Connection connection) {
    this.connection = connection;
  }

  /**
   * The transaction that the connection is in.
   *
   * @throws IllegalArgumentException if the connection is closed, or commits each statement by
   *     itself
   */
  public static JdbcTransaction of(Connection connection) {
    JdbcTransaction transaction = new JdbcTransaction(requireNonNull(connection, "connection"));
    transaction.connection();
    return transaction;
  }

  /**
   * The transaction that the handle is in.
   *
   * @throws IllegalArgumentException if it is closed, or in none
   */
  public static JdbcTransaction of(Handle handle) {
    requireNonNull(handle, "handle");
    if (handle.isClosed()) {
      throw new IllegalArgumentException("handle: is closed");
    }
    return of(handle.getConnection());
  }

  /** The connection, if it is in a transaction still. */
  Connection connection() {
    try {
      if (connection.isClosed()) {
        throw new IllegalArgumentException("connection: is closed");
      }
      if (connection.getAutoCommit()) {
        throw new IllegalArgumentException(
            "connection: is in auto-commit mode, so that nothing could be rolled back: begin a"
                + " transaction, for example with setAutoCommit(false)");
      }
      return connection;
    } catch (SQLException e) {
      throw new IllegalArgumentException("connection: cannot be used: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "JdbcTransaction";
  }
}
