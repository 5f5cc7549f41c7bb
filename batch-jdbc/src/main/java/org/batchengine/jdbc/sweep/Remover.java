package org.batchengine.jdbc.sweep;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.WaitDao;
import org.batchengine.store.Actor;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Removes batches: they are hidden at once and for good, with their idempotency key free again, and
 * their records go in slices, the job row with the last of them. Payloads alone go in slices too.
 */
final class Remover {
  /** An item has its own row and that of its outcome. */
  private static final int ROWS_AN_ITEM = 2;

  /** Few enough that even large payloads leave room for the database's copies of them. */
  private static final int PURGED_AT_ONCE = 1_000;

  private final Transactions transactions;

  Remover(Database database) {
    transactions = database.brief();
  }

  int hideEnded(Duration longerAgo, int most) {
    return transactions.inTransaction(
        handle -> {
          List<Long> ended = SqlObjects.on(handle, RemovalDao.class).lockEnded(longerAgo, most);
          List<Long> free = JobChanges.withFreeKeys(handle, ended);
          JobChanges.hide(handle, free, null);
          return free.size();
        });
  }

  int purgePayloads(Duration longerAgo, @Nullable String tenant, Actor by, int most) {
    int purged = 0;
    while (purged < most) {
      int left = Math.min(most - purged, PURGED_AT_ONCE);
      int items =
          transactions.inTransaction(
              handle ->
                  SqlObjects.on(handle, RemovalDao.class)
                      .lockUnpurged(longerAgo, tenant)
                      .map(job -> purgeSlice(handle, job, by, left))
                      .orElse(0));
      if (items == 0) {
        break;
      }
      purged += items;
    }
    return purged;
  }

  private static int purgeSlice(Handle handle, LockedJob job, Actor by, int most) {
    int end = (int) Math.min(job.total(), (long) job.purged() + most);
    long first = ItemIds.of(job.batch(), job.purged());
    RemovalDao records = SqlObjects.on(handle, RemovalDao.class);
    records.deleteInputs(first, ItemIds.of(job.batch(), end));
    records.purgeInputs(first, ItemIds.of(job.batch(), end));
    records.purgeOutputs(first, ItemIds.of(job.batch(), end));
    records.markPurged(job.batch(), end);
    if (job.purged() == 0) {
      SqlObjects.on(handle, EventDao.class).insert(job.batch(), EventKind.PURGED, by, null);
    }
    return end - job.purged();
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
    return transactions.autoCommit(handle -> SqlObjects.on(handle, RemovalDao.class).isAnyHidden());
  }

  /** Removes the last items of a hidden batch, and with the first of them the batch itself. */
  private static int removeSlice(Handle handle, int rows) {
    RemovalDao records = SqlObjects.on(handle, RemovalDao.class);
    Optional<LockedJob> hidden = records.lockHidden();
    if (hidden.isEmpty()) {
      return 0;
    }
    long batch = hidden.get().batch();
    int total = Math.toIntExact(hidden.get().total());
    int from = Math.max(0, total - Math.max(1, rows / ROWS_AN_ITEM));
    long first = ItemIds.of(batch, from);
    long end = ItemIds.of(batch, total);
    records.deleteOutcomes(first, end);
    records.deleteErrors(first, end);
    records.deleteInputs(first, end);
    records.deleteKeys(batch, records.keys(first, end));
    records.deleteItems(first, end);
    if (from > 0) {
      records.shrink(batch, from);
    } else {
      records.deleteReports(batch);
      SqlObjects.on(handle, WaitDao.class)
          .deleteOf(batch); // it may have been removed half submitted
      SqlObjects.on(handle, JobDao.class).delete(batch);
    }
    return 1 + (total - from) * ROWS_AN_ITEM;
  }
}
