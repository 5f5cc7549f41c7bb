package org.batchengine.jdbc.settle;

import java.util.List;
import org.batchengine.model.BatchState;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jspecify.annotations.Nullable;

/** Batches as they end. */
interface CompletionDao {

  /**
   * Those of the batches of which nothing is in motion or still to be copied, or whose rehearsal is
   * over: one look at each, since an item moves from one place to the other. {@code coalesce} lets
   * no planner read the places whole for a join.
   */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where j.batch_no = any(:batches) and not j.waiting
        and case when j.rehearse is not null and j.state in ('PENDING', 'RUNNING') then coalesce(
          (select c.batch_no from batch_chunk c
            where c.batch_no = j.batch_no and c.session_id is not null
            fetch first 1 rows only),
          (select p.item_id from batch_parked p
            where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
              and (p.attempts = 0 or p.session_id is not null)
            fetch first 1 rows only))
        else coalesce(
          (select c.batch_no from batch_chunk c where c.batch_no = j.batch_no fetch first 1 rows only),
          (select p.item_id from batch_parked p
            where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
            fetch first 1 rows only),
          (select f.batch_no from batch_fill f where f.batch_no = j.batch_no)) end is null
      """)
  List<Long> done(@Bind("batches") Long... batches);

  /** Pauses the batches. */
  @SqlUpdate(
      """
      update batch_job set state = 'PAUSED', state_reason = :reason, updated_at = <now>
      where batch_no = any(:batches)
      """)
  void pause(@Bind("batches") Long[] batches, @Bind("reason") String reason);

  /** Ends the batches with the sums of their counters. An error that they have stays. */
  @SqlUpdate(
      """
      update batch_job set state = :state, stopping_to = null,
        error = coalesce(cast(:error as varchar), error), state_reason = :reason,
        started_at = coalesce(started_at, <now>), ended_at = <now>, updated_at = <now>,
        (succeeded, failed, skipped, cancelled, item_micros, retries, <sums>) = (
          select coalesce(sum(p.succeeded), 0), coalesce(sum(p.failed), 0),
            coalesce(sum(p.skipped), 0), coalesce(sum(p.cancelled), 0), coalesce(sum(p.item_micros), 0),
            coalesce(sum(p.retries), 0), <sums p>
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
      update batch_job set (succeeded, failed, skipped, cancelled, item_micros, retries) = (
          select count(*) filter (where o.state = 'SUCCEEDED'), count(*) filter (where o.state = 'FAILED'),
            count(*) filter (where o.state = 'SKIPPED'), count(*) filter (where o.state = 'CANCELLED'),
            <item_sums>
          from batch_outcome o
          where o.item_id >= :batch * 2147483648 and o.item_id < (:batch + 1) * 2147483648)
      where batch_no = :batch
      """)
  void count(@Bind("batch") long batch);
}
