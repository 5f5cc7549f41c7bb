package org.batchengine.jdbc.settle;

import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.store.Settlement;

/** Writes settlements, each as a whole or not at all. */
interface SettlementWriter {

  /** The one for the database. */
  static SettlementWriter of(Database database) {
    return database.dialect().writesInWith()
        ? new SettlementArrays(database.sql())
        : new SettlementBatches(database.sql());
  }

  /**
   * Writes the settlement if its number is the session's next.
   *
   * @return false if the number was not the next; nothing was written
   * @throws IllegalStateException if it settles what the session does not own; nothing was written
   */
  boolean write(Transactions transactions, Settlement settlement);

  /** The fault of an engine that settles what is not its own. */
  static IllegalStateException notOwned(Settlement settlement) {
    return new IllegalStateException(
        "settlement %d of session %d names a chunk or a parked item that the session does not own"
            .formatted(settlement.number(), settlement.session()));
  }
}
