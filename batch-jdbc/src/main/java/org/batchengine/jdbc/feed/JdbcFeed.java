package org.batchengine.jdbc.feed;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.LongStream;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.feed.FeedPage;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchPage;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.FeedStore;
import org.batchengine.store.ReaderName;
import org.batchengine.store.rules.FeedCut;
import org.batchengine.store.rules.PageCursor;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Reads what happened to batches. Ids are no positions: one that is smaller may be committed later,
 * when its reader has passed it. So a position is given after the commit, by whoever reads first:
 *
 * <ol>
 *   <li>The row of the last position is locked. It stays locked to the commit, so positions appear
 *       in their order.
 *   <li>A fresh statement looks for events without a position. In the statement that waits for the
 *       lock the look would be old, and miss what others have numbered meanwhile.
 *   <li>They get the next positions, in the order of their ids. Events of one batch are written
 *       under its lock, so their order is the order in which they happened.
 *   <li>The last position is stored.
 * </ol>
 */
public final class JdbcFeed implements FeedStore {
  private static final String EVENTS =
      """
      select position, kind, batch_id, tenant, type, run, actor, node, reason, detail,
        happened_at
      from batch_event
      """;

  private final Transactions transactions;
  private final Transactions brief;

  /** On an open database. */
  public JdbcFeed(Database database) {
    this(database.transactions(), database.brief());
  }

  private JdbcFeed(Transactions transactions, Transactions brief) {
    this.transactions = transactions;
    this.brief = brief;
  }

  @Override
  public FeedStore brief() {
    return new JdbcFeed(brief, brief);
  }

  @Override
  public FeedPage read(long position, int limit, @Nullable String tenant) {
    FeedCut cut = numbered();
    cut.requireReached(position);
    if (position == cut.last()) {
      return cut.page(position, List.of(), limit);
    }
    Conditions conditions = new Conditions();
    if (tenant != null) {
      conditions.and("tenant = :tenant", "tenant", tenant);
    }
    conditions.and("position > :position", "position", position);
    conditions.and("position <= :last", "last", cut.last());
    String order = tenant == null ? "order by position" : "order by tenant, position";
    return cut.page(position, events(conditions, order, limit), limit);
  }

  private List<FeedEvent> events(Conditions conditions, String order, int most) {
    String sql = EVENTS + conditions.sql() + order + " fetch first :most rows only";
    return transactions.autoCommit(
        handle ->
            conditions
                .bindTo(handle.createQuery(sql))
                .bind("most", most)
                .map((row, context) -> event(row))
                .list());
  }

  private static FeedEvent event(ResultSet row) throws SQLException {
    return new FeedEvent(
        row.getLong("position"),
        EventKind.of(row.getString("kind")),
        BatchId.of(row.getObject("batch_id", UUID.class)),
        row.getString("tenant"),
        row.getString("type"),
        row.getInt("run"),
        row.getString("actor"),
        row.getString("node"),
        row.getString("reason"),
        row.getString("detail"),
        Columns.instant(row, "happened_at"));
  }

  /**
   * Where the feed ends.
   *
   * @param hasNew whether there are events without a position
   */
  private record End(FeedCut cut, boolean hasNew) {
    static End of(ResultSet row) throws SQLException {
      long last = row.getLong("last");
      long first = row.getLong("first");
      return new End(
          new FeedCut(row.wasNull() ? last + 1 : first, last), row.getBoolean("has_new"));
    }
  }

  private End lookAtEnd() {
    return transactions.autoCommit(
        handle -> handle.createQuery(FeedDao.END).map((row, context) -> End.of(row)).one());
  }

  /** Gives all committed events their positions. A poll without news is one look. */
  private FeedCut numbered() {
    End end = lookAtEnd();
    if (!end.hasNew) {
      return end.cut;
    }
    while (number(transactions) == NUMBERED_AT_ONCE) {
      // there may be more
    }
    return lookAtEnd().cut;
  }

