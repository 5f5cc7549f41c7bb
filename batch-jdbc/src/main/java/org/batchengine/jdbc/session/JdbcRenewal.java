package org.batchengine.jdbc.session;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.batchengine.jdbc.database.ConnectionPool;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.store.SessionRenewal;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews sessions on a connection that does nothing else.
 *
 * <ol>
 *   <li>The connection is taken from the pool at once, and kept until this is closed: a pool that
 *       others have emptied delays no renewal.
 *   <li>A renewal is one statement on a row that nobody else locks but to end the session. On a
 *       file of H2 it waits for its turn to write, like all that writes there.
 *   <li>If it fails, or the pool asks for it, the connection goes back, and the next renewal takes
 *       another. An answer is awaited for a third of the expiry, so that a connection that is dead
 *       without knowing it does not cost the session.
 * </ol>
 */
final class JdbcRenewal implements SessionRenewal {
  private static final Logger log = LoggerFactory.getLogger(JdbcRenewal.class);

  /** Of how many answers one may be missing. */
  private static final int ANSWERS_PER_EXPIRY = 3;

  private static final long SHORTEST_WAIT_MILLIS = TimeUnit.SECONDS.toMillis(1);

  private final Transactions transactions;
  private final ConnectionPool pool;
  private final Runnable giveBack = this::giveBack;
  private @Nullable Handle kept;
  private @Nullable Integer timeoutBefore;
  private boolean isClosed;

  JdbcRenewal(Transactions transactions, ConnectionPool pool) {
    this.transactions = transactions;
    this.pool = pool;
    kept = transactions.open();
    pool.addKeeper(giveBack);
  }

  @Override
  public synchronized boolean renew(long session, Duration expiry) {
    if (isClosed) {
      throw new IllegalStateException("this renewal is closed: open another");
    }
    Handle handle = kept;
    if (handle == null) {
      handle = transactions.open();
      kept = handle;
    }
    boolean isDone = false;
    try {
      boundAnswers(handle.getConnection(), expiry);
      boolean isRenewed =
          transactions.inTurn(
              handle, on -> SqlObjects.on(on, SessionDao.class).renew(session, expiry));
      isDone = true;
      return isRenewed;
    } finally {
      if (!isDone) {
        giveBack();
      }
    }
  }

  /** Where a driver or a pool cannot do that, an answer is awaited for as long as they have it. */
  private void boundAnswers(Connection connection, Duration expiry) {
    if (timeoutBefore != null) {
      return;
    }
    try {
      timeoutBefore = connection.getNetworkTimeout();
      long most = Math.max(SHORTEST_WAIT_MILLIS, expiry.toMillis() / ANSWERS_PER_EXPIRY);
      connection.setNetworkTimeout(Runnable::run, (int) Math.min(Integer.MAX_VALUE, most));
    } catch (SQLException e) {
      log.debug("answers to renewals are awaited without a bound", e);
    }
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    pool.removeKeeper(giveBack);
    giveBack();
  }

  private synchronized void giveBack() {
    Handle handle = kept;
    Integer timeout = timeoutBefore;
    kept = null;
    timeoutBefore = null;
    if (handle == null) {
      return;
    }
    try (handle) {
      if (timeout != null) {
        handle.getConnection().setNetworkTimeout(Runnable::run, timeout);
      }
    } catch (SQLException | RuntimeException e) {
      log.debug("the connection of renewals could not be given back as it was", e);
    }
  }
}
