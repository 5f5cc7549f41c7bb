package org.batchengine.jdbc.steer;

import java.util.Optional;
import java.util.Set;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Conditions;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.EventKind;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/**
 * Takes FAILED items up again, under the lock of their batch, in slices of its indexes: each is a
 * transaction, as if there had been a call for each.
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
        priority, sequential, held)
      select o.item_id, j.batch_no, 'RETRY', o.attempts, o.attempts, <now>, j.type, j.tenant,
        j.priority, j.sequential, j.state = 'PAUSED'
      from batch_job j
      join batch_outcome o on o.item_id >= :first and o.item_id < :end and o.state = 'FAILED'
      """;

  /** The range stands in the anti-join again: without it the join would read the whole table. */
  private static final String DELETE_OUTCOMES =
      """
      delete from batch_outcome o
      where o.item_id >= :first and o.item_id < :end and o.state = 'FAILED'
        and exists (select 1 from batch_parked p
          where p.item_id = o.item_id and p.item_id >= :first and p.item_id < :end)
      """;

  private static final String LAST_ERROR =
      """
      join batch_error e on e.item_id = o.item_id and e.item_id >= :first and e.item_id < :end
        and e.attempt = (select max(l.attempt) from batch_error l where l.item_id = o.item_id)
      """;

  /** So that nobody waits for the lock for long. */
  static final int SLICE = 50_000;

  private final Transactions transactions;

  Reopener(Database database) {
    transactions = database.transactions();
  }

  Optional<StateChange> retryFailed(Steering steering, FailedItems which) {
    Optional<LockedJob> found =
        transactions.inTransaction(
            handle ->
                SqlObjects.on(handle, JobDao.class).lock(steering.batch(), steering.tenant()));
    return found.flatMap(job -> retryFailed(steering, which, job.total()));
  }

  private Optional<StateChange> retryFailed(Steering steering, FailedItems which, long total) {
    Optional<StateChange> all = Optional.empty();
    for (long from = 0; from == 0 || from < total; from += SLICE) {
      int first = (int) from;
      int end = (int) Math.min(total, from + SLICE);
      Optional<StateChange> slice =
          transactions.inTransaction(
              handle ->
                  SqlObjects.on(handle, JobDao.class)
                      .lock(steering.batch(), steering.tenant())
                      .map(job -> new Slice(handle, job, first, end).reopen(steering, which)));
      if (slice.isEmpty()) {
        break;
      }
      all = all.isEmpty() ? slice : Optional.of(both(all.get(), slice.get()));
    }
    return all;
  }

  private static StateChange both(StateChange one, StateChange next) {
    if (!one.changed() || !next.changed()) {
      return one.changed() ? one : next;
    }
    return new StateChange(
        one.batchId(), true, one.before(), next.after(), one.items() + next.items());
  }

  /** Items of a locked batch. */
  private record Slice(Handle handle, LockedJob job, long first, long end) {

    Slice(Handle handle, LockedJob job, int from, int to) {
      this(handle, job, ItemIds.of(job.batch(), from), ItemIds.of(job.batch(), to));
    }

    StateChange reopen(Steering steering, FailedItems which) {
      if (!StateRules.canReopen(job.state())) {
        return StateRules.unchanged(steering.batch(), job.state());
      }
      int items = park(which);
      if (items == 0) {
        return StateRules.unchanged(steering.batch(), job.state());
      }
      handle.createUpdate(DELETE_OUTCOMES).bind("first", first).bind("end", end).execute();
      if (job.state().isTerminal()) {
        SqlObjects.on(handle, ProgressDao.class).carry(job.batch(), items);
        SqlObjects.on(handle, SteeringDao.class).reopen(job.batch());
      } else {
        uncount(SqlObjects.on(handle, ProgressDao.class), job.batch(), items);
      }
      SqlObjects.on(handle, EventDao.class)
          .insert(job.batch(), EventKind.REOPENED, steering.actor(), steering.reason());
      BatchState after = StateRules.reopened(job.state());
      return new StateChange(steering.batch(), true, job.state(), after, items);
    }

    private int park(FailedItems which) {
      Conditions conditions = new Conditions().and("j.batch_no = :batch");
      texts(conditions, "e.type = any(:types)", "types", which.types());
      texts(conditions, "e.fingerprint = any(:prints)", "prints", which.fingerprints());
      texts(
          conditions,
          """
        o.item_id in (select k.batch_no * 2147483648 + k.item_index from batch_item_key k
          where k.batch_no = :batch and k.item_key = any(:keys))""",
          "keys",
          which.keys());
      if (!which.indexes().isEmpty()) {
        Long[] items =
            which.indexes().stream()
                .map(index -> ItemIds.of(job.batch(), index))
                .toArray(Long[]::new);
        conditions.and("o.item_id = any(:items)", "items", items);
      }
      boolean asksForErrors = !which.types().isEmpty() || !which.fingerprints().isEmpty();
      Update update =
          handle.createUpdate(PARK + (asksForErrors ? LAST_ERROR : "") + conditions.sql());
      return conditions
          .bindTo(update)
          .bind("batch", job.batch())
          .bind("first", first)
          .bind("end", end)
          .execute();
    }
  }

  private static void texts(
      Conditions conditions, String condition, String name, Set<String> texts) {
    if (!texts.isEmpty()) {
      conditions.and(condition, name, texts.toArray(String[]::new));
    }
  }

  /** Failures of this run are taken back first: what is tolerated is compared with those. */
  private static void uncount(ProgressDao progress, long batch, int items) {
    int ofThisRun = (int) Math.min(items, progress.failures(batch));
    add(progress, batch, ProgressDao.REOPENED, -ofThisRun);
    add(progress, batch, ProgressDao.CARRIED, ofThisRun - items);
    progress.deleteEmpty(batch);
  }

  private static void add(ProgressDao progress, long batch, long session, int failed) {
    if (failed != 0 && !progress.addFailed(batch, session, failed)) {
      progress.insertFailed(batch, session, failed);
    }
  }
}
