package org.batchengine.jdbc;

import java.time.Instant;
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
          boolean isDead =
              Daos.on(handle, SessionDao.class)
                  .lockExpired(expired.session(), expired.expiresAt())
                  .isPresent();
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
          if (Daos.on(handle, SessionDao.class).lock(session).isPresent()) {
            bury(handle, session);
          }
        });
  }

  private static void bury(Handle handle, long session) {
    Submitter.abandonAll(handle, session);
    ChunkDao chunks = Daos.on(handle, ChunkDao.class);
    chunks.parkSuspects(session);
    chunks.deleteDissolved(session);
    chunks.freeLost(session);
    failKillers(handle, session);
    Daos.on(handle, ParkedDao.class).freeLost(session);
    Daos.on(handle, SessionDao.class).delete(session);
  }

  private static void failKillers(Handle handle, long session) {
    ParkedDao parked = Daos.on(handle, ParkedDao.class);
    ProgressDao progress = Daos.on(handle, ProgressDao.class);
    ItemError error = NodeCrash.error(1, Instant.EPOCH);
    for (long batch : parked.batchesOfKillers(session)) {
      parked.insertKillersErrors(
          session, batch, error.type(), error.message(), error.fingerprint());
      int failed = parked.failKillers(session, batch);
      if (failed > 0 && !progress.addFailed(batch, session, failed)) {
        progress.insertFailed(batch, session, failed);
      }
      parked.deleteKillers(session, batch);
    }
  }

  void release(long session) {
    transactions.useTransaction(
        handle -> {
          if (Daos.on(handle, SessionDao.class).lock(session).isEmpty()) {
            return;
          }
          Submitter.abandonAll(handle, session);
          Daos.on(handle, ChunkDao.class).free(session);
          Daos.on(handle, ParkedDao.class).free(session);
          Daos.on(handle, SessionDao.class).delete(session);
        });
  }
}
