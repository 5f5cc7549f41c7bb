package org.batchengine.jdbc.sweep;

import java.util.List;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.model.BatchState;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;

/**
 * Ends what nobody owns of a STOPPING batch, a step at a time. A step holds the job row and asks
 * for the state under that lock: else a late one would cancel items of the next run. What is owned
 * by others, or looked at, is left to the next step: a claim or a settle that overlaps the cancel
 * leaves work behind it.
 */
final class Canceller {
  /** Rows of chunks that a step looks at. */
  private static final int MOST_CHUNKS = 100;

  private static final String LOCK_CHUNKS =
      """
      select from_index, to_index from batch_chunk
      where batch_no = :batch and session_id is null
      <first from_index>
      fetch first :most rows only
      for update skip locked
      """;

  private final Transactions transactions;

  Canceller(Database database) {
    transactions = database.brief();
  }

  /** An unowned chunk. */
  private record Range(int from, int to) {}

  interface CancelDao {

    /** Looks each item up: a join by range and key may read the whole range for each item. */
    @SqlUpdate(
        """
        insert into batch_outcome (item_id, state, attempts, settled_at)
        select i.item_id, 'CANCELLED', 0, <now>
        from batch_item i
        where i.item_id >= :first and i.item_id < :end
          and (select o.item_id from batch_outcome o where o.item_id = i.item_id) is null
          and (select p.item_id from batch_parked p where p.item_id = i.item_id) is null
        """)
    int cancelOpen(@Bind("first") long first, @Bind("end") long end);

    @SqlUpdate("delete from batch_chunk where batch_no = :batch and from_index = :from")
    void deleteChunk(@Bind("batch") long batch, @Bind("from") int from);

    @SqlUpdate(
        "update batch_chunk c set from_index = :cut, open_items = to_index - :cut"
            + """
              - (select count(*) from batch_outcome o
                 where o.item_id >= c.batch_no * 2147483648 + :cut
                   and o.item_id < c.batch_no * 2147483648 + c.to_index)
              - (select count(*) from batch_parked p
                 where p.item_id >= c.batch_no * 2147483648 + :cut
                   and p.item_id < c.batch_no * 2147483648 + c.to_index)
            where batch_no = :batch and from_index = :from
            """)
    void cutChunk(@Bind("batch") long batch, @Bind("from") int from, @Bind("cut") int cut);

    @SqlQuery(
        """
        select item_id from batch_parked
        where item_id >= :batch * 2147483648 and item_id < (:batch + 1) * 2147483648
          and session_id is null
        <first item_id>
        fetch first :most rows only
        for update skip locked
        """)
    List<Long> lockParked(@Bind("batch") long batch, @Bind("most") int most);

    @SqlUpdate(
        """
        insert into batch_outcome (item_id, state, attempts, settled_at, <measures>)
        select item_id, 'CANCELLED', attempts, <now>, <measures> from batch_parked where item_id = any(:items)
        """)
    int cancelParked(@Bind("items") Long[] items);

    @SqlUpdate("delete from batch_parked where item_id = any(:items)")
    void deleteParked(@Bind("items") Long[] items);

    @SqlQuery(
        """
        select exists (select 1 from batch_chunk where batch_no = :batch and session_id is null)
          or exists (select 1 from batch_parked
            where item_id >= :batch * 2147483648 and item_id < (:batch + 1) * 2147483648
              and session_id is null)
        """)
    boolean isAnyUnowned(@Bind("batch") long batch);
  }

  /** Cancels about {@code most} items that nobody owns; whether there are more. */
  boolean cancelUnowned(long batch, int most) {
    return transactions.inTransaction(handle -> cancel(handle, batch, most));
  }

  private static boolean cancel(Handle handle, long batch, int most) {
    boolean isStopping =
        SqlObjects.on(handle, JobDao.class)
            .lockSoon(batch)
            .filter(job -> job.state() == BatchState.STOPPING)
            .isPresent();
    if (!isStopping) {
      return false;
    }
    CancelDao dao = SqlObjects.on(handle, CancelDao.class);
    int cancelled = cancelChunks(handle, batch, most);
    if (cancelled < most) {
      cancelled += cancelParked(dao, batch, most - cancelled);
    }
    ProgressDao progress = SqlObjects.on(handle, ProgressDao.class);
    if (cancelled > 0 && !progress.addCancelled(batch, cancelled)) {
      progress.insertCancelled(batch, cancelled);
    }
    return cancelled > 0 && dao.isAnyUnowned(batch);
  }

  private static int cancelChunks(Handle handle, long batch, int most) {
    CancelDao dao = SqlObjects.on(handle, CancelDao.class);
    int cancelled = 0;
    for (Range chunk : lockChunks(handle, batch)) {
      int left = most - cancelled;
      if (left <= 0) {
        break;
      }
      int cut = (int) Math.min(chunk.to(), (long) chunk.from() + left);
      cancelled += dao.cancelOpen(ItemIds.of(batch, chunk.from()), ItemIds.of(batch, cut));
      if (cut < chunk.to()) {
        dao.cutChunk(batch, chunk.from(), cut);
      } else {
        dao.deleteChunk(batch, chunk.from());
      }
    }
    return cancelled;
  }

  private static List<Range> lockChunks(Handle handle, long batch) {
    return handle
        .createQuery(LOCK_CHUNKS)
        .bind("batch", batch)
        .bind("most", MOST_CHUNKS)
        .map((row, context) -> new Range(row.getInt("from_index"), row.getInt("to_index")))
        .list();
  }

  private static int cancelParked(CancelDao dao, long batch, int most) {
    List<Long> items = dao.lockParked(batch, most);
    int cancelled = Slices.change(items, Long[]::new, dao::cancelParked);
    Slices.of(items, Long[]::new).forEach(dao::deleteParked);
    return cancelled;
  }
}
