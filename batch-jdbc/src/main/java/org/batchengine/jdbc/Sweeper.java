package org.batchengine.jdbc;

import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchId;
import org.batchengine.model.IllegalTransitionException;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Mends what deaths leave behind, hides ended batches, and removes what is hidden. */
final class Sweeper {
  /** An item has its own row and that of its outcome. */
  private static final int ROWS_AN_ITEM = 2;

  private final Transactions transactions;

  Sweeper(Database database) {
    transactions = database.transactions();
  }

  List<Long> doneBatches(int limit) {
    return transactions.autoCommit(handle -> handle.attach(JobDao.class).done(limit));
  }

  void repair() {
    transactions.useTransaction(handle -> handle.attach(ChunkDao.class).freeOrphans());
    transactions.useTransaction(handle -> handle.attach(ParkedDao.class).freeOrphans());
    transactions.useTransaction(
        handle -> {
          JobDao jobs = handle.attach(JobDao.class);
          List<Long> unmarked = jobs.unmarked();
          if (!unmarked.isEmpty()) {
            jobs.markRunning(unmarked.toArray(Long[]::new));
          }
          jobs.lostSubmitters().forEach(session -> Submitter.abandonAll(handle, session));
        });
  }

  /** Hides an ended batch; false if there is none. */
  boolean hide(BatchId id, @Nullable String tenant) {
    return transactions.inTransaction(
        handle -> {
          JobDao jobs = handle.attach(JobDao.class);
          Optional<JobDao.LockedJob> job =
              jobs.lock(id).filter(found -> tenant == null || tenant.equals(found.tenant()));
          job.ifPresent(found -> hide(jobs, id, found));
          return job.isPresent();
        });
  }

  private static void hide(JobDao jobs, BatchId id, JobDao.LockedJob job) {
    if (!job.state().isTerminal()) {
      throw new IllegalTransitionException(
          id, job.state(), "only an ended batch can be deleted; cancel it first");
    }
    jobs.hide(job.batch());
    jobs.freeKey(job.batch());
  }

  boolean removeHidden(int rows) {
    int left = rows;
    while (left > 0) {
      int most = left;
      int removed = transactions.inTransaction(handle -> removeSlice(handle, most));
      if (removed == 0) {
        break;
      }
      left -= removed;
    }
    return transactions.autoCommit(handle -> handle.attach(JobDao.class).isAnyHidden());
  }

  /** Removes the last items of a hidden batch, and with the first of them the batch itself. */
  private static int removeSlice(Handle handle, int rows) {
    JobDao jobs = handle.attach(JobDao.class);
    Optional<JobDao.LockedJob> hidden = jobs.lockHidden();
    if (hidden.isEmpty()) {
      return 0;
    }
    long batch = hidden.get().batch();
    int total = Math.toIntExact(hidden.get().total());
    int from = Math.max(0, total - Math.max(1, rows / ROWS_AN_ITEM));
    RecordDao records = handle.attach(RecordDao.class);
    long first = ItemIds.of(batch, from);
    long end = ItemIds.of(batch, total);
    records.deleteOutcomes(first, end);
    records.deleteErrors(first, end);
    records.deleteKeys(batch, records.keys(first, end).toArray(String[]::new));
    records.deleteItems(first, end);
    if (from > 0) {
      jobs.shrink(batch, from);
    } else {
      jobs.delete(batch);
    }
    return 1 + (total - from) * ROWS_AN_ITEM;
  }
}
