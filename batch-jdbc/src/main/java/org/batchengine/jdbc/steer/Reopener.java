package org.batchengine.jdbc.steer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
import org.batchengine.store.Actor;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.StateRules;
import org.batchengine.store.rules.Utf8;
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

  /** A page is a slice. Who makes them may fail, and then the batch is to end all the same. */
  Optional<StateChange> retryCorrected(
      Steering steering, Iterator<? extends SortedMap<Integer, String>> pages) {
    Progress progress = Progress.beforeThe(FailedItems.all());
    try {
      while (!progress.isOver) {
        boolean isLast = !pages.hasNext();
        SortedMap<Integer, String> page = isLast ? new TreeMap<>() : pages.next();
        Progress before = progress;
        Optional<Progress> after =
            transactions.inTransaction(
                handle ->
                    SqlObjects.on(handle, JobDao.class)
                        .lock(steering.batch(), steering.tenant())
                        .map(job -> Slice.of(handle, job, page, before, isLast).reopen(steering)));
        if (after.isEmpty()) {
          break;
        }
        progress = after.get();
      }
      return Optional.ofNullable(progress.change);
    } catch (RuntimeException | Error e) {
      if (progress.holds) {
        endReopening(steering, e);
      }
      throw e;
    }
  }

  private void endReopening(Steering steering, Throwable why) {
    try {
      transactions.useTransaction(
          handle ->
              SqlObjects.on(handle, JobDao.class)
                  .lock(steering.batch(), steering.tenant())
                  .ifPresent(
                      job -> SqlObjects.on(handle, SteeringDao.class).endReopening(job.batch())));
    } catch (RuntimeException e) {
      why.addSuppressed(e); // it ends once the longest slice is over
    }
  }

  /**
   * What a slice takes up.
   *
   * @param inputs other inputs of all of them, by index; empty: they keep theirs
   */
  private record Wanted(FailedItems which, SortedMap<Integer, String> inputs) {}

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
      Handle handle, LockedJob job, Wanted wanted, Progress before, int end, boolean isLast) {

    static Slice of(
        Handle handle,
        LockedJob job,
        SortedMap<Integer, String> page,
        Progress before,
        boolean isLast) {
      boolean isEmpty = page.isEmpty();
      int from = isEmpty ? before.next : page.firstKey();
      return new Slice(
          handle,
          job,
          new Wanted(isEmpty ? FailedItems.all() : FailedItems.at(page.keySet()), page),
          new Progress(from, before.change, before.holds, false),
          isEmpty ? from : page.lastKey() + 1,
          isLast);
    }

    static Slice of(Handle handle, LockedJob job, FailedItems which, Progress before) {
      long last =
          which.indexes().stream().reduce((one, next) -> next).map(i -> i + 1L).orElse(job.total());
      int end = (int) Math.min(job.total(), (long) before.next + SLICE);
      return new Slice(
          handle,
          job,
          new Wanted(which, new TreeMap<>()),
          before,
          end,
          end >= Math.min(last, job.total()));
    }

    Progress reopen(Steering steering) {
      StateRules.requireUnpurged(steering.batch(), job.state(), job.purged());
      if (!StateRules.canReopen(job.state())) {
        return over(steering, 0); // it is being stopped
      }
      int items = before.next < end ? park() : 0;
      boolean isFirst = items > 0 && !before.hasChanged();
      if (items > 0) {
        correct(steering.by());
        follow();
      }
      if (isFirst) {
        tell(steering, EventKind.REOPENED);
      }
      if (isFirst && !wanted.inputs.isEmpty()) {
        tell(steering, EventKind.CORRECTED);
      }
      return isLast ? over(steering, items) : goOn(steering, items);
    }

    private void tell(Steering steering, EventKind kind) {
      SqlObjects.on(handle, EventDao.class)
          .insert(job.batch(), kind, steering.by(), steering.reason());
    }

    /** Before the outcomes go: they say which of the items were parked by this slice. */
    private void correct(Actor by) {
      if (wanted.inputs.isEmpty()) {
        return;
      }
      List<Long> items = new ArrayList<>();
      List<String> inputs = new ArrayList<>();
      long largest = 0;
      for (Map.Entry<Integer, String> each : wanted.inputs.entrySet()) {
        items.add(ItemIds.of(job.batch(), each.getKey()));
        inputs.add(each.getValue());
        largest = Math.max(largest, Utf8.length(each.getValue()));
      }
      SteeringDao dao = SqlObjects.on(handle, SteeringDao.class);
      dao.correct(items, inputs, by.user());
      dao.largestInput(job.batch(), Math.toIntExact(largest));
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
      FailedItems which = wanted.which;
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
