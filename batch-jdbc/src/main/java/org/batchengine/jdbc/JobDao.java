package org.batchengine.jdbc;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.rules.Tolerance;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.GetGeneratedKeys;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/**
 * Batches and their idempotency keys. A batch without an id is hidden: only its removal sees it.
 */
interface JobDao {

  /**
   * A locked batch.
   *
   * @param stoppingTo what a STOPPING one will become
   * @param isForced whether calls that run are interrupted as well
   * @param isRemovedAtEnd whether who ends it hides it
   */
  record LockedJob(
      long batch,
      BatchState state,
      long total,
      @Nullable BatchState stoppingTo,
      @Nullable String reason,
      boolean isForced,
      @Nullable Long toleratedFailures,
      @Nullable Double toleratedRate,
      boolean isRemovedAtEnd,
      boolean isOverdue) {

    Tolerance tolerance() {
      return new Tolerance(toleratedFailures, toleratedRate, total);
    }

    /** Why it stops, if it does. */
    @Nullable String stopReason() {
      return stoppingTo == null ? null : reason;
    }
  }

  String HEADER =
      """
      select batch_no, id, type, tenant, submitted_by, priority, metadata, retry_policy,
        input_format, output_format, sequential, tolerated_failures, tolerated_rate, total
      from batch_job
      """;

  /** Takes the key for the batch; false if another batch has it. */
  @SqlUpdate(
      """
      insert into batch_key (tenant, idempotency_key, batch_no)
      values (:tenant, :key, :batch) <unless_taken>
      """)
  boolean takeKey(
      @Bind("tenant") String tenant, @Bind("key") String key, @Bind("batch") long batch);

  @SqlQuery(
      "select exists (select 1 from batch_key where tenant = :tenant and idempotency_key = :key)")
  boolean isKeyTaken(@Bind("tenant") String tenant, @Bind("key") String key);

  @SqlUpdate("delete from batch_job where batch_no = :batch")
  void delete(@Bind("batch") long batch);

  /**
   * Makes room for a page, and locks the batch; its new total, or nothing if it is not the
   * session's.
   */
  @SqlUpdate(
      """
      update batch_job set total = total + :items, input_bytes = input_bytes + :bytes
      where batch_no = :batch and session_id = :session and state = 'SUBMITTING' and id is not null
      """)
  @GetGeneratedKeys("total")
  Optional<Long> grow(
      @Bind("batch") long batch,
      @Bind("session") long session,
      @Bind("items") int items,
      @Bind("bytes") long bytes);

  /** Ends the submit; the batch's total, or nothing if it is not the session's. */
  @SqlUpdate(
      """
      update batch_job set session_id = null, updated_at = <now>,
        state = case when total = 0 then 'COMPLETED' else 'PENDING' end,
        deadline_at = case when start_at > <now> then start_at else <now> end
          + cast(deadline_micros / 1000000.0 as numeric(20, 6)) * interval '1' second,
        ended_at = case when total = 0 then <now> end,
        succeeded = case when total = 0 then 0 end,
        failed = case when total = 0 then 0 end,
        skipped = case when total = 0 then 0 end,
        cancelled = case when total = 0 then 0 end
      where batch_no = :batch and session_id = :session and state = 'SUBMITTING' and id is not null
      """)
  @GetGeneratedKeys("total")
  Optional<Long> finishSubmit(@Bind("batch") long batch, @Bind("session") long session);

  @SqlUpdate(
      """
      update batch_job set state = case when state = 'PENDING' then 'RUNNING' else state end,
        started_at = coalesce(started_at, <now>), updated_at = <now>
      where batch_no = any(:batches)
        and (state = 'PENDING' or state = 'PAUSED' and started_at is null)
      """)
  @GetGeneratedKeys("batch_no")
  List<Long> markRunning(@Bind("batches") Long[] batches);

  @SqlQuery(HEADER + " where batch_no = any(:batches) and id is not null")
  List<BatchHeader> headers(@Bind("batches") Long[] batches);

  @SqlQuery(HEADER + " where id = :id and tenant = coalesce(cast(:tenant as varchar), tenant)")
  Optional<BatchHeader> header(@Bind("id") BatchId id, @Bind("tenant") @Nullable String tenant);

  /** A batch and its state. */
  record StateOf(BatchId id, BatchState state) {}

  @SqlQuery("select id, state from batch_job where id = any(:ids)")
  List<StateOf> states(@Bind("ids") UUID[] ids);

  String LOCKED =
      """
      select batch_no, state, total, stopping_to, state_reason, stop_forced, tolerated_failures,
        tolerated_rate, remove_at_end, deadline_at is not null and deadline_at <= <now> as is_overdue
      from batch_job
      """;

  @SqlQuery(LOCKED + "where batch_no = :batch for update")
  Optional<LockedJob> lock(@Bind("batch") long batch);

  @SqlQuery(LOCKED + "where batch_no = any(:batches) order by batch_no for update")
  List<LockedJob> lock(@Bind("batches") Long... batches);

