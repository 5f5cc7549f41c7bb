package org.batchengine.jdbc.session;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.batchengine.jdbc.database.ConnectionPool;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.OpenItems;
import org.batchengine.model.EngineNode;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.SessionStore;

/** Opens and renews sessions, and ends them. */
public final class JdbcSessions implements SessionStore {
  /**
   * This process, and no other one on any machine: its start tells it from an earlier one with its
   * number. Not a random number, which differs where the class is loaded twice.
   */
  private static final String PROCESS =
      "%d@%s"
          .formatted(
              ProcessHandle.current().pid(),
              ProcessHandle.current()
                  .info()
                  .startInstant()
                  .map(Object::toString)
                  .orElseGet(() -> UUID.randomUUID().toString()));

  private static final String EXPIRED =
      "select session_id, expires_at from batch_renewal where expires_at < <now> order by session_id";

  private static final String NODES =
      """
      select s.id, s.host, s.process, s.types, r.expires_at,
        coalesce(o.chunks, 0) as chunks, coalesce(o.items, 0) as items
      from batch_session s
      join batch_renewal r on r.session_id = s.id
      left join (
        select h.session_id, sum(h.chunks) as chunks, sum(h.items) as items
        from (
          select c.session_id, 1 as chunks,
      """
          + OpenItems.OF_CHUNK
          + """
            as items
          from batch_chunk c where c.session_id >= 0
          union all
          select p.session_id, 0, 1 from batch_parked p where p.session_id >= 0) h
        group by h.session_id) o on o.session_id = s.id
      where r.expires_at >= <now>
      order by s.id
      """;

  private final Transactions transactions;
  private final ConnectionPool pool;
  private final Transactions brief;
  private final Reaper reaper;

  /** On an open database. */
  public JdbcSessions(Database database) {
    transactions = database.transactions();
    pool = database.pool();
    brief = database.brief();
    reaper = new Reaper(database);
  }

  @Override
  public long open(String host, Duration expiry) {
    return transactions.inTransaction(
        handle -> {
          SessionDao sessions = SqlObjects.on(handle, SessionDao.class);
          long session = sessions.insert(PROCESS, host);
          sessions.insertRenewal(session, expiry);
          return session;
        });
  }

  @Override
  public void worksOn(long session, Collection<String> types) {
    String text = "," + String.join(",", types) + ",";
    brief.useTransaction(handle -> SqlObjects.on(handle, SessionDao.class).worksOn(session, text));
  }

  @Override
  public SessionRenewal renewal() {
    return new JdbcRenewal(transactions, pool);
  }

  @Override
  public void release(long session) {
    reaper.release(session);
  }

  @Override
  public List<EngineNode> nodes() {
    return transactions.autoCommit(
        handle -> handle.createQuery(NODES).map((row, context) -> node(row)).list());
  }

  private static EngineNode node(ResultSet row) throws SQLException {
    String types = row.getString("types");
    return new EngineNode(
        row.getLong("id"),
        row.getString("host"),
        row.getString("process"),
        Columns.instant(row, "expires_at"),
        row.getInt("chunks"),
        row.getLong("items"),
        types == null
            ? List.of()
            : Stream.of(types.split(",")).filter(type -> !type.isEmpty()).toList());
  }

  @Override
  public List<SessionExpiry> expired() {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(EXPIRED)
                .map(
                    (row, context) ->
                        new SessionExpiry(
                            row.getLong("session_id"), Columns.instant(row, "expires_at")))
                .list());
  }

  @Override
  public boolean reap(SessionExpiry expired) {
    return reaper.reap(expired);
  }

  /** Reaps the sessions that other processes have opened, which are known to be dead. */
  public void reapOthers() {
    transactions
        .autoCommit(handle -> SqlObjects.on(handle, SessionDao.class).notOf(PROCESS))
        .forEach(reaper::reapDead);
  }
}
