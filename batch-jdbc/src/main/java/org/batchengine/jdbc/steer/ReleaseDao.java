package org.batchengine.jdbc.steer;

import java.util.List;
import java.util.UUID;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Waiting batches as they are released. */
interface ReleaseDao {

  @SqlBatch("delete from batch_wait where batch_no = :batch and after_no = :other")
  void delete(@Bind("batch") List<Long> batches, @Bind("other") List<Long> others);

  @SqlQuery("select exists (select 1 from batch_job where waiting)")
  boolean isAnyWaiting();

  /** Those of the batches that wait. */
  @SqlQuery("select batch_no from batch_job where id = any(:ids) and waiting")
  List<Long> waiting(@Bind("ids") UUID... ids);

  /** Waiting batches without anything that they wait for, without a lock. */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where j.waiting and j.id is not null
        and not exists (select 1 from batch_wait w where w.batch_no = j.batch_no)
      fetch first :most rows only
      """)
  List<Long> allFree(@Bind("most") int most);

  /** Those of the batches that wait for nothing any more. */
  @SqlQuery(
      """
      select j.batch_no from batch_job j
      where j.batch_no = any(:batches) and j.waiting and j.id is not null
        and not exists (select 1 from batch_wait w where w.batch_no = j.batch_no)
      """)
  List<Long> free(@Bind("batches") Long... batches);

  /** Those of them that are submitted completely. */
  @SqlQuery(
      "select batch_no from batch_job where batch_no = any(:batches) and state <> 'SUBMITTING'")
  List<Long> complete(@Bind("batches") Long... batches);

  /** Those of them that have no items, and so are done. */
  @SqlQuery(
      """
      select batch_no from batch_job
      where batch_no = any(:batches) and total = 0 and state <> 'SUBMITTING'
      """)
  List<Long> empty(@Bind("batches") Long... batches);

  /** Releases the locked batches. The deadline of one that is SUBMITTING comes with its end. */
  @SqlUpdate(
      """
      update batch_job set waiting = false, updated_at = <now>,
        deadline_at = case when state <> 'SUBMITTING' then
          case when start_at > <now> then start_at else <now> end
            + cast(deadline_micros / 1000000.0 as numeric(20, 6)) * interval '1' second end
      where batch_no = any(:batches)
      """)
  void release(@Bind("batches") Long... batches);

  /** Their chunks are due, or at the time of the batch. */
  @SqlUpdate(
      """
      update batch_chunk c set
        due_at = (select case when j.start_at > <now> then j.start_at else <now> end
          from batch_job j where j.batch_no = c.batch_no),
        held = (select j.state = 'PAUSED' or coalesce(j.start_at > <soon>, false)
          from batch_job j where j.batch_no = c.batch_no)
      where c.batch_no = any(:batches) and c.due_at = <never>
        and (select j.rehearse from batch_job j where j.batch_no = c.batch_no) is null
      """)
  void releaseChunks(@Bind("batches") Long... batches);
}
