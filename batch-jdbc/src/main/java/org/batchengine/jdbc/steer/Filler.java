package org.batchengine.jdbc.steer;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.FillDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.NewChunks;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.FillStep;
import org.batchengine.store.rules.FillRules;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * Copies a slice of what a batch is made of, in one transaction:
 *
 * <ol>
 *   <li>The job row is locked: PENDING, and it waits for nothing. So nobody else copies, and a
 *       cancel, which removes the row of the fill, comes before or after.
 *   <li>The slice is a range of the other batch's items, cut where their payloads become too many
 *       bytes.
 *   <li>The database copies it. Of a batch that runs, more may be settled by now than the step
 *       before saw: so it is counted and checked as it was written.
 *   <li>The other batch is looked at first, so that nothing is copied of one that was deleted or
 *       purged, and again at last. If its payloads were purged by then, some of these may be
 *       missing; if not, none is. While the row of the fill names it, they are not, and its items
 *       are not removed if it is deleted.
 *   <li>With the last slice the chunks come, and the row of the fill goes.
 * </ol>
 *
 * No session is asked for: what a node does that was taken for dead is what the next one would do.
 */
final class Filler {
  private static final String INPUT =
      """
      coalesce((select v.input from batch_input v where v.item_id = o.item_id
          order by v.attempt desc fetch first 1 rows only),
        (select i.input from batch_item i where i.item_id = o.item_id))""";

  private static final String WANTED =
      """
      from batch_outcome o
      where o.item_id >= :from and o.item_id < :to and o.state = any(:states)
      """;

  private static final String SIZES =
      "select o.item_id, octet_length(<payload>) as bytes <wanted> order by o.item_id";

  private static final String COPY =
      """
      insert into batch_item (item_id, item_key, input)
      select cast(:first as bigint) + row_number() over (order by o.item_id) - 1,
        (select i.item_key from batch_item i where i.item_id = o.item_id), <payload>
      <wanted>
      """;

  private static final String COPIED =
      """
      select count(*) as items, coalesce(sum(octet_length(input)), 0) as bytes,
        coalesce(max(octet_length(input)), 0) as largest
      from batch_item where item_id >= :first and item_id < :end
      """;

  private final Handle handle;
  private final LockedJob job;
  private final Row row;

  private Filler(Handle handle, LockedJob job, Row row) {
    this.handle = handle;
    this.job = job;
    this.row = row;
  }

  /** A row of the table fill. */
  private record Row(
      long from,
      BatchId id,
      boolean ofInputs,
      String states,
      @Nullable Double below,
      int maxPayload,
      long next) {
    static Row of(ResultSet row) throws SQLException {
      return new Row(
          row.getLong("from_no"),
          BatchId.of(row.getObject("from_id", UUID.class)),
          row.getBoolean("of_inputs"),
          row.getString("states"),
          row.getObject("below_quality", Double.class),
          row.getInt("max_payload"),
          row.getLong("next_item"));
    }
  }

  /** What was copied. */
  private record Copied(int items, long bytes, int largest) {}

  /**
   * The other batch.
   *
   * @param lost why its items cannot be had; null: they can
   */
  private record Source(long total, @Nullable String lost) {}

  static FillStep fill(Handle handle, long batch, int most, long bytes) {
    Optional<LockedJob> job =
        SqlObjects.on(handle, JobDao.class).lockFree(batch).stream()
            .filter(each -> each.state() == BatchState.PENDING && !each.isWaiting())
            .findFirst();
    return job.flatMap(
            locked ->
                handle
                    .createQuery("select * from batch_fill where batch_no = :batch")
                    .bind("batch", batch)
                    .map((row, context) -> Row.of(row))
                    .findOne()
                    .map(row -> new Filler(handle, locked, row).fill(most, bytes)))
        .orElse(FillStep.NOTHING);
  }

