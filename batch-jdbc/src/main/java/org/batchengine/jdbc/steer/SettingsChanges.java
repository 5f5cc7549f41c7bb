package org.batchengine.jdbc.steer;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobDao.LockedJob;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.model.Budget;
import org.batchengine.model.StateChange;
import org.batchengine.store.NewSettings;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.BatchSettings;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Changes settings of live batches. One transaction: the job row is locked, its settings are read
 * and written, its revision grows, and the event says what was changed. Its priority is then copied
 * to what it has waiting.
 */
final class SettingsChanges {
  private static final String SETTINGS =
      """
      select priority, retry_policy, tolerated_failures, tolerated_rate, deadline_micros, deadline_at,
        measures, budget_place, budget_most, call_limit, <now> as as_of
      from batch_job where batch_no = :batch
      """;

  private static final String UPDATE =
      """
      update batch_job set priority = :priority, retry_policy = :retryPolicy,
        tolerated_failures = :toleratedFailures, tolerated_rate = :toleratedRate,
        deadline_micros = :deadlineMicros, deadline_at = :deadlineAt,
        budget_place = :budgetPlace, budget_most = :budgetMost, call_limit = :limit,
        revision = revision + 1, updated_at = <now>
      where batch_no = :batch
      """;

  private final Transactions transactions;
  private final Priorities priorities;

  SettingsChanges(Database database) {
    transactions = database.transactions();
    priorities = new Priorities(database);
  }

  /** The settings of a batch, with the names of its measures. */
  private record Row(BatchSettings settings, @Nullable String measures, Instant now) {

    static Row of(ResultSet row) throws SQLException {
      return new Row(
          new BatchSettings(
              row.getInt("priority"),
              row.getString("retry_policy"),
              row.getObject("tolerated_failures", Long.class),
              row.getObject("tolerated_rate", Double.class),
              Columns.microsOrNull(row, "deadline_micros"),
              Columns.instantOrNull(row, "deadline_at"),
              JobRows.budget(row),
              JobRows.limit(row)),
          row.getString("measures"),
          Columns.instant(row, "as_of"));
    }
  }

  Optional<StateChange> change(Steering steering, NewSettings change) {
    long[] reprioritized = new long[1];
    Optional<StateChange> changed =
        transactions.inTransaction(
            handle ->
                SqlObjects.on(handle, JobDao.class)
                    .lock(steering.batch(), steering.tenant())
                    .map(
                        job -> {
                          reprioritized[0] = change.priority() == null ? 0 : job.batch();
                          return change(handle, job, steering, change);
                        }));
    if (reprioritized[0] > 0 && changed.filter(StateChange::changed).isPresent()) {
      priorities.correct(reprioritized[0]);
    }
    return changed;
  }

  private static StateChange change(
      Handle handle, LockedJob job, Steering steering, NewSettings change) {
    StateRules.requireChangeable(steering.batch(), job.state());
    Row row =
        handle
            .createQuery(SETTINGS)
            .bind("batch", job.batch())
            .map((found, context) -> Row.of(found))
            .one();
    BatchSettings next = row.settings.with(change, job.isWaiting(), row.now);
    if (next.equals(row.settings)) {
      return StateRules.unchanged(steering.batch(), job.state());
    }
    write(handle, job.batch(), next, row.measures);
    SqlObjects.on(handle, EventDao.class)
        .insertChange(job.batch(), steering.by(), steering.reason(), row.settings.changesTo(next));
    return StateRules.changed(steering.batch(), job.state(), job.state());
  }

  private static void write(
      Handle handle, long batch, BatchSettings next, @Nullable String measures) {
    Duration deadline = next.deadline();
    Budget budget = next.budget();
    handle
        .createUpdate(UPDATE)
        .bind("batch", batch)
        .bind("priority", next.priority())
        .bind("retryPolicy", next.retryPolicy())
        .bind("toleratedFailures", next.toleratedFailures())
        .bind("toleratedRate", next.toleratedRate())
        .bind("deadlineMicros", deadline == null ? null : Columns.micros(deadline))
        .bindByType("deadlineAt", next.deadlineAt(), Instant.class)
        .bind("budgetPlace", JobRows.budgetPlace(budget, measures))
        .bind("budgetMost", budget == null ? null : budget.most())
        .bind("limit", JobRows.limitText(next.limit()))
        .execute();
  }
}
