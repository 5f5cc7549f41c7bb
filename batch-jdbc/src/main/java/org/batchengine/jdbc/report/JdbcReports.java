package org.batchengine.jdbc.report;

import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.store.ReportStore;

/** Reads what reports consist of. */
public final class JdbcReports implements ReportStore {
  private final Transactions transactions;

  /** On an open database. */
  public JdbcReports(Database database) {
    transactions = database.transactions();
  }
}