  @SqlQuery(
      LOCKED + "where id = :id and tenant = coalesce(cast(:tenant as varchar), tenant) for update")
  Optional<LockedJob> lock(@Bind("id") BatchId id, @Bind("tenant") @Nullable String tenant);

  /**
   * Those of the batches of which nothing is in motion: one look at each, since an item moves from
   * one place to the other. {@code coalesce} lets no planner read the places whole for a join.
   */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where j.batch_no = any(:batches)
        and coalesce(
          (select c.batch_no from batch_chunk c where c.batch_no = j.batch_no fetch first 1 rows only),
          (select p.item_id from batch_parked p
            where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
            fetch first 1 rows only)) is null
      """)
  List<Long> done(@Bind("batches") Long... batches);

  /** Live batches with nothing in motion, without a lock. */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where j.state in ('PENDING', 'RUNNING', 'PAUSED', 'STOPPING')
        and not exists (select 1 from batch_chunk c where c.batch_no = j.batch_no)
        and not exists (select 1 from batch_parked p
          where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648)
      order by j.batch_no
      fetch first :limit rows only
      """)
  List<Long> done(@Bind("limit") int limit);

  /** Ends the batches with the sums of their counters. An error that they have stays. */
  @SqlUpdate(
      """
      update batch_job set state = :state, stopping_to = null,
        error = coalesce(cast(:error as varchar), error), state_reason = :reason,
        started_at = coalesce(started_at, <now>), ended_at = <now>, updated_at = <now>,
        (succeeded, failed, skipped, cancelled) = (
          select coalesce(sum(p.succeeded), 0), coalesce(sum(p.failed), 0),
            coalesce(sum(p.skipped), 0), coalesce(sum(p.cancelled), 0)
          from batch_progress p where p.batch_no = batch_job.batch_no)
      where batch_no = any(:batches)
      """)
  void end(
      @Bind("batches") Long[] batches,
      @Bind("state") BatchState state,
      @Bind("error") @Nullable String error,
      @Bind("reason") @Nullable String reason);

  /** Counts the outcomes into the batch, which reads each of them. */
  @SqlUpdate(
      """
      update batch_job set (succeeded, failed, skipped, cancelled) = (
          select count(*) filter (where o.state = 'SUCCEEDED'), count(*) filter (where o.state = 'FAILED'),
            count(*) filter (where o.state = 'SKIPPED'), count(*) filter (where o.state = 'CANCELLED')
          from batch_outcome o
          where o.item_id >= :batch * 2147483648 and o.item_id < (:batch + 1) * 2147483648)
      where batch_no = :batch
      """)
  void count(@Bind("batch") long batch);

  /** Live batches whose first claim was not followed by its mark. */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where (j.state = 'PENDING' or j.state = 'PAUSED' and j.started_at is null)
        and coalesce(
          (select c.batch_no from batch_chunk c
            where c.batch_no = j.batch_no and c.session_id is not null
            fetch first 1 rows only),
          (select p.batch_no from batch_parked p
            where p.batch_no = j.batch_no and p.session_id >= 0
            fetch first 1 rows only)) is not null
      """)
  List<Long> unmarked();

  /** Batches that this session submits and has not finished. */
  @SqlQuery(
      """
      select batch_no from batch_job
      where state = 'SUBMITTING' and session_id = :session and id is not null
      order by batch_no
      """)
  List<Long> submittedBy(@Bind("session") long session);

  /** Sessions that are gone with a batch half submitted. */
  @SqlQuery(
      """
      select distinct j.session_id from batch_job j
      where j.state = 'SUBMITTING' and j.id is not null and j.session_id is not null
        and not exists (select 1 from batch_session s where s.id = j.session_id)
      """)
  List<Long> lostSubmitters();

  /** Hides the batch if the session is still submitting it. */
  @SqlUpdate(
      """
      update batch_job set id = null, session_id = null, updated_at = <now>
      where batch_no = :batch and session_id = :session and state = 'SUBMITTING' and id is not null
      """)
  boolean hideUnfinished(@Bind("batch") long batch, @Bind("session") long session);

  @SqlUpdate(
      """
      delete from batch_key
      where batch_no = any(:batches) and (tenant, idempotency_key) in
        (select j.tenant, j.idempotency_key from batch_job j where j.batch_no = any(:batches))
      """)
  void freeKeys(@Bind("batches") Long... batches);

  /** Nobody but its removal sees a batch from now on, and its id can be used again. */
  @SqlUpdate(
      """
      update batch_job set id = null, session_id = null, updated_at = <now>
      where batch_no = any(:batches)
      """)
  void hide(@Bind("batches") Long... batches);

  /** Locks the hidden batch that was submitted first, if nobody else is removing it. */
  @SqlQuery(
      LOCKED
          + """
           where id is null <first batch_no> fetch first 1 rows only
          for update skip locked
          """)
  Optional<LockedJob> lockHidden();

  @SqlQuery("select exists (select 1 from batch_job where id is null)")
  boolean isAnyHidden();

  @SqlUpdate("update batch_job set total = :total where batch_no = :batch")
  void shrink(@Bind("batch") long batch, @Bind("total") long total);
}
