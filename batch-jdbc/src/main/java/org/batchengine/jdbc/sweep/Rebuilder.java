package org.batchengine.jdbc.sweep;

import static java.util.stream.Collectors.joining;

import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.jdbc.table.NewRehearsals;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.model.Measure;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.UnsettledBatch;
import org.batchengine.store.rules.ChunkBounds;
import org.batchengine.store.rules.LostMotion;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;

/**
 * Puts items of a batch back in motion whose rows of motion were lost. One transaction:
 *
 * <ol>
 *   <li>The job row is locked. A fresh statement asks again whether nothing of the batch is in
 *       motion and its counters say that items are missing: else nothing more is read.
 *   <li>Items without outcome that have errors are parked: in a chunk they would begin with an
 *       attempt that has its error already.
 *   <li>Items of a rehearsal that were never tried are parked as well, until it is confirmed.
 *   <li>Chunks cover the rest, from the first to the last.
 *   <li>The counters are made those of the outcomes, and the history tells of it.
 * </ol>
 */
final class Rebuilder {
  private static final String SUMS_OF_ROWS =
      IntStream.range(0, MeasureColumns.SUMS.size())
          .mapToObj(Rebuilder::sumOfRows)
          .collect(
              joining(
                  ", ",
                  "update batch_progress set ",
                  " where batch_no = :batch and session_id = 0"));

  private final Transactions transactions;

  Rebuilder(Database database) {
    transactions = database.brief();
  }

  List<UnsettledBatch> unsettled(Collection<Long> batches) {
    return Slices.find(
        batches, Long[]::new, some -> transactions.autoCommit(handle -> unsettled(handle, some)));
  }

  private static List<UnsettledBatch> unsettled(Handle handle, Long[] batches) {
    return handle
        .createQuery(RebuildDao.UNSETTLED)
        .bind("batches", batches)
        .map(
            (row, context) ->
                new UnsettledBatch(
                    row.getLong("batch_no"), JobRows.id(row), row.getLong("settled")))
        .list();
  }

  int rebuild(long batch, String node) {
    return transactions.inTransaction(
        handle -> {
          boolean isUnsettled =
              SqlObjects.on(handle, JobDao.class).lockFree(batch).stream()
                      .anyMatch(job -> StateRules.canEnd(job.state()))
                  && !unsettled(handle, new Long[] {batch}).isEmpty();
          return isUnsettled ? rebuild(handle, batch, node) : 0;
        });
  }

  /** What the rows of items have, but for what other counters have of it. */
  private static String sumOfRows(int place) {
    String name = MeasureColumns.SUMS.get(place);
    int of = place % MeasureSums.SIZE;
    boolean isQuality = of == Measure.MOST;
    String column =
        isQuality
            ? "case when r.state <> 'FAILED' then cast(r.quality as numeric(38, 9)) end"
            : "r." + MeasureColumns.OF_ITEM.get(of);
    String function = place < MeasureSums.SIZE ? "sum" : "count";
    String rows =
        "coalesce((select "
            + function
            + "("
            + column
            + ") from %s r where r.item_id >= :batch * 2147483648"
            + " and r.item_id < (:batch + 1) * 2147483648), 0)";
    return name
        + " = "
        + rows.formatted("batch_outcome")
        + (isQuality ? "" : " + " + rows.formatted("batch_parked"))
        + " - coalesce((select sum(g."
        + name
        + ") from batch_progress g where g.batch_no = :batch and g.session_id <> 0), 0)";
  }

  private static int rebuild(Handle handle, long batch, String node) {
    RebuildDao dao = SqlObjects.on(handle, RebuildDao.class);
    int items = dao.park(batch, ItemIds.first(batch), ItemIds.end(batch));
    items += NewRehearsals.place(handle, batch);
    items += addChunks(dao, batch);
    if (items > 0) {
      dao.deleteCarried(batch);
      dao.carry(batch);
      handle.createUpdate(SUMS_OF_ROWS).bind("batch", batch).execute();
      SqlObjects.on(handle, ProgressDao.class).deleteEmpty(batch);
      SqlObjects.on(handle, EventDao.class)
          .insert(batch, EventKind.REPAIRED, null, node, LostMotion.reason(items));
    }
    return items;
  }

  /** How many items are in the chunks. */
  private static int addChunks(RebuildDao dao, long batch) {
    long first = ItemIds.first(batch);
    long end = ItemIds.end(batch);
    OptionalInt firstOpen = index(dao.firstOpen(first, end));
    OptionalInt lastOpen = index(dao.lastOpen(first, end));
    if (firstOpen.isEmpty() || lastOpen.isEmpty()) {
      return 0;
    }
    List<ChunkBounds> chunks = LostMotion.chunks(firstOpen.getAsInt(), lastOpen.getAsInt() + 1);
    dao.insertChunks(
        batch,
        chunks.stream().map(ChunkBounds::from).toList(),
        chunks.stream().map(ChunkBounds::to).toList());
    dao.deleteEmptyChunks(batch);
    return dao.openItems(batch);
  }

  private static OptionalInt index(List<Long> items) {
    return items.stream().mapToInt(ItemIds::index).findFirst();
  }
}
