package org.batchengine.jdbc;

import java.util.Optional;
import java.util.Set;
import org.batchengine.jdbc.EventDao.Kind;
import org.batchengine.jdbc.JobDao.LockedJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.batchengine.store.Steering;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/**
 * Takes FAILED items up again, under the lock of their batch.
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

  private final Transactions transactions;

  Reopener(Database database) {
    transactions = database.transactions();
  }

  Optional<StateChange> retryFailed(Steering steering, FailedItems which) {
    return transactions.inTransaction(
        handle ->
            handle
                .attach(JobDao.class)
                .lock(steering.batch(), steering.tenant())
                .map(job -> reopen(handle, steering, job, which)));
  }

  private static StateChange reopen(
      Handle handle, Steering steering, LockedJob job, FailedItems which) {
    if (!job.isActive() && !job.state().isTerminal()) {
      return Steerer.unchanged(steering.batch(), job.state());
    }
    int items = park(handle, job.batch(), which);
    if (items == 0) {
      return Steerer.unchanged(steering.batch(), job.state());
    }
    handle
        .createUpdate(DELETE_OUTCOMES)
        .bind("first", ItemIds.first(job.batch()))
        .bind("end", ItemIds.end(job.batch()))
        .execute();
    if (job.state().isTerminal()) {
      handle.attach(ProgressDao.class).carry(job.batch(), items);
      handle.attach(SteeringDao.class).reopen(job.batch());
    } else {
      uncount(handle.attach(ProgressDao.class), job.batch(), items);
    }
    handle
        .attach(EventDao.class)
        .insert(job.batch(), Kind.REOPENED, steering.actor(), steering.reason());
    BatchState after = job.state().isTerminal() ? BatchState.RUNNING : job.state();
    return new StateChange(steering.batch(), true, job.state(), after, items);
  }

  private static int park(Handle handle, long batch, FailedItems which) {
    Conditions conditions = new Conditions().and("j.batch_no = :batch");
    texts(conditions, "e.type = any(:types)", "types", which.types());
    texts(conditions, "e.fingerprint = any(:prints)", "prints", which.fingerprints());
    texts(
        conditions,
        """
        o.item_id in (select cast(:first as bigint) + k.item_index from batch_item_key k
          where k.batch_no = :batch and k.item_key = any(:keys))""",
        "keys",
        which.keys());
    if (!which.indexes().isEmpty()) {
      Long[] items =
          which.indexes().stream().map(index -> ItemIds.of(batch, index)).toArray(Long[]::new);
      conditions.and("o.item_id = any(:items)", "items", items);
    }
    boolean asksForErrors = !which.types().isEmpty() || !which.fingerprints().isEmpty();
    Update update =
        handle.createUpdate(PARK + (asksForErrors ? LAST_ERROR : "") + conditions.sql());
    return conditions
        .bindTo(update)
        .bind("batch", batch)
        .bind("first", ItemIds.first(batch))
        .bind("end", ItemIds.end(batch))
        .execute();
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
