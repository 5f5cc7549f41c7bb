package org.batchengine.jdbc;

import java.sql.SQLException;
import org.batchengine.model.StoreException;
import org.batchengine.store.FencedException;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement;

/**
 * Writes settlements, each number of a session once. A number that is not the next has been applied
 * before, or its session is gone: one look tells.
 */
final class Settling {
  private final Transactions transactions;
  private final SettlementWriter writer;

  Settling(Database database) {
    transactions = database.transactions();
    writer = database.dialect().settlementWriter(database.sql());
  }

  boolean settle(Settlement settlement) {
    try {
      return writer.write(transactions, settlement) || look(settlement);
    } catch (StoreException e) {
      throw refusedOrFailed(e);
    }
  }

  private boolean look(Settlement settlement) {
    long settled =
        transactions
            .autoCommit(handle -> Daos.on(handle, SessionDao.class).settled(settlement.session()))
            .orElseThrow(() -> new FencedException(settlement.session()));
    if (settled < settlement.number()) {
      throw new IllegalStateException(
          "settlement %d of session %d does not follow the last, %d"
              .formatted(settlement.number(), settlement.session(), settled));
    }
    return false;
  }

  static RuntimeException refusedOrFailed(StoreException failed) {
    if (failed.getCause() instanceof SQLException e) {
      boolean isDuplicate = SqlFaults.isDuplicateKey(e);
      if (isDuplicate || SqlFaults.isRefusedValue(e)) {
        return new RefusedSettlementException(isDuplicate, String.valueOf(failed.getMessage()), e);
      }
    }
    return failed;
  }
}
