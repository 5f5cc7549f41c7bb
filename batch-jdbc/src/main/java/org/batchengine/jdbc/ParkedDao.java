package org.batchengine.jdbc;

import java.util.List;
import org.batchengine.store.ClaimedItem;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Items that are set aside: they wait for their retry, or are under suspicion. */
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

  /** How many there are, counted up to a bound. */
  @SqlQuery(
      """
      select count(*) from (
        select 1 from batch_parked fetch first :most rows only) p
      """)
  int count(@Bind("most") int most);

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

  /** The batches of suspects that the session has lost once before. */
  @SqlQuery(
      """
      select distinct batch_no from batch_parked
      where session_id = :session and kind = 'SUSPECT' and lost >= <last_loss>
      """)
  List<Long> batchesOfKillers(@Bind("session") long session);

  /**
   * The last attempt of suspects that the session has lost once before: it took the process down.
   */
  @SqlUpdate(
      """
      insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
      select p.item_id, p.attempts + 1, :type, :message, :fingerprint, '', <now>
      from batch_parked p
      where p.session_id = :session and p.batch_no = :batch and p.kind = 'SUSPECT' and p.lost >= <last_loss>
        and not exists (select 1 from batch_error e
          where e.item_id = p.item_id and e.attempt = p.attempts + 1)
      """)
  void insertKillersErrors(
      @Bind("session") long session,
      @Bind("batch") long batch,
      @Bind("type") String type,
      @Bind("message") String message,
      @Bind("fingerprint") String fingerprint);

  @SqlUpdate(
      """
      insert into batch_outcome (item_id, state, attempts, settled_at)
      select p.item_id, 'FAILED', p.attempts + 1, <now>
      from batch_parked p
      where p.session_id = :session and p.batch_no = :batch and p.kind = 'SUSPECT' and p.lost >= <last_loss>
        and not exists (select 1 from batch_outcome o where o.item_id = p.item_id)
      """)
  int failKillers(@Bind("session") long session, @Bind("batch") long batch);

  @SqlUpdate(
      """
      delete from batch_parked
      where session_id = :session and batch_no = :batch and kind = 'SUSPECT' and lost >= <last_loss>
      """)
  void deleteKillers(@Bind("session") long session, @Bind("batch") long batch);

  /** Frees what the session has lost. A retry that was lost twice becomes a suspect. */
  @SqlUpdate(
      """
      update batch_parked set session_id = null,
        kind = case when kind = 'RETRY' and lost >= <last_loss> then 'SUSPECT' else kind end,
        lost = case when kind = 'RETRY' and lost >= <last_loss> then 0 else lost + 1 end
      where session_id = :session
      """)
  void freeLost(@Bind("session") long session);

  /** Frees what the session gives back. */
  @SqlUpdate("update batch_parked set session_id = null where session_id = :session")
  void free(@Bind("session") long session);

  /** Frees items of sessions that do not exist. */
  @SqlUpdate(
      """
      update batch_parked p set session_id = null
      where session_id is not null
        and not exists (select 1 from batch_session s where s.id = p.session_id)
      """)
  void freeOrphans();
}
