package org.batchengine.jdbc.database;

import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import org.batchengine.jdbc.sql.SqlFaults;

/**
 * Drops connections that are of no more use, and do not say so. A session that began while the
 * database was read-only may stay it when the database no longer is. Those of an H2 database that
 * has closed itself, for its disk was full, keep it from being opened again.
 */
final class Eviction implements SQLExceptionOverride {

  @java.lang.Override
  public SQLExceptionOverride.Override adjudicate(SQLException e) {
    return SqlFaults.isReadOnly(e) || SqlFaults.isClosed(e)
        ? SQLExceptionOverride.Override.MUST_EVICT
        : SQLExceptionOverride.Override.CONTINUE_EVICT;
  }
}
