package org.batchengine.jdbc.steer;

import java.time.Duration;
import java.util.List;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.model.BatchState;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Batches as they are steered. Who changes one has locked it before. */
interface SteeringDao {

  @SqlUpdate(
      """
      update batch_job set state = 'PAUSED', state_reason = :reason, updated_at = <now>
      where batch_no = :batch
      """)
  void pause(@Bind("batch") long batch, @Bind("reason") @Nullable String reason);

  @SqlUpdate(
      """
      update batch_job set state_reason = null, updated_at = <now>,
        state = case when started_at is null then 'PENDING' else 'RUNNING' end
      where batch_no = :batch
      """)
  void resume(@Bind("batch") long batch);

  @SqlUpdate("update batch_job set rehearse = null where batch_no = :batch")
  void confirm(@Bind("batch") long batch);

  /** The chunks of a batch whose rehearsal is confirmed are due. */
  @SqlUpdate(
      """
      update batch_chunk set due_at = <now>, held = false
      where batch_no = :batch and session_id is null and due_at = <never>
      """)
  void confirmChunks(@Bind("batch") long batch);

  @SqlQuery("select state from batch_job where batch_no = :batch")
  BatchState state(@Bind("batch") long batch);

  @SqlUpdate(
      """
      update batch_job set state = 'STOPPING', stopping_to = :to, stop_forced = :forced,
        state_reason = :reason, error = :error, waiting = false, rehearse = null, updated_at = <now>
      where batch_no = :batch
      """)
  void stop(
      @Bind("batch") long batch,
      @Bind("to") BatchState to,
      @Bind("forced") boolean forced,
      @Bind("reason") @Nullable String reason,
      @Bind("error") @Nullable String error);

  @SqlUpdate("update batch_job set stop_forced = true, updated_at = <now> where batch_no = :batch")
  void force(@Bind("batch") long batch);

  /** A new run of a batch that had ended. */
  @SqlUpdate(
      """
      update batch_job set state = 'RUNNING', run = run + 1, error = null, state_reason = null,
        stopping_to = null, stop_forced = false, remove_at_end = false,
        succeeded = null, failed = null, skipped = null, cancelled = null, item_micros = null, retries = null,
        ended_at = null,
        sum_1 = null, sum_2 = null, sum_3 = null, sum_4 = null, sum_quality = null,
        measured_1 = null, measured_2 = null, measured_3 = null, measured_4 = null, measured_quality = null,
        reopened_at = <now>,
        deadline_at = <now> + cast(deadline_micros / 1000000.0 as numeric(20, 6)) * interval '1' second,
        updated_at = <now>
      where batch_no = :batch
      """)
  void reopen(@Bind("batch") long batch);

  /** One more call takes up items of the batch, which does not end meanwhile. */
  @SqlUpdate(
      """
      update batch_job set
        reopening = case when reopening_until > <now> then reopening + 1 else 1 end,
        reopening_until = <now> + cast(:longest as numeric(20, 6)) * interval '1' second
      where batch_no = :batch
      """)
  void beginReopening(@Bind("batch") long batch, @Bind("longest") Duration longest);

  /** The call goes on. */
  @SqlUpdate(
      """
      update batch_job
      set reopening_until = <now> + cast(:longest as numeric(20, 6)) * interval '1' second
      where batch_no = :batch
      """)
  void goOnReopening(@Bind("batch") long batch, @Bind("longest") Duration longest);

  /** Other inputs for failed items that are parked: of a live batch one may have failed since. */
  @SqlBatch(
      """
      insert into batch_input (item_id, attempt, input, actor, changed_at)
      select o.item_id, o.attempts + 1, cast(:input as varchar), cast(:actor as varchar), <now>
      from batch_outcome o
      where o.item_id = :item and o.state = 'FAILED'
        and (select p.item_id from batch_parked p where p.item_id = o.item_id) is not null
      """)
  void correct(
      @Bind("item") List<Long> items,
      @Bind("input") List<String> inputs,
      @Bind("actor") @Nullable String actor);

  /** An input of the batch may have so many bytes. */
  @SqlUpdate(
      """
      update batch_job set largest_input = :largest where batch_no = :batch and largest_input < :largest
      """)
  void largestInput(@Bind("batch") long batch, @Bind("largest") int largest);

  /** The call is over. Others may not be. */
  @SqlUpdate(
      """
      update batch_job set
        reopening = case when reopening > 1 then reopening - 1 else 0 end,
        reopening_until = case when reopening > 1 then reopening_until end
      where batch_no = :batch
      """)
  void endReopening(@Bind("batch") long batch);

  /** Locks an owner's batches that are neither hidden nor going to be at their end. */
  @SqlQuery(
      JobDao.LOCKED
          + """
          <by batch_job_owner>
          where submitted_by = :owner and tenant = coalesce(cast(:tenant as varchar), tenant)
            and id is not null and not remove_at_end
          <first batch_no>
          fetch first :most rows only
          for update
          """)
  List<JobDao.LockedJob> lockSubmittedBy(
      @Bind("owner") String owner, @Bind("tenant") @Nullable String tenant, @Bind("most") int most);

  @SqlUpdate("update batch_job set remove_at_end = true where batch_no = :batch")
  void removeAtEnd(@Bind("batch") long batch);
}
