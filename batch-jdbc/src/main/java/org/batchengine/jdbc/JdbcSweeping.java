package org.batchengine.jdbc;

import java.util.List;
import org.jdbi.v3.core.Handle;

/** Mends what deaths leave behind. */
final class Sweeper {
  private final Transactions transactions;
  private final Holds holds;

  Sweeper(Database database) {
    transactions = database.transactions();
    holds = new Holds(database);
  }

  List<Long> doneBatches(int limit) {
    return transactions.autoCommit(handle -> Daos.on(handle, JobDao.class).done(limit));
  }

  int parked(int most) {
    return transactions.autoCommit(handle -> Daos.on(handle, ParkedDao.class).count(most));
  }

  void repair() {
    transactions.useTransaction(handle -> Daos.on(handle, ChunkDao.class).freeOrphans());
    transactions.useTransaction(handle -> Daos.on(handle, ParkedDao.class).freeOrphans());
    transactions.useTransaction(Sweeper::mendBatches);
    holds.correctAll();
  }

  private static void mendBatches(Handle handle) {
    JobDao jobs = Daos.on(handle, JobDao.class);
    List<Long> unmarked = jobs.unmarked();
    if (!unmarked.isEmpty()) {
      Claimer.markRunning(handle, unmarked);
    }
    jobs.lostSubmitters().forEach(session -> Submitter.abandonAll(handle, session));
  }
}
