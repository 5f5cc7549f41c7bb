package org.batchengine.jdbc.report;

import java.util.List;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.database.Dialect;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ItemPair;
import org.batchengine.store.ReportStore;

/** Reads what reports consist of. */
public final class JdbcReports implements ReportStore {
  private final Transactions transactions;
  private final Dialect dialect;

  /** On an open database. */
  public JdbcReports(Database database) {
    transactions = database.transactions();
    dialect = database.dialect();
  }

  @Override
  public List<ItemPair> pairs(BatchHeader a, BatchHeader b, int from, int to) {
    return transactions.inReadTransaction(
        handle -> new PairSelect(handle, dialect.lookUpInOrder(), a, b).list(from, to));
  }
}
