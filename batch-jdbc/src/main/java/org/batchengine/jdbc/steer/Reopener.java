package org.batchengine.jdbc.steer;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.LastError;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Takes FAILED items up again, under the lock of their batch, in slices of its indexes, each of
 * which is a transaction. From the first that takes up any until the last, the batch does not end,
 * whatever becomes of them meanwhile: however many slices there are, it is one run.
 *
 * <ol>
 *   <li>The items are parked, due at once. Their attempts count on, since each has errors under its
 *       numbers, and their retries are counted from there.
 *   <li>The outcomes of those that are parked go, and no others: of a live batch an item may have
 *       failed between the two statements.
 *   <li>The counters follow. An ended batch gets new ones: what it had settled, but for these.
 * </ol>
 */
final class Reopener {
  private static final String PARK =
      """
      insert into batch_parked (item_id, batch_no, kind, attempts, budget_from, due_at, type, tenant,
        priority, sequential, held, <measures>)
      select o.item_id, j.batch_no, 'RETRY', o.attempts, o.attempts, <now>, j.type, j.tenant,
        j.priority, j.sequential, j.state = 'PAUSED', <measures o>
      from batch_job j
      join batch_outcome o on o.item_id >= :first and o.item_id < :end and o.state = 'FAILED'
      """;

  /** Looks each item up: a join by range and key may read the whole range for each item. */
  private static final String OF_PARKED =
      """
      where o.item_id >= :first and o.item_id < :end and o.state = 'FAILED'
        and (select p.item_id from batch_parked p where p.item_id = o.item_id) is not null
      """;

  private static final String COUNT_OUTCOMES =
      "select count(*) as failed, <item_sums> from batch_outcome o " + OF_PARKED;

  /** Indexes of a slice: few enough that nobody waits for the lock, or for a turn, for long. */
  private static final int SLICE = 5_000;

  /** Longer than a slice takes. A call that dies keeps its batch from ending for so long. */
  private static final Duration LONGEST_SLICE = Duration.ofMinutes(1);

  private final Transactions transactions;

  Reopener(Database database) {
    transactions = database.transactions();
  }

  Optional<StateChange> retryFailed(Steering steering, FailedItems which) {
    Progress progress = Progress.beforeThe(which);
    while (!progress.isOver) {
      Progress before = progress;
      Optional<Progress> after =
          transactions.inTransaction(
              handle ->
                  SqlObjects.on(handle, JobDao.class)
                      .lock(steering.batch(), steering.tenant())
                      .map(job -> Slice.of(handle, job, which, before).reopen(steering)));
      if (after.isEmpty()) {
        break; // there is no such batch, or not any more
      }
      progress = after.get();
    }
    return Optional.ofNullable(progress.change);
  }

  /**
   * How far a call has come.
   *
   * @param change what it has changed so far; null before the first slice
   * @param holds whether it keeps the batch from ending
   */
  private record Progress(int next, @Nullable StateChange change, boolean holds, boolean isOver) {

    static Progress beforeThe(FailedItems which) {
      return new Progress(
          which.indexes().stream().findFirst().orElse(0) / SLICE * SLICE, null, false, false);
    }

    boolean hasChanged() {
      return change != null && change.changed();
    }
  }