  private static int number(Transactions transactions) {
    return transactions.inTransaction(JdbcFeed::number);
  }

  private static int number(Handle handle) {
    FeedDao dao = SqlObjects.on(handle, FeedDao.class);
    long last = dao.lockLast().orElseGet(() -> begin(dao));
    List<Long> ids = dao.unnumbered(NUMBERED_AT_ONCE);
    if (!ids.isEmpty()) {
      long end = last + ids.size();
      dao.number(ids, LongStream.rangeClosed(last + 1, end).boxed().toList());
      dao.keepLast(end);
    }
    return ids.size();
  }

  private static long begin(FeedDao dao) {
    SqlFaults.unlessTaken(dao::insertLast, 0);
    return dao.lockLast().orElseThrow();
  }

  @Override
  public long end() {
    return numbered().last();
  }

  @Override
  public OptionalLong position(ReaderName reader) {
    return transactions
        .autoCommit(handle -> SqlObjects.on(handle, FeedDao.class).position(reader))
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  @Override
  public void begin(ReaderName reader) {
    transactions.useTransaction(
        handle ->
            SqlFaults.unlessTaken(() -> SqlObjects.on(handle, FeedDao.class).begin(reader), 0));
  }

  @Override
  public boolean advance(ReaderName reader, long from, long to) {
    return transactions.inTransaction(
        handle -> {
          FeedDao dao = SqlObjects.on(handle, FeedDao.class);
          return dao.advance(reader, from, to) > 0
              || (from == 0 && SqlFaults.unlessTaken(() -> dao.insert(reader, to), 0) > 0);
        });
  }

  @Override
  public BatchPage<FeedEvent> audit(AuditQuery query) {
    Conditions conditions = conditions(query);
    numbered();
    String order = query.isOldestFirst() ? "order by position" : "order by position desc";
    List<FeedEvent> found = events(conditions, order, query.limit() + 1);
    return PageCursor.page(found, query.limit(), FeedEvent::position, query.toMap());
  }

  private static Conditions conditions(AuditQuery query) {
    Conditions all = new Conditions().and("position is not null");
    query.batch().ifPresent(id -> all.and("batch_id = :batch", "batch", id));
    query.tenant().ifPresent(tenant -> all.and("tenant = :tenant", "tenant", tenant));
    query.actor().ifPresent(actor -> all.and("actor = :actor", "actor", actor));
    if (!query.kinds().isEmpty()) {
      all.anyOf("kind", "kinds", query.kinds().stream().map(EventKind::name).toList());
    }
    query.from().ifPresent(from -> all.and("happened_at >= :from", "from", from));
    query.to().ifPresent(to -> all.and("happened_at < :to", "to", to));
    query
        .after()
        .map(PageCursor::parse)
        .ifPresent(
            after ->
                all.and(
                    query.isOldestFirst() ? "position > :after" : "position < :after",
                    "after",
                    after));
    return all;
  }

  @Override
  public int forget(String actor, @Nullable String tenant, int most) {
    return transactions.inTransaction(
        handle -> SqlObjects.on(handle, FeedDao.class).forget(actor, tenant, most));
  }

  @Override
  public boolean removeEvents(Duration olderThan, int most) {
    try {
      List<Boolean> isUnnumberedOlder =
          brief.autoCommit(
              handle -> SqlObjects.on(handle, FeedDao.class).isUnnumberedOlder(olderThan));
      if (isUnnumberedOlder.contains(true)) {
        number(brief);
      }
      return brief.inTransaction(handle -> remove(handle, olderThan, most)) == most;
    } catch (RowsLockedException e) {
      return false; // others number or change them
    }
  }

  /** There are no gaps, and so none are made: the first ones follow each other. */
  private static int remove(Handle handle, Duration olderThan, int most) {
    FeedDao dao = SqlObjects.on(handle, FeedDao.class);
    int old = (int) dao.areOlder(olderThan, most).stream().takeWhile(isOlder -> isOlder).count();
    return old == 0 ? 0 : dao.removeFirst(old);
  }
}
