package org.batchengine.jdbc;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.batchengine.jdbc.JobDao.LockedJob;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.rules.EventKind;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Removes batches: they are hidden at once and for good, with their idempotency key free again, and
 * their records go in slices, the job row with the last of them.
 */
final class Remover {
  /** An item has its own row and that of its outcome. */
  private static final int ROWS_AN_ITEM = 2;

  private final Transactions transactions;

  Remover(Database database) {
    transactions = database.transactions();
  }

  /** Hides an ended batch; false if there is none. */
  boolean hide(BatchId id, @Nullable String tenant, String actor) {
    return transactions.inTransaction(
        handle -> {
          Optional<LockedJob> job = Daos.on(handle, JobDao.class).lock(id, tenant);
          job.ifPresent(found -> hideEnded(handle, id, found, actor));
          return job.isPresent();
        });
  }

  private static void hideEnded(Handle handle, BatchId id, LockedJob job, String actor) {
    StateRules.requireEnded(id, job.state());
    hide(handle, List.of(job.batch()), actor);
  }

  /** Hides batches whose end, or whose submit, the transaction has seen under their lock. */
  static void hide(Handle handle, Collection<Long> batches, @Nullable String actor) {
    if (batches.isEmpty()) {
      return;
    }
    JobDao jobs = Daos.on(handle, JobDao.class);
    Long[] numbers = batches.toArray(Long[]::new);
    jobs.hide(numbers);
    jobs.freeKeys(numbers);
    Daos.on(handle, EventDao.class).insertAll(numbers, EventKind.DELETED, actor, null);
  }

  int hideEnded(Duration longerAgo, int most) {
    return transactions.inTransaction(
        handle -> {
          List<Long> ended = Daos.on(handle, SteeringDao.class).lockEnded(longerAgo, most);
          hide(handle, ended, null);
          return ended.size();
        });
  }

  int removeSubmittedBy(String owner, @Nullable String tenant, String actor, int most) {
    return transactions.inTransaction(
        handle -> {
          List<LockedJob> jobs =
              Daos.on(handle, SteeringDao.class).lockSubmittedBy(owner, tenant, most);
          hide(
              handle,
              jobs.stream().filter(Remover::isHiddenAtOnce).map(LockedJob::batch).toList(),
              actor);
          jobs.stream()
              .filter(job -> !isHiddenAtOnce(job))
              .forEach(job -> stop(handle, job, actor));
          return jobs.size();
        });
  }

  /** Who submits it finds its batch gone. */
  private static boolean isHiddenAtOnce(LockedJob job) {
    return StateRules.isHiddenAtOnce(job.state());
  }

  private static void stop(Handle handle, LockedJob job, String actor) {
    SteeringDao dao = Daos.on(handle, SteeringDao.class);
    dao.stop(job.batch(), BatchState.CANCELLED, job.isForced(), job.stopReason(), null);
    dao.removeAtEnd(job.batch());
    Daos.on(handle, EventDao.class).insert(job.batch(), EventKind.CANCELLING, actor, null);
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
    return transactions.autoCommit(handle -> Daos.on(handle, JobDao.class).isAnyHidden());
  }

  /** Removes the last items of a hidden batch, and with the first of them the batch itself. */
  private static int removeSlice(Handle handle, int rows) {
    JobDao jobs = Daos.on(handle, JobDao.class);
    Optional<LockedJob> hidden = jobs.lockHidden();
    if (hidden.isEmpty()) {
      return 0;
    }
    long batch = hidden.get().batch();
    int total = Math.toIntExact(hidden.get().total());
    int from = Math.max(0, total - Math.max(1, rows / ROWS_AN_ITEM));
    RecordDao records = Daos.on(handle, RecordDao.class);
    long first = ItemIds.of(batch, from);
    long end = ItemIds.of(batch, total);
    records.deleteOutcomes(first, end);
    records.deleteErrors(first, end);
    records.deleteKeys(batch, records.keys(first, end).toArray(String[]::new));
    records.deleteItems(first, end);
    if (from > 0) {
      jobs.shrink(batch, from);
    } else {
      Daos.on(handle, EventDao.class).delete(batch);
      jobs.delete(batch);
    }
    return 1 + (total - from) * ROWS_AN_ITEM;
  }
}
