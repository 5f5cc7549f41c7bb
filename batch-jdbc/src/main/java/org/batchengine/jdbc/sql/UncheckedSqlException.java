package org.batchengine.jdbc.sql;

import java.sql.SQLException;

/** Carries an error of plain JDBC through a unit of work; see {@link SqlFaults#translated}. */
public final class UncheckedSqlException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Carries the error. */
  public UncheckedSqlException(SQLException cause) {
    super(cause);
  }
}
