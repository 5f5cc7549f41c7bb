package org.batchengine.jdbc;

import java.sql.SQLException;

/** Carries an error of plain JDBC through a unit of work; see {@link SqlFaults#translated}. */
final class UncheckedSqlException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UncheckedSqlException(SQLException cause) {
    super(cause);
  }
}
