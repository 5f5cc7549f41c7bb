package org.batchengine.jdbc;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import org.batchengine.store.HostTransaction;
import org.jdbi.v3.core.Handle;

/**
 * A transaction of the host in which a batch can be submitted: the batch exists once the host
 * commits, and never existed if it rolls back.
 *
 * <pre>{@code
 * connection.setAutoCommit(false);
 * orders.insert(connection, order);
 * engine.submit(BatchRequest.of(SHIP, order.lines()), JdbcTransaction.of(connection));
 * connection.commit();
 * }</pre>
 *
 * <p>The connection must belong to the same database as the engine's store. It stays the host's:
 * the engine neither commits nor closes it. Can be used for several batches. Not thread-safe.
 */
public final class JdbcTransaction implements HostTransaction {
  private final Connection connection;

  private JdbcTransaction(Connection connection) {
    this.connection = connection;
  }

  /**
   * Returns the connection's current transaction.
   *
   * @throws IllegalArgumentException if the connection is closed or in auto-commit mode
   */
  public static JdbcTransaction of(Connection connection) {
    JdbcTransaction transaction = new JdbcTransaction(requireNonNull(connection, "connection"));
    transaction.connection();
    return transaction;
  }

  /**
   * Returns the handle's current transaction.
   *
   * @throws IllegalArgumentException if the handle is closed or not in a transaction
   */
  public static JdbcTransaction of(Handle handle) {
    requireNonNull(handle, "handle");
    if (handle.isClosed()) {
      throw new IllegalArgumentException("the handle is closed");
    }
    return of(handle.getConnection());
  }

  /** Returns the connection if it is still in a transaction. */
  Connection connection() {
    try {
      if (connection.isClosed()) {
        throw new IllegalArgumentException("the connection is closed");
      }
      if (connection.getAutoCommit()) {
        throw new IllegalArgumentException(
            "the connection is in auto-commit mode, so nothing could be rolled back: begin a"
                + " transaction, for example with setAutoCommit(false)");
      }
      return connection;
    } catch (SQLException e) {
      throw new IllegalArgumentException("the connection cannot be used: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "JdbcTransaction";
  }
}