  /**
   * Items of a locked batch.
   *
   * @param isLast whether none of those that are meant comes after it
   */
  private record Slice(
      Handle handle, LockedJob job, FailedItems which, Progress before, int end, boolean isLast) {

    static Slice of(Handle handle, LockedJob job, FailedItems which, Progress before) {
      long last =
          which.indexes().stream().reduce((one, next) -> next).map(i -> i + 1L).orElse(job.total());
      int end = (int) Math.min(job.total(), (long) before.next + SLICE);
      return new Slice(handle, job, which, before, end, end >= Math.min(last, job.total()));
    }

    Progress reopen(Steering steering) {
      StateRules.requireUnpurged(steering.batch(), job.state(), job.purged());
      if (!StateRules.canReopen(job.state())) {
        return over(steering, 0); // it is being stopped
      }
      int items = before.next < end ? park() : 0;
      if (items > 0) {
        follow();
      }
      if (items > 0 && !before.hasChanged()) {
        SqlObjects.on(handle, EventDao.class)
            .insert(job.batch(), EventKind.REOPENED, steering.by(), steering.reason());
      }
      return isLast ? over(steering, items) : goOn(steering, items);
    }

    private Progress over(Steering steering, int items) {
      if (before.holds) {
        SqlObjects.on(handle, SteeringDao.class).endReopening(job.batch());
      }
      return new Progress(end, change(steering, items), false, true);
    }

    private Progress goOn(Steering steering, int items) {
      SteeringDao dao = SqlObjects.on(handle, SteeringDao.class);
      if (before.holds) {
        dao.goOnReopening(job.batch(), LONGEST_SLICE);
      } else if (items > 0) {
        dao.beginReopening(job.batch(), LONGEST_SLICE);
      }
      return new Progress(end, change(steering, items), before.holds || items > 0, false);
    }

    private StateChange change(Steering steering, int items) {
      StateChange earlier = before.change;
      if (earlier != null && earlier.changed()) {
        return new StateChange(
            earlier.batchId(), true, earlier.before(), earlier.after(), earlier.items() + items);
      }
      return items == 0
          ? StateRules.unchanged(steering.batch(), job.state())
          : new StateChange(
              steering.batch(), true, job.state(), StateRules.reopened(job.state()), items);
    }

    /** Outcomes and counters of the items that were parked. */
    private void follow() {
      ProgressDao.Failed reopened =
          handle
              .createQuery(COUNT_OUTCOMES)
              .bind("first", first())
              .bind("end", last())
              .map(
                  (row, context) ->
                      new ProgressDao.Failed(
                          row.getLong("failed"),
                          row.getLong("item_micros"),
                          row.getLong("retries")))
              .one();
      handle
          .createUpdate("delete from batch_outcome o " + OF_PARKED)
          .bind("first", first())
          .bind("end", last())
          .execute();
      ProgressDao progress = SqlObjects.on(handle, ProgressDao.class);
      StateChange earlier = before.change;
      if (job.state().isTerminal()) {
        progress.carry(job.batch(), reopened.failed(), reopened.itemMicros(), reopened.retries());
        SqlObjects.on(handle, SteeringDao.class).reopen(job.batch());
      } else if (earlier != null && earlier.changed() && earlier.before().isTerminal()) {
        uncount(progress, job.batch(), reopened, 0);
      } else {
        uncount(
            progress,
            job.batch(),
            reopened,
            Math.min(reopened.failed(), progress.failures(job.batch())));
      }
    }

    private long first() {
      return ItemIds.of(job.batch(), before.next);
    }

    private long last() {
      return ItemIds.of(job.batch(), end);
    }

    private int park() {
      Conditions conditions = new Conditions().and("j.batch_no = :batch");
      texts(
          conditions,
          LastError.column("type", "o.item_id") + " = any(:types)",
          "types",
          which.types());
      texts(
          conditions,
          LastError.column("fingerprint", "o.item_id") + " = any(:prints)",
          "prints",
          which.fingerprints());
      texts(
          conditions,
          """
        o.item_id in (select k.batch_no * 2147483648 + k.item_index from batch_item_key k
          where k.batch_no = :batch and k.item_key = any(:keys))""",
          "keys",
          which.keys());
      if (!which.indexes().isEmpty()) {
        List<Long> items =
            which.indexes().stream().map(index -> ItemIds.of(job.batch(), index)).toList();
        conditions.and("o.item_id = any(:items)", "items", Slices.one(items, Long[]::new));
      }
      return conditions
          .bindTo(handle.createUpdate(PARK + conditions.sql()))
          .bind("batch", job.batch())
          .bind("first", first())
          .bind("end", last())
          .execute();
    }
  }

  private static void texts(
      Conditions conditions, String condition, String name, Set<String> texts) {
    if (!texts.isEmpty()) {
      conditions.and(condition, name, Slices.one(texts, String[]::new));
    }
  }

  /** Failures of this run are taken back first: what is tolerated is compared with those. */
  private static void uncount(
      ProgressDao progress, long batch, ProgressDao.Failed reopened, long ofThisRun) {
    long others = reopened.failed() - ofThisRun;
    if (ofThisRun > 0) {
      ProgressDao.count(progress, batch, ProgressDao.REOPENED, reopened.taken(ofThisRun));
      ProgressDao.count(
          progress, batch, ProgressDao.CARRIED, new ProgressDao.Failed(-others, 0, 0));
    } else {
      ProgressDao.count(progress, batch, ProgressDao.CARRIED, reopened.taken(others));
    }
    progress.deleteEmpty(batch);
  }
}
