package org.batchengine.jdbc.session;

import java.time.Instant;
import java.util.List;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.model.ItemError;
import org.batchengine.store.ClaimedChunk;
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
 * What is inserted passes over what is there already, for the same reason. What others have locked
 * is left without a session, and the sweep frees it later.
 */
final class Reaper {
  private final Transactions transactions;
  private final Transactions brief;

  Reaper(Database database) {
    transactions = database.transactions();
    brief = database.brief();
  }

  boolean reap(SessionExpiry expired) {
    return brief.inTransaction(
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
    sessions.deletePermits(session);
    sessions.delete(session);
    sessions.deleteRenewal(session);
  }

  private static void bury(Handle handle, long session) {
    JobChanges.abandonAll(handle, session);
    LossDao losses = SqlObjects.on(handle, LossDao.class);
    long owner = lockOwned(losses, session);
    losses.parkSuspects(owner);
    losses.deleteDissolved(owner);
    losses.freeLostChunks(owner);
    failKillers(handle, owner, session);
    losses.freeLostItems(owner);
    delete(handle, session);
  }

  /**
   * Locks what the session owns. Who owns all that nobody else has locked: the session, or a
   * stand-in, which gets it for the transaction.
   */
  private static long lockOwned(LossDao losses, long session) {
    List<ClaimedChunk> chunks = losses.lockChunks(session);
    List<Long> items = losses.lockItems(session);
    if (chunks.size() + items.size() == losses.owned(session)) {
      return session;
    }
    long standIn = -session;
    if (!chunks.isEmpty()) {
      losses.giveChunks(
          standIn,
          chunks.stream().map(ClaimedChunk::batch).toList(),
          chunks.stream().map(ClaimedChunk::from).toList());
    }
    if (!items.isEmpty()) {
      losses.giveItems(standIn, items);
    }
    return standIn;
  }

  private static void failKillers(Handle handle, long owner, long session) {
    LossDao losses = SqlObjects.on(handle, LossDao.class);
    ProgressDao progress = SqlObjects.on(handle, ProgressDao.class);
    ItemError error = NodeCrash.error(1, Instant.EPOCH);
    for (long batch : losses.batchesOfKillers(owner)) {
      losses.insertKillersErrors(owner, batch, error.type(), error.message(), error.fingerprint());
      long retries = losses.retriesOfKillers(owner, batch);
      int failed = losses.failKillers(owner, batch);
      ProgressDao.count(
          progress, batch, session, new ProgressDao.Failed(failed, 0, failed == 0 ? 0 : retries));
      losses.deleteKillers(owner, batch);
    }
  }

  void release(long session) {
    brief.useTransaction(
        handle -> {
          if (!lock(handle, session)) {
            return;
          }
          JobChanges.abandonAll(handle, session);
          LossDao losses = SqlObjects.on(handle, LossDao.class);
          long owner = lockOwned(losses, session);
          losses.freeChunks(owner);
          losses.freeItems(owner);
          delete(handle, session);
        });
  }
}
