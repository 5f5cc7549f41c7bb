package org.batchengine.jdbc.table;

import java.util.List;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.store.rules.ChunkBounds;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlBatch;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** The first chunks of a batch: from here on it can be claimed. */
public interface NewChunks {

  /** {@code [0, total)} in so many parts of the same size. */
  @SqlBatch(
      """
      insert into batch_chunk
        (batch_no, from_index, to_index, open_items, item_bytes, type, tenant, priority, sequential, held,
         due_at)
      select batch_no, cast(:from as int), cast(:to as int), cast(:to as int) - cast(:from as int),
        input_bytes / total, type, tenant, priority, sequential,
        waiting or rehearse is not null or coalesce(start_at > <soon>, false),
        case when waiting or rehearse is not null then <never> when start_at > <now> then start_at else <now> end
      from batch_job where batch_no = :batch
      """)
  void insert(
      @Bind("batch") long batch, @Bind("from") List<Integer> from, @Bind("to") List<Integer> to);

  /** How many items the batch has. */
  @SqlQuery("select total from batch_job where batch_no = :batch")
  int total(@Bind("batch") long batch);

  /** Adds those of all items that the batch has. */
  static void insertAll(Handle handle, long batch) {
    insert(handle, batch, SqlObjects.on(handle, NewChunks.class).total(batch));
  }

  /** Adds them; none if there are no items. */
  static void insert(Handle handle, long batch, int total) {
    List<ChunkBounds> chunks = ChunkBounds.of(total);
    if (!chunks.isEmpty()) {
      SqlObjects.on(handle, NewChunks.class)
          .insert(
              batch,
              chunks.stream().map(ChunkBounds::from).toList(),
              chunks.stream().map(ChunkBounds::to).toList());
    }
  }
}
