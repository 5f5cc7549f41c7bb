package org.batchengine.jdbc.settle;

import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.store.Settlement;
import org.batchengine.store.rules.ParkedKind;
import org.jdbi.v3.core.Handle;

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

  /**
   * Writes the outcomes, failures and parkings of a settlement, and its counts, all of items that
   * are owned as parked ones or, if they have an outcome, in a chunk that stays. In a transaction
   * that is open and that the caller ends. Locks the session until then. The number does not
   * matter: a second outcome of an item is refused.
   *
   * @return false if the session is gone; nothing was written
   * @throws IllegalStateException if it settles what the session does not own
   */
  boolean writeWithin(Handle handle, Settlement settlement);

  /** Why an item is parked. */
  static String kind(Settlement.Parking parking) {
    return (parking.deferred() ? ParkedKind.DEFERRED : ParkedKind.RETRY).name();
  }

  /** The fault of an engine that settles what is not its own. */
  static IllegalStateException notOwned(Settlement settlement) {
    return new IllegalStateException(
        "settlement %d of session %d names a chunk or a parked item that the session does not own"
            .formatted(settlement.number(), settlement.session()));
  }
}
