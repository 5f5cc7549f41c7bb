package org.batchengine.jdbc.session;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
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

  private final Transactions transactions;
  private final Transactions brief;
  private final Reaper reaper;

  /** On an open database. */
  public JdbcSessions(Database database) {
    transactions = database.transactions();
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
    return new JdbcRenewal(transactions);
  }

  @Override
  public void release(long session) {
    reaper.release(session);
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