  private FillStep fill(int most, long bytes) {
    Source before = source();
    if (before.lost() != null) {
      return giveUp(before.lost());
    }
    long next = end(Math.min(row.next() + most, ItemIds.end(row.from())), bytes);
    int first = Math.toIntExact(job.total());
    FillingDao dao = SqlObjects.on(handle, FillingDao.class);
    Copied copied = copy(dao, ItemIds.of(job.batch(), first), next);
    Source source = source();
    if (source.lost() != null) {
      return giveUp(source.lost());
    }
    if (copied.largest() > row.maxPayload()) {
      long item =
          dao.firstAbove(
              ItemIds.of(job.batch(), first), ItemIds.end(job.batch()), row.maxPayload());
      return giveUp(FillRules.tooLarge(row.id(), ItemIds.index(item), row.maxPayload()));
    }
    if (next < ItemIds.first(row.from()) + source.total()) {
      dao.goOn(job.batch(), next);
      return FillStep.MORE;
    }
    SqlObjects.on(handle, FillDao.class).delete(job.batch());
    int total = first + copied.items();
    NewChunks.insert(handle, job.batch(), total);
    return total == 0 ? FillStep.EMPTY : FillStep.FULL;
  }

  /** Where the slice ends: before the item with which it would have too many bytes. */
  private long end(long last, long most) {
    long bytes = 0;
    try (ResultIterator<long[]> sizes =
        bound(handle.createQuery(sql(SIZES)), last)
            .map((row, context) -> new long[] {row.getLong("item_id"), row.getLong("bytes")})
            .iterator()) {
      while (sizes.hasNext()) {
        long[] size = sizes.next();
        if (bytes > 0 && bytes + size[1] > most) {
          return size[0];
        }
        bytes += size[1];
      }
    }
    return last;
  }

  private Copied copy(FillingDao dao, long first, long next) {
    if (bound(handle.createUpdate(sql(COPY)), next).bind("first", first).execute() == 0) {
      return new Copied(0, 0, 0);
    }
    dao.insertKeys(job.batch(), first, ItemIds.end(job.batch()));
    Copied copied =
        handle
            .createQuery(COPIED)
            .bind("first", first)
            .bind("end", ItemIds.end(job.batch()))
            .map(
                (counted, context) ->
                    new Copied(
                        counted.getInt("items"),
                        counted.getLong("bytes"),
                        counted.getInt("largest")))
            .one();
    dao.grow(job.batch(), copied.items(), copied.bytes(), copied.largest());
    return copied;
  }

  private String sql(String of) {
    return of.replace(
            "<wanted>",
            WANTED
                + (row.ofInputs() ? "" : "and o.output is not null\n")
                + (row.below() == null ? "" : "and o.quality < :below\n"))
        .replace("<payload>", row.ofInputs() ? INPUT : "o.output");
  }

  private <S extends SqlStatement<S>> S bound(S statement, long to) {
    statement
        .bind("from", row.next())
        .bind("to", to)
        .bind("states", Slices.one(List.of(row.states().split(",")), String[]::new));
    Double below = row.below();
    return below == null ? statement : statement.bind("below", below);
  }

  private Source source() {
    return handle
        .createQuery(
            "select id is null as hidden, total, purged from batch_job where batch_no = :batch")
        .bind("batch", row.from())
        .map(
            (found, context) ->
                new Source(
                    found.getLong("total"),
                    lost(found.getBoolean("hidden"), found.getInt("purged"))))
        .findOne()
        .orElseGet(() -> new Source(0, FillRules.gone(row.id())));
  }

  private @Nullable String lost(boolean isHidden, int purged) {
    boolean isBegun = row.next() > ItemIds.first(row.from());
    if (isHidden && !isBegun) {
      return FillRules.gone(row.id());
    }
    return purged > 0 ? FillRules.purged(row.id()) : null;
  }

  private FillStep giveUp(String why) {
    JdbcSteering.stop(handle, job, BatchState.FAILED, false, why, why);
    SqlObjects.on(handle, EventDao.class).insert(job.batch(), EventKind.GIVEN_UP, null, null, why);
    return FillStep.GIVEN_UP;
  }
}
