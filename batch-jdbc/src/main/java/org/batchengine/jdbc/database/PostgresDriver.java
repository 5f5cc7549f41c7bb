package org.batchengine.jdbc.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What the driver of PostgreSQL knows of a connection. By reflection: its classes have annotations
 * that the compiler misses.
 */
final class PostgresDriver {
  private static final @Nullable Class<?> CONNECTION = connectionType();

  private PostgresDriver() {}

  private static @Nullable Class<?> connectionType() {
    try {
      return Class.forName("org.postgresql.PGConnection");
    } catch (ClassNotFoundException e) {
      return null;
    }
  }

  /** The process of the server that the connection was told of; empty if another driver has it. */
  static OptionalInt backend(Connection connection) throws SQLException {
    return number(connection, "getBackendPID");
  }

  /** From which execution on a statement is prepared on the server; 0: never. */
  static OptionalInt prepareThreshold(Connection connection) throws SQLException {
    return number(connection, "getPrepareThreshold");
  }

  private static OptionalInt number(Connection connection, String getter) throws SQLException {
    Class<?> type = CONNECTION;
    if (type == null || !connection.isWrapperFor(type)) {
      return OptionalInt.empty();
    }
    try {
      Object number = type.getMethod(getter).invoke(connection.unwrap(type));
      return number instanceof Integer known ? OptionalInt.of(known) : OptionalInt.empty();
    } catch (ReflectiveOperationException e) {
      throw new SQLException("the driver cannot be asked for " + getter, e);
    }
  }
}
