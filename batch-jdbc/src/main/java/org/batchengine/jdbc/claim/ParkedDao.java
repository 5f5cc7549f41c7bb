package org.batchengine.jdbc.claim;

import java.util.List;
import org.batchengine.store.ClaimedItem;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Items that are set aside: those that are due, and those that a session owns. */
interface ParkedDao {

  /** Locks due retries of live batches that nobody else is looking at, longest due first. */
  @SqlQuery(
      """
      select p.item_id, p.type, p.attempts, p.budget_from, p.kind
      from batch_parked p <by batch_parked_due>
      where p.session_id is null and not p.held and not p.sequential and p.kind = 'RETRY'
        and p.type = :type and p.due_at <= <now>
        and (select j.state from batch_job j where j.batch_no = p.batch_no) in ('PENDING', 'RUNNING')
      <first p.due_at, p.item_id>
      fetch first :most rows only
      for update skip locked
      """)
  List<ClaimedItem> lockDueRetries(@Bind("type") String type, @Bind("most") int most);

  /** Locks a due suspect that nobody else is looking at. */
  @SqlQuery(
      """
      select p.item_id, p.type, p.attempts, p.budget_from, p.kind
      from batch_parked p
      where p.session_id is null and not p.held and not p.sequential and p.kind = 'SUSPECT'
        and p.type = any(:types) and p.due_at <= <now>
        and (select j.state from batch_job j where j.batch_no = p.batch_no) in ('PENDING', 'RUNNING')
      order by p.due_at, p.item_id
      fetch first 1 rows only
      for update skip locked
      """)
  List<ClaimedItem> lockDueSuspect(@Bind("types") String[] types);

  /** Whether suspects of the types are due and unowned. */
  @SqlQuery(
      """
      select exists (
        select 1 from batch_parked p
        where p.session_id is null and not p.held and not p.sequential and p.kind = 'SUSPECT'
          and p.type = any(:types) and p.due_at <= <now>
          and (select j.state from batch_job j where j.batch_no = p.batch_no) in ('PENDING', 'RUNNING'))
      """)
  boolean moreSuspectsDue(@Bind("types") String[] types);

  @SqlUpdate("update batch_parked set session_id = :session where item_id = any(:items)")
  int own(@Bind("session") long session, @Bind("items") Long[] items);

  @SqlQuery(
      """
      select item_id, type, attempts, budget_from, kind
      from batch_parked where session_id = :session order by item_id
      """)
  List<ClaimedItem> ownedBy(@Bind("session") long session);

  @SqlQuery("select exists (select 1 from batch_parked where session_id = :session)")
  boolean ownsAny(@Bind("session") long session);
}
