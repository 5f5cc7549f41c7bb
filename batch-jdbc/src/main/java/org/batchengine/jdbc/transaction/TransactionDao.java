package org.batchengine.jdbc.transaction;

import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Looks at what became of a transaction that host code has worked in. */
interface TransactionDao {

  /** Takes the item's outcome for a moment: to see whether it is taken. */
  @SqlUpdate(
      """
      insert into batch_outcome (item_id, state, attempts, settled_at)
      values (:item, 'CANCELLED', 0, <now>)
      """)
  void probe(@Bind("item") long item);
}
