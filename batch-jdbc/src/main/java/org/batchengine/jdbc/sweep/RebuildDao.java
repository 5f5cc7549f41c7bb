package org.batchengine.jdbc.sweep;

import java.util.List;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/** Finds batches whose rows of motion were lost, and makes new ones. */
interface RebuildDao {

  /** {@code coalesce} lets no planner read the places whole for a join. */
  String UNSETTLED =
      """
      select q.batch_no, q.id, q.settled from (
        select j.batch_no, j.id, j.total,
          coalesce((select sum(g.succeeded + g.failed + g.skipped + g.cancelled)
            from batch_progress g where g.batch_no = j.batch_no), 0) as settled
        from batch_job j
        where j.batch_no = any(:batches)
          and j.state in ('PENDING', 'RUNNING', 'PAUSED', 'STOPPING')
          and (j.reopening_until is null or j.reopening_until <= <now>)
          and coalesce(
            (select c.batch_no from batch_chunk c where c.batch_no = j.batch_no fetch first 1 rows only),
            (select p.item_id from batch_parked p
              where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
              fetch first 1 rows only),
            (select f.batch_no from batch_fill f where f.batch_no = j.batch_no)) is null) q
      where q.settled < q.total
      order by q.batch_no
      """;

  /** Looks each item up: a join by range and key may read the whole range for each item. */
  String IS_OPEN =
      """
      from batch_item i
      where i.item_id >= :first and i.item_id < :end
        and (select o.item_id from batch_outcome o where o.item_id = i.item_id) is null
        and (select p.item_id from batch_parked p where p.item_id = i.item_id) is null
      """;

  /** Parks the items without outcome that have errors, due now. */
  @SqlUpdate(
      """
      insert into batch_parked (item_id, batch_no, kind, attempts, budget_from, due_at, type, tenant,
        priority, sequential, held)
      select e.item_id, j.batch_no, 'RETRY', e.attempts, case when j.run > 1 then e.attempts else 0 end,
        <now>, j.type, j.tenant, j.priority, j.sequential, j.state = 'PAUSED'
      from batch_job j
      join (
        select r.item_id, max(r.attempt) as attempts from batch_error r
        where r.item_id >= :first and r.item_id < :end
        group by r.item_id) e on true
      where j.batch_no = :batch
        and (select o.item_id from batch_outcome o where o.item_id = e.item_id) is null
        and (select i.item_id from batch_item i where i.item_id = e.item_id) is not null
      """)
  int park(@Bind("batch") long batch, @Bind("first") long first, @Bind("end") long end);

  @SqlQuery("select i.item_id " + IS_OPEN + "order by i.item_id fetch first 1 rows only")
  List<Long> firstOpen(@Bind("first") long first, @Bind("end") long end);

  @SqlQuery("select i.item_id " + IS_OPEN + "order by i.item_id desc fetch first 1 rows only")
  List<Long> lastOpen(@Bind("first") long first, @Bind("end") long end);

  /** Adds chunks that are due as those of a new batch. */
  @SqlBatch(
      """
      insert into batch_chunk
        (batch_no, from_index, to_index, open_items, item_bytes, type, tenant, priority, sequential, held,
         due_at)
      select j.batch_no, cast(:from as int), cast(:to as int),
        cast(:to as int) - cast(:from as int)
          - (select count(*) from batch_outcome o
             where o.item_id >= j.batch_no * 2147483648 + :from
               and o.item_id < j.batch_no * 2147483648 + :to)
          - (select count(*) from batch_parked p
             where p.item_id >= j.batch_no * 2147483648 + :from
               and p.item_id < j.batch_no * 2147483648 + :to),
        j.input_bytes / j.total, j.type, j.tenant, j.priority, j.sequential,
        j.state = 'PAUSED' or j.waiting or j.rehearse is not null or coalesce(j.start_at > <soon>, false),
        case when j.waiting or j.rehearse is not null then <never> when j.start_at > <now> then j.start_at else <now> end
      from batch_job j where j.batch_no = :batch
      """)
  void insertChunks(
      @Bind("batch") long batch, @Bind("from") List<Integer> from, @Bind("to") List<Integer> to);

  @SqlUpdate("delete from batch_chunk where batch_no = :batch and open_items = 0")
  void deleteEmptyChunks(@Bind("batch") long batch);

  @SqlQuery("select coalesce(sum(open_items), 0) from batch_chunk where batch_no = :batch")
  int openItems(@Bind("batch") long batch);

  @SqlUpdate("delete from batch_progress where batch_no = :batch and session_id = 0")
  void deleteCarried(@Bind("batch") long batch);

  /** Counts, where no session counts, the outcomes that its other counters do not have. */
  @SqlUpdate(
      """
      insert into batch_progress
        (batch_no, session_id, succeeded, failed, skipped, cancelled, item_micros, retries, updated_at)
      select cast(:batch as bigint), 0, o.succeeded - g.succeeded, o.failed - g.failed,
        o.skipped - g.skipped, o.cancelled - g.cancelled, o.item_micros - g.item_micros,
        o.retries - g.retries, <now>
      from (
        select count(*) filter (where state = 'SUCCEEDED') as succeeded,
          count(*) filter (where state = 'FAILED') as failed,
          count(*) filter (where state = 'SKIPPED') as skipped,
          count(*) filter (where state = 'CANCELLED') as cancelled,
          <item_sums>
        from batch_outcome o
        where item_id >= :batch * 2147483648 and item_id < (:batch + 1) * 2147483648) o,
        (select coalesce(sum(succeeded), 0) as succeeded, coalesce(sum(failed), 0) as failed,
          coalesce(sum(skipped), 0) as skipped, coalesce(sum(cancelled), 0) as cancelled,
          coalesce(sum(item_micros), 0) as item_micros, coalesce(sum(retries), 0) as retries
        from batch_progress where batch_no = :batch) g
      """)
  void carry(@Bind("batch") long batch);
}
