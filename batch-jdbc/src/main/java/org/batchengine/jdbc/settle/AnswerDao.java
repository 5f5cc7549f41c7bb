package org.batchengine.jdbc.settle;

import java.util.List;
import org.batchengine.store.ClaimedItem;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Deferred items, as they are settled from outside. */
interface AnswerDao {

  /** Locks those that are deferred, and that nobody owns or is looking at. */
  @SqlQuery(
      """
      select item_id, type, attempts, budget_from, kind, <measures>, 0 as revision
      from batch_parked
      where item_id = any(:items) and kind = 'DEFERRED' and session_id is null
      for update skip locked
      """)
  List<ClaimedItem> lock(@Bind("items") Long[] items);

  /** The session owns them for as long as the transaction lasts. */
  @SqlUpdate("update batch_parked set session_id = :session where item_id = any(:items)")
  int own(@Bind("session") long session, @Bind("items") Long[] items);

  /** Those that are parked, whoever has them. */
  @SqlQuery(
      """
      select item_id, type, attempts, budget_from, kind, <measures>, 0 as revision
      from batch_parked
      where item_id = any(:items)
      """)
  List<ClaimedItem> parked(@Bind("items") Long[] items);

  /** Those that have an outcome. */
  @SqlQuery("select item_id from batch_outcome where item_id = any(:items)")
  List<Long> settled(@Bind("items") Long[] items);
}
