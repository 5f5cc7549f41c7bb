package org.batchengine.jdbc.session;

import java.time.Instant;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.model.ItemError;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.rules.NodeCrash;
import org.jdbi.v3.core.Handle;

/**
 * Ends sessions, each in a transaction of its own, so that one bad row stops the end of one session
 * only. What a session owned is unowned again:
 *
 * <ul>
 *   <li>given back: as if it had never been claimed
 *   <li>lost once: the same, and the loss is counted
 *   <li>lost twice: a chunk falls apart into suspects, a retry becomes a suspect, and a suspect, of
 *       which it is known now that it takes its process down, fails
 * </ul>
 *
 * What is inserted passes over what is there already, for the same reason.
 */
final class Reaper {
  private final Transactions transactions;

  Reaper(Database database) {
    transactions = database.transactions();
  }

  boolean reap(SessionExpiry expired) {
    return transactions.inTransaction(
        handle -> {
          SessionDao sessions = SqlObjects.on(handle, SessionDao.class);
          boolean isDead =
              sessions.lockExpired(expired.session(), expired.expiresAt()).isPresent()
                  && sessions.lockUnused(expired.session()).isPresent();
          if (isDead) {
            bury(handle, expired.session());
          }
          return isDead;
        });
  }

  /** Reaps whatever the expiry says: its process is known to be dead. */
  void reapDead(long session) {
    transactions.useTransaction(
        handle -> {
          if (lock(handle, session)) {
            bury(handle, session);
          }
        });
  }

  /** Waits for whoever uses the session; false if it is gone. */
  private static boolean lock(Handle handle, long session) {
    SqlObjects.on(handle, SessionDao.class).lockRenewal(session);
    return SqlObjects.on(handle, FenceDao.class).lock(session).isPresent();
  }

  private static void delete(Handle handle, long session) {
    SessionDao sessions = SqlObjects.on(handle, SessionDao.class);
    sessions.delete(session);
    sessions.deleteRenewal(session);
  }

  private static void bury(Handle handle, long session) {
    JobChanges.abandonAll(handle, session);
    LossDao losses = SqlObjects.on(handle, LossDao.class);
    losses.parkSuspects(session);
    losses.deleteDissolved(session);
    losses.freeLostChunks(session);
    failKillers(handle, session);
    losses.freeLostItems(session);
    delete(handle, session);
  }

  private static void failKillers(Handle handle, long session) {
    LossDao losses = SqlObjects.on(handle, LossDao.class);
    ProgressDao progress = SqlObjects.on(handle, ProgressDao.class);
    ItemError error = NodeCrash.error(1, Instant.EPOCH);
    for (long batch : losses.batchesOfKillers(session)) {
      losses.insertKillersErrors(
          session, batch, error.type(), error.message(), error.fingerprint());
      int failed = losses.failKillers(session, batch);
      if (failed > 0 && !progress.addFailed(batch, session, failed)) {
        progress.insertFailed(batch, session, failed);
      }
      losses.deleteKillers(session, batch);
    }
  }

  void release(long session) {
    transactions.useTransaction(
        handle -> {
          if (!lock(handle, session)) {
            return;
          }
          JobChanges.abandonAll(handle, session);
          LossDao losses = SqlObjects.on(handle, LossDao.class);
          losses.freeChunks(session);
          losses.freeItems(session);
          delete(handle, session);
        });
  }
}
