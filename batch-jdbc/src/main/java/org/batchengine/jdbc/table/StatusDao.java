package org.batchengine.jdbc.table;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jspecify.annotations.Nullable;

/**
 * Batches with their counts, all of one snapshot: of an ended batch the final counts, of a live one
 * its sessions' counters, the open items of unowned chunks, and what is parked. The rest of the
 * items is owned by somebody.
 */
public interface StatusDao {

  String SELECT =
      """
      select j.batch_no, j.id, j.type, j.tenant, j.submitted_by, j.name, j.description, j.idempotency_key,
        j.priority, j.metadata, j.timeout_micros, j.chunk_size, j.notify,
        j.run, j.state, j.state_reason, j.error, j.total,
        j.created_at, j.updated_at, j.start_at, j.started_at, j.reopened_at, j.ended_at,
        j.deadline_at, <now> as as_of,
        case when j.waiting then (select count(*) from batch_wait w where w.batch_no = j.batch_no) end as waits_for,
        j.rehearse, j.filled_from,
        j.filled_from is not null and exists (select 1 from batch_fill f where f.batch_no = j.batch_no) as filling,
        coalesce(j.succeeded, (select sum(g.succeeded) from batch_progress g where g.batch_no = j.batch_no), 0)
          as succeeded,
        coalesce(j.failed, (select sum(g.failed) from batch_progress g where g.batch_no = j.batch_no), 0)
          as failed,
        coalesce(j.skipped, (select sum(g.skipped) from batch_progress g where g.batch_no = j.batch_no), 0)
          as skipped,
        coalesce(j.cancelled, (select sum(g.cancelled) from batch_progress g where g.batch_no = j.batch_no), 0)
          as cancelled,
        coalesce(j.item_micros, (select sum(g.item_micros) from batch_progress g where g.batch_no = j.batch_no), 0)
          as item_micros,
        coalesce(j.retries, (select sum(g.retries) from batch_progress g where g.batch_no = j.batch_no), 0)
          as retries,
        j.measures, j.budget_place, j.budget_most, j.call_limit,
        <batch_sums>,
        (select sum(g.items_per_second * exp(-greatest(0, cast(
            extract(epoch from <now>) - extract(epoch from g.updated_at) as double precision)) / <rate_window>))
          from batch_progress g
          where g.batch_no = j.batch_no and g.updated_at > <now> - interval '<rate_seconds>' second) as items_per_second,
        (select sum(c.open_items) from batch_chunk c
          where c.batch_no = j.batch_no and c.session_id is null) as pending,
        (select count(*) from batch_parked p
          where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
            and p.session_id is null and p.kind <> 'DEFERRED') as retrying,
        (select max(p.due_at) from batch_parked p
          where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
            and p.session_id is null and p.kind <> 'DEFERRED') as retries_due_at,
        (select count(*) from batch_parked p
          where p.item_id >= j.batch_no * 2147483648 and p.item_id < (j.batch_no + 1) * 2147483648
            and p.session_id is null and p.kind = 'DEFERRED') as deferred
      from batch_job j
      """;

  /** Those of the batches that exist. */
  @SqlQuery(SELECT + "where j.batch_no = any(:batches) order by j.batch_no")
  List<BatchJob> find(@Bind("batches") Long... batches);

  /** Those of the batches that exist. */
  @SqlQuery(SELECT + "where j.id = any(:ids)")
  List<BatchJob> find(@Bind("ids") UUID... ids);

  /** The batch, unless a tenant is given that is not its own. */
  @SqlQuery(SELECT + "where j.id = :id and j.tenant = coalesce(cast(:tenant as varchar), j.tenant)")
  Optional<BatchJob> find(@Bind("id") BatchId id, @Bind("tenant") @Nullable String tenant);

  /** The batch that has the key. */
  @SqlQuery(
      SELECT
          + """
          where j.id is not null and j.batch_no = (select k.batch_no from batch_key k
            where k.tenant = :tenant and k.idempotency_key = :key)
          """)
  Optional<BatchJob> findByKey(@Bind("tenant") String tenant, @Bind("key") String key);
}
