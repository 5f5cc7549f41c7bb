package org.batchengine.jdbc.settle;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.LockedRow;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Cut;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/**
 * Locks the rows in motion and the counters that a settlement writes, but for those that others
 * have locked. Waits for nobody.
 */
final class SettlementLocks {
  private final Handle handle;
  private final Settlement settlement;

  interface LockDao {

    @SqlQuery(CHUNKS)
    List<ClaimedChunk> chunks(@Bind("session") long session, @Bind("batches") Long[] batches);

    @SqlQuery(CHUNKS + "for update skip locked")
    List<ClaimedChunk> lockChunks(@Bind("session") long session, @Bind("batches") Long[] batches);

    @SqlQuery(ITEMS)
    List<Long> items(@Bind("session") long session, @Bind("items") Long[] items);

    @SqlQuery(ITEMS + "for update skip locked")
    List<Long> lockItems(@Bind("session") long session, @Bind("items") Long[] items);

    @SqlQuery(COUNTERS)
    List<Long> counters(@Bind("session") long session, @Bind("batches") Long[] batches);

    @SqlQuery(COUNTERS + "for update skip locked")
    List<Long> lockCounters(@Bind("session") long session, @Bind("batches") Long[] batches);
  }

  /**
   * Those of the session, of these batches: chunks that it keeps are locked for the moment, too.
   */
  private static final String CHUNKS =
      """
      select batch_no, type, from_index, to_index, lost, 0 as revision from batch_chunk
      where session_id = :session and batch_no = any(:batches)
      """;

  private static final String ITEMS =
      "select item_id from batch_parked where item_id = any(:items) and session_id = :session ";

  private static final String COUNTERS =
      """
      select batch_no from batch_progress where session_id = :session and batch_no = any(:batches)
      """;

  SettlementLocks(Handle handle, Settlement settlement) {
    this.handle = handle;
    this.settlement = settlement;
  }

  private LockDao dao() {
    return SqlObjects.on(handle, LockDao.class);
  }

  /** The chunks and parked items that are locked. */
  Set<LockedRow> ofWork() {
    Set<LockedRow> locked = new LinkedHashSet<>();
    long session = settlement.session();
    Set<LockedRow> chunks =
        rows(
            Stream.concat(
                Stream.of(settlement.chunks(), settlement.returned()).flatMap(List::stream),
                settlement.cuts().stream().map(Cut::chunk)));
    if (!chunks.isEmpty()) {
      List<Long> batches = chunks.stream().map(LockedRow::number).distinct().sorted().toList();
      Set<LockedRow> free = rows(found(batches, some -> dao().lockChunks(session, some)).stream());
      if (!free.containsAll(chunks)) {
        locked.addAll(rows(found(batches, some -> dao().chunks(session, some)).stream()));
        locked.retainAll(chunks);
        locked.removeAll(free);
      }
    }
    List<Long> items = parked().distinct().sorted().toList();
    if (!items.isEmpty()) {
      List<Long> free = found(items, some -> dao().lockItems(session, some));
      if (free.size() < items.size()) {
        locked.addAll(
            missing(
                found(items, some -> dao().items(session, some)),
                free,
                id -> LockedRow.parked(ItemIds.batch(id), ItemIds.index(id))));
      }
    }
    return locked;
  }

  /** Those of the counters that are locked. */
  Set<LockedRow> ofCounters(Collection<BatchCount> counts) {
    List<Long> batches = counts.stream().map(count -> count.batch).sorted().toList();
    if (batches.isEmpty()) {
      return Set.of();
    }
    long session = settlement.session();
    List<Long> free = found(batches, some -> dao().lockCounters(session, some));
    if (free.size() == batches.size()) {
      return Set.of();
    }
    return missing(
        found(batches, some -> dao().counters(session, some)), free, LockedRow::counters);
  }

  private static <R> List<R> found(List<Long> numbers, Function<Long[], List<R>> question) {
    return Slices.find(numbers, Long[]::new, question);
  }

  private Stream<Long> parked() {
    return Stream.of(
            settlement.outcomes().stream()
                .filter(Outcome::parked)
                .map(each -> ItemIds.of(each.batch(), each.index())),
            settlement.parkings().stream()
                .filter(Parking::parked)
                .map(each -> ItemIds.of(each.batch(), each.index())),
            settlement.returnedItems().stream().map(each -> ItemIds.of(each.batch(), each.index())))
        .flatMap(each -> each);
  }

  private static Set<LockedRow> rows(Stream<ClaimedChunk> chunks) {
    Set<LockedRow> rows = new LinkedHashSet<>();
    chunks.forEach(chunk -> rows.add(LockedRow.chunk(chunk.batch(), chunk.from())));
    return rows;
  }

  private static Set<LockedRow> missing(
      List<Long> there, Collection<Long> free, Function<Long, LockedRow> row) {
    Set<Long> left = new LinkedHashSet<>(there);
    left.removeAll(new HashSet<>(free));
    Set<LockedRow> rows = new LinkedHashSet<>();
    left.forEach(each -> rows.add(row.apply(each)));
    return rows;
  }
}
