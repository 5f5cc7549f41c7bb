package org.batchengine.jdbc.table;

import java.util.List;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.model.BatchId;
import org.batchengine.store.Rehearsal;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/**
 * The items of rehearsals: parked without an attempt, while the chunks, without them, are never due
 * until the rehearsal is confirmed.
 */
public interface NewRehearsals {
  /** A locked batch with a rehearsal. */
  record Rehearsed(long batch, BatchId id, int total, Rehearsal rehearsal) {
    List<Long> sample() {
      return rehearsal.sample(id, total).stream().map(index -> ItemIds.of(batch, index)).toList();
    }
  }

  /** Those of the batches that have a rehearsal to begin. */
  String BEGUN =
      """
      select batch_no, id, total, rehearse, rehearse_random
      from batch_job
      where batch_no = any(:batches) and rehearse is not null and not waiting
        and state <> 'SUBMITTING' and id is not null
      """;

  /** Parks those that are in no place but their chunk. */
  @SqlUpdate(
      """
      insert into batch_parked
        (item_id, batch_no, kind, attempts, due_at, type, tenant, priority, sequential, held)
      select i.item_id, j.batch_no, 'RETRY', 0, case when j.start_at > <now> then j.start_at else <now> end,
        j.type, j.tenant, j.priority, j.sequential, j.state = 'PAUSED'
      from batch_job j join batch_item i on i.item_id = any(:items)
      where j.batch_no = :batch
        and (select o.item_id from batch_outcome o where o.item_id = i.item_id) is null
        and (select p.item_id from batch_parked p where p.item_id = i.item_id) is null
      """)
  int park(@Bind("batch") long batch, @Bind("items") Long... items);

  /** What is parked is not open in chunks. */
  @SqlUpdate(
      "update batch_chunk c set open_items = " + OpenItems.OF_CHUNK + "where batch_no = :batch")
  void countOpen(@Bind("batch") long batch);

  /** All of their items are parked. */
  @SqlUpdate("delete from batch_chunk where batch_no = :batch and open_items = 0")
  void deleteEmptyChunks(@Bind("batch") long batch);

  /** Places the rehearsals of those of the batches that have one; how many items were parked. */
  static int place(Handle handle, Long... batches) {
    NewRehearsals dao = SqlObjects.on(handle, NewRehearsals.class);
    int parked = 0;
    for (Rehearsed each : begun(handle, batches)) {
      parked += Slices.change(each.sample(), Long[]::new, items -> dao.park(each.batch(), items));
      dao.countOpen(each.batch());
      dao.deleteEmptyChunks(each.batch());
    }
    return parked;
  }

  private static List<Rehearsed> begun(Handle handle, Long... batches) {
    return handle
        .createQuery(BEGUN)
        .bind("batches", batches)
        .map(
            (row, context) ->
                new Rehearsed(
                    row.getLong("batch_no"),
                    JobRows.id(row),
                    Math.toIntExact(row.getLong("total")),
                    new Rehearsal(row.getInt("rehearse"), row.getBoolean("rehearse_random"))))
        .list();
  }
}
