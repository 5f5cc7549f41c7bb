package org.batchengine.jdbc.claim;

import java.time.Duration;
import java.util.List;
import org.batchengine.store.ClaimedItem;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Items that are set aside: those that are due, and those that a session owns. */
interface ParkedDao {

  /**
   * That its batch runs is asked so that PostgreSQL takes it for likely: if it expects few rows, it
   * sorts all that are due.
   */
  String IS_READY =
      """
      p.session_id is null and not p.held and not p.sequential and p.kind = 'RETRY'
        and p.type = :type and p.due_at <= <now>
        and (select j.batch_no from batch_job j
          where j.batch_no = p.batch_no and j.state in ('PENDING', 'RUNNING')) is not null
      """;

  /**
   * Due retries of live batches, of the highest priority that is less than {@code below}, longest
   * due first. The priorities are asked one by one: in the index what is not due lies between them.
   */
  @SqlQuery(
      """
      select p.item_id, p.tenant, p.priority from batch_parked p <by batch_parked_due>
      where
      """
          + IS_READY
          + """
            and p.priority = (
              select max(v.priority)
              from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) v (priority)
              where v.priority < :below and (
                select p.priority from batch_parked p where p.priority = v.priority and
          """
          + IS_READY
          + """
                fetch first 1 rows only) = v.priority)
            and p.batch_no <> all(:full)
          <first p.due_at, p.item_id>
          fetch first :most rows only
          """)
  List<DueRetry> due(
      @Bind("type") String type,
      @Bind("below") int below,
      @Bind("full") Long[] full,
      @Bind("most") int most);

  /** A retry that may be claimed. */
  record DueRetry(long item, String tenant, int priority) {}

  /** Locks those that nobody else has or is looking at. */
  @SqlQuery(
      """
      select p.item_id, p.type, p.attempts, p.budget_from, p.kind, <measures p>,
        (select j.revision from batch_job j where j.batch_no = p.batch_no) as revision
      from batch_parked p
      where p.item_id = any(:items) and p.session_id is null and not p.held and p.kind = 'RETRY'
        and (select j.state from batch_job j where j.batch_no = p.batch_no) in ('PENDING', 'RUNNING')
      for update skip locked
      """)
  List<ClaimedItem> lock(@Bind("items") Long[] items);

  String IS_OVERDUE =
      """
      p.session_id is null and not p.held and not p.sequential and p.kind = 'DEFERRED'
        and p.type = any(:types) and p.due_at <= <now>
        and (select j.state from batch_job j where j.batch_no = p.batch_no) in ('PENDING', 'RUNNING')
      """;

  /**
   * Locks deferred items whose bound has passed and that nobody else is looking at. By priority:
   * else the index would be read past all that is not overdue.
   */
  @SqlQuery(
      """
      select p.item_id, p.type, p.attempts, p.budget_from, p.kind, <measures p>,
        (select j.revision from batch_job j where j.batch_no = p.batch_no) as revision
      from batch_parked p
      where p.priority = :priority and
      """
          + IS_OVERDUE
          + """
            fetch first :most rows only
            for update skip locked
            """)
  List<ClaimedItem> lockOverdue(
      @Bind("types") String[] types, @Bind("priority") int priority, @Bind("most") int most);

  /** The priorities that have such items. */
  @SqlQuery(
      """
      select v.priority
      from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) v (priority)
      where (select p.priority from batch_parked p where p.priority = v.priority and
      """
          + IS_OVERDUE
          + "fetch first 1 rows only) = v.priority")
  List<Integer> overdue(@Bind("types") String[] types);

  /** Locks a due suspect that nobody else is looking at. */
  @SqlQuery(
      """
      select p.item_id, p.type, p.attempts, p.budget_from, p.kind, <measures p>,
        (select j.revision from batch_job j where j.batch_no = p.batch_no) as revision
      from batch_parked p
      where p.session_id is null and not p.held and not p.sequential and p.kind = 'SUSPECT'
        and p.type = any(:types) and p.due_at <= <now>
        and (select j.state from batch_job j where j.batch_no = p.batch_no) in ('PENDING', 'RUNNING')
      order by p.due_at, p.item_id
      fetch first 1 rows only
      for update skip locked
      """)
  List<ClaimedItem> lockDueSuspect(@Bind("types") String[] types);

  /** Whether another session drains for a suspect; of two that began at once, the older. */
  @SqlQuery(
      """
      select exists (
        select 1 from batch_session s
        where s.id <> :session and s.draining_until > <now>
          and (s.id < :session or not exists (
            select 1 from batch_session own where own.id = :session and own.draining_until > <now>)))
      """)
  boolean othersDrain(@Bind("session") long session);

  /** The session drains for so many seconds. */
  @SqlUpdate(
      """
      update batch_session set draining_until = <now> + cast(:drain as numeric(20, 6)) * interval '1' second
      where id = :session
      """)
  void drain(@Bind("session") long session, @Bind("drain") Duration drain);

  @SqlQuery(
      "select exists (select 1 from batch_parked where session_id = :session and kind <> 'SUSPECT')")
  boolean ownsRetries(@Bind("session") long session);

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
      select p.item_id, p.type, p.attempts, p.budget_from, p.kind, <measures p>,
        (select j.revision from batch_job j where j.batch_no = p.batch_no) as revision
      from batch_parked p where p.session_id = :session order by p.item_id
      """)
  List<ClaimedItem> ownedBy(@Bind("session") long session);

  @SqlQuery("select exists (select 1 from batch_parked where session_id = :session)")
  boolean ownsAny(@Bind("session") long session);
}
