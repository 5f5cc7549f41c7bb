package org.batchengine.jdbc.table;

import java.util.List;
import java.util.Optional;
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
public interface JobDao {

  /**
   * A locked batch.
   *
   * @param stoppingTo what a STOPPING one will become
   * @param isForced whether calls that run are interrupted as well
   * @param isRemovedAtEnd whether who ends it hides it
   * @param isReopening whether failed items of it are being taken up, so that it may not end
   * @param isWaiting whether it waits for other batches
   * @param isRehearsing whether it has a rehearsal that nobody has confirmed
   * @param purged its items before this index have no payloads any more
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
      boolean isOverdue,
      boolean isReopening,
      int purged,
      boolean isWaiting,
      boolean isRehearsing,
      boolean isMadeOfAnother) {

    /** How many of its items may fail. */
    public Tolerance tolerance() {
      return new Tolerance(toleratedFailures, toleratedRate, total);
    }

    /** Why it stops, if it does. */
    public @Nullable String stopReason() {
      return stoppingTo == null ? null : reason;
    }
  }

  String HEADER =
      """
      select batch_no, id, type, tenant, submitted_by, priority, metadata, retry_policy,
        timeout_micros, chunk_size, input_format, output_format, sequential, tolerated_failures,
        tolerated_rate, total, largest_input, revision, measures,
        budget_place, budget_most, call_limit
      from batch_job
      """;

  String IS_UNMARKED =
      """
      where batch_no = any(:batches)
        and (state = 'PENDING' or state = 'PAUSED' and started_at is null)
      """;

  String UNMARKED = "from batch_job " + IS_UNMARKED;

  /** Removes the row. */
  @SqlUpdate("delete from batch_job where batch_no = :batch")
  void delete(@Bind("batch") long batch);

  /** Which of the batches do not show that their work has begun. */
  @SqlQuery("select batch_no " + UNMARKED)
  List<Long> unmarked(@Bind("batches") Long[] batches);

  /** Locks those of them that nobody else has locked. */
  @SqlQuery("select batch_no " + UNMARKED + "order by batch_no for update skip locked")
  List<Long> lockUnmarked(@Bind("batches") Long[] batches);

  /** Takes batches to RUNNING whose work has begun; those of which this was not known. */
  @SqlUpdate(
      """
      update batch_job set state = case when state = 'PENDING' then 'RUNNING' else state end,
        started_at = coalesce(started_at, <now>), updated_at = <now>
      """
          + IS_UNMARKED)
  @GetGeneratedKeys("batch_no")
  List<Long> markRunning(@Bind("batches") Long[] batches);

  /** The headers of those of the batches that can be seen. */
  @SqlQuery(HEADER + " where batch_no = any(:batches) and id is not null")
  List<BatchHeader> headers(@Bind("batches") Long[] batches);

  /** The header of the batch, unless a tenant is given that is not its own. */
  @SqlQuery(HEADER + " where id = :id and tenant = coalesce(cast(:tenant as varchar), tenant)")
  Optional<BatchHeader> header(@Bind("id") BatchId id, @Bind("tenant") @Nullable String tenant);

  String LOCKED =
      """
      select batch_no, state, total, stopping_to, state_reason, stop_forced, tolerated_failures,
        tolerated_rate, remove_at_end, deadline_at is not null and deadline_at <= <now> as is_overdue,
        reopening_until is not null and reopening_until > <now> as is_reopening,
        purged, waiting, rehearse is not null as is_rehearsing, filled_from is not null as is_made_of_another
      from batch_job
      """;

  /** Locks the batch, hidden or not, for a thread of the engine: soon or not at all. */
  @SqlQuery(LOCKED + "where batch_no = :batch for update <brief>")
  Optional<LockedJob> lockSoon(@Bind("batch") long batch);

  /** As {@link #lockSoon}, at once or not at all. */
  @SqlQuery(LOCKED + "where batch_no = :batch for update nowait")
  Optional<LockedJob> lockAtOnce(@Bind("batch") long batch);

  /** Locks those of the batches that nobody else has locked, in one order. */
  @SqlQuery(LOCKED + "where batch_no = any(:batches) order by batch_no for update skip locked")
  List<LockedJob> lockFree(@Bind("batches") Long... batches);

  /** Locks the batch, unless a tenant is given that is not its own. */
  @SqlQuery(
      LOCKED + "where id = :id and tenant = coalesce(cast(:tenant as varchar), tenant) for update")
  Optional<LockedJob> lock(@Bind("id") BatchId id, @Bind("tenant") @Nullable String tenant);

  /** Locks batches that this session submits and has not finished, if nobody else has. */
  @SqlQuery(
      """
      select batch_no from batch_job
      where state = 'SUBMITTING' and session_id = :session and id is not null
      order by batch_no
      for update skip locked
      """)
  List<Long> lockSubmittedBy(@Bind("session") long session);

  /** Locks the batch at once, or not at all, if the session is still submitting it. */
  @SqlQuery(
      """
      select batch_no from batch_job
      where batch_no = :batch and session_id = :session and state = 'SUBMITTING' and id is not null
      for update <brief>
      """)
  Optional<Long> lockSubmitted(@Bind("batch") long batch, @Bind("session") long session);

  String KEYS =
      """
      from batch_key
      where batch_no = any(:batches) and (tenant, idempotency_key) in
        (select j.tenant, j.idempotency_key from batch_job j where j.batch_no = any(:batches))
      """;

  /** Which of the batches have a key. */
  @SqlQuery("select batch_no " + KEYS)
  List<Long> keyed(@Bind("batches") Long... batches);

  /** Locks the keys that nobody else has locked; whose they are. */
  @SqlQuery("select batch_no " + KEYS + "for update skip locked")
  List<Long> lockKeys(@Bind("batches") Long... batches);

  /** Makes the idempotency keys of the batches free for others. */
  @SqlUpdate("delete " + KEYS)
  void freeKeys(@Bind("batches") Long... batches);

  /** Nobody but its removal sees a batch from now on, and its id can be used again. */
  @SqlUpdate(
      """
      update batch_job set id = null, session_id = null, updated_at = <now>
      where batch_no = any(:batches)
      """)
  void hide(@Bind("batches") Long... batches);
}
