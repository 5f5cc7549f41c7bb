package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.memory.EventRows.EventRow;
import org.batchengine.model.BatchPage;
import org.batchengine.store.FeedStore;
import org.batchengine.store.ReaderName;
import org.batchengine.store.rules.FeedCut;
import org.batchengine.store.rules.PageCursor;
import org.jspecify.annotations.Nullable;

/** Reads what happened to batches. Each read is alone, so it may number all there is. */
final class MemoryFeed implements FeedStore {
  private final MemoryTransactions transactions;

  MemoryFeed(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public FeedPage read(long position, int limit, @Nullable String tenant) {
    return transactions.inTransaction(
        tables -> {
          EventRows rows = numbered(tables);
          FeedCut cut = new FeedCut(rows.firstPosition(), rows.lastPosition());
          cut.requireReached(position);
          return cut.page(
              position,
              found(
                  rows.byPosition.tailMap(position, false),
                  row -> tenant == null || tenant.equals(row.tenant),
                  limit),
              limit);
        });
  }

  private static EventRows numbered(Tables tables) {
    tables.events.number(Integer.MAX_VALUE);
    return tables.events;
  }

  private static List<FeedEvent> found(
      NavigableMap<Long, EventRow> rows, Predicate<EventRow> isAskedFor, int limit) {
    return rows.entrySet().stream()
        .filter(entry -> isAskedFor.test(entry.getValue()))
        .limit(limit)
        .map(entry -> entry.getValue().at(entry.getKey()))
        .toList();
  }

  @Override
  public long end() {
    return transactions.inTransaction(tables -> numbered(tables).lastPosition());
  }

  @Override
  public OptionalLong position(ReaderName reader) {
    Long position = transactions.inTransaction(tables -> tables.events.readers.get(reader));
    return position == null ? OptionalLong.empty() : OptionalLong.of(position);
  }

  @Override
  public void begin(ReaderName reader) {
    transactions.useTransaction(
        tables -> tables.events.readers.putIfAbsent(reader, tables.events.lastPosition()));
  }

  @Override
  public FeedStore brief() {
    return this;
  }

  @Override
  public boolean advance(ReaderName reader, long from, long to) {
    return transactions.inTransaction(
        tables -> {
          boolean isThere = tables.events.readers.getOrDefault(reader, 0L) == from;
          if (isThere) {
            tables.events.readers.put(reader, to);
          }
          return isThere;
        });
  }

  @Override
  public BatchPage<FeedEvent> audit(AuditQuery query) {
    boolean isOldestFirst = query.isOldestFirst();
    long after =
        query
            .after()
            .map(PageCursor::parse)
            .orElse(isOldestFirst ? Long.MIN_VALUE : Long.MAX_VALUE);
    return transactions.inTransaction(
        tables -> {
          NavigableMap<Long, EventRow> rows = numbered(tables).byPosition;
          List<FeedEvent> found =
              found(
                  isOldestFirst
                      ? rows.tailMap(after, false)
                      : rows.headMap(after, false).descendingMap(),
                  row -> isAskedFor(row, query),
                  query.limit() + 1);
          return PageCursor.page(found, query.limit(), FeedEvent::position, query.toMap());
        });
  }

  private static boolean isAskedFor(EventRow row, AuditQuery query) {
    return query.batch().stream().allMatch(row.id::equals)
        && query.tenant().stream().allMatch(row.tenant::equals)
        && query.actor().stream().allMatch(actor -> actor.equals(row.actor))
        && (query.kinds().isEmpty() || query.kinds().contains(row.kind))
        && query.from().stream().noneMatch(row.happenedAt::isBefore)
        && query.to().stream().allMatch(row.happenedAt::isBefore);
  }

  @Override
  public int forget(String actor, @Nullable String tenant, int most) {
    return transactions.inTransaction(
        tables -> {
          List<EventRow> found =
              tables.events.all().stream()
                  .filter(row -> actor.equals(row.actor))
                  .filter(row -> tenant == null || tenant.equals(row.tenant))
                  .limit(most)
                  .toList();
          found.forEach(row -> row.actor = null);
          return found.size();
        });
  }

  @Override
  public boolean removeEvents(Duration olderThan, int most) {
    return transactions.inTransaction(
        tables -> {
          EventRows rows = tables.events;
          Instant before = tables.now().minus(olderThan);
          if (rows.hasFreshBefore(before)) {
            rows.number(NUMBERED_AT_ONCE);
          }
          Set<Long> waitedFor = MemoryWaiting.completionsWaitedFor(tables);
          int removed = 0;
          while (removed < most
              && !rows.byPosition.isEmpty()
              && isOld(rows.byPosition.firstEntry().getValue(), before, waitedFor)) {
            rows.byPosition.pollFirstEntry();
            removed++;
          }
          return removed == most;
        });
  }

  private static boolean isOld(EventRow event, Instant before, Set<Long> waitedFor) {
    return event.happenedAt.isBefore(before)
        && !(event.kind == EventKind.COMPLETED && waitedFor.contains(event.batch));
  }
}
