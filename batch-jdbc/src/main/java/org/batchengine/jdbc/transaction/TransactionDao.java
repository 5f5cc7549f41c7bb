package org.batchengine.jdbc.transaction;

import java.util.List;
import org.batchengine.store.Settlement.Outcome;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Outcomes that are written in the transaction that host code has worked in. */
interface TransactionDao {

  @SqlBatch(
      """
      insert into batch_outcome
        (item_id, state, attempts, duration_micros, quality, settled_at, reason, output)
      values (:item, :state, :attempts, :durationMicros, :quality, <now>, :reason, :output)
      """)
  void insert(@Bind("item") List<Long> items, @BindMethods List<Outcome> outcomes);

  /** Ends parked items of the session; how many there were. */
  @SqlUpdate("delete from batch_parked where item_id = any(:items) and session_id = :session")
  int deleteParked(@Bind("session") long session, @Bind("items") Long[] items);

  /** Adds to the session's counters of the batch; false if it has none. */
  @SqlUpdate(
      """
      update batch_progress set succeeded = succeeded + :succeeded,
        items_per_second = :itemsPerSecond, updated_at = <now>
      where batch_no = :batch and session_id = :session
      """)
  boolean addSucceeded(
      @Bind("batch") long batch,
      @Bind("session") long session,
      @Bind("succeeded") int succeeded,
      @Bind("itemsPerSecond") double itemsPerSecond);

  /** Begins the session's counters of the batch, unless another transaction has meanwhile. */
  @SqlUpdate(
      """
      insert into batch_progress (batch_no, session_id, succeeded, items_per_second, updated_at)
      values (:batch, :session, 0, 0, <now>) <unless_taken>
      """)
  void beginCounters(@Bind("batch") long batch, @Bind("session") long session);

  /** Takes the item's outcome for a moment: to see whether it is taken. */
  @SqlUpdate(
      """
      insert into batch_outcome (item_id, state, attempts, settled_at)
      values (:item, 'CANCELLED', 0, <now>)
      """)
  void probe(@Bind("item") long item);
}
