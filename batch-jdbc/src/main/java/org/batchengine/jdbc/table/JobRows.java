package org.batchengine.jdbc.table;

import static org.batchengine.jdbc.sql.Columns.instant;
import static org.batchengine.jdbc.sql.Columns.instantOrNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.UUID;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.MeasureColumns;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.NotifiedType;
import org.batchengine.store.rules.BudgetUse;
import org.batchengine.store.rules.RecentRate;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Rows of batches as values of the model. */
public final class JobRows {
  private JobRows() {}

  /** Registers them. */
  public static void register(Jdbi jdbi) {
    jdbi.registerRowMapper(BatchJob.class, (row, context) -> job(row))
        .registerRowMapper(
            ProgressDao.Settled.class,
            (row, context) ->
                new ProgressDao.Settled(
                    row.getLong("batch_no"), row.getLong("items"), row.getLong("failures")))
        .registerRowMapper(BatchHeader.class, (row, context) -> header(row))
        .registerRowMapper(BudgetUse.class, (row, context) -> budgetUse(row))
        .registerRowMapper(JobDao.LockedJob.class, (row, context) -> locked(row));
  }

  /** A row of {@link StatusDao#SELECT}. */
  public static BatchJob job(ResultSet row) throws SQLException {
    BatchState state = state(row);
    BatchCounts counts = counts(row, state);
    UUID filledFrom = row.getObject("filled_from", UUID.class);
    return BatchJob.builder(id(row), row.getString("type"))
        .tenant(row.getString("tenant"))
        .submittedBy(row.getString("submitted_by"))
        .name(row.getString("name"))
        .description(row.getString("description"))
        .idempotencyKey(row.getString("idempotency_key"))
        .priority(row.getInt("priority"))
        .metadata(row.getString("metadata"))
        .timeout(Columns.microsOrNull(row, "timeout_micros"))
        .chunkSize(row.getObject("chunk_size", Integer.class))
        .notifies(NotifiedType.names(row.getString("notify")))
        .run(row.getInt("run"))
        .state(state)
        .stateReason(row.getString("state_reason"))
        .waitsFor(row.getInt("waits_for"))
        .filledFrom(filledFrom == null ? null : BatchId.of(filledFrom))
        .filling(row.getBoolean("filling"))
        .rehearses(row.getObject("rehearse", Integer.class))
        .error(row.getString("error"))
        .counts(counts)
        .itemTime(Duration.of(row.getLong("item_micros"), ChronoUnit.MICROS))
        .retries(row.getLong("retries"))
        .measures(MeasureColumns.sums(row).named(BatchHeader.names(row.getString("measures"))))
        .itemsPerSecond(RecentRate.of(state, counts, row.getDouble("items_per_second")))
        .asOf(instant(row, "as_of"))
        .createdAt(instant(row, "created_at"))
        .updatedAt(instant(row, "updated_at"))
        .startAt(instantOrNull(row, "start_at"))
        .startedAt(instantOrNull(row, "started_at"))
        .reopenedAt(instantOrNull(row, "reopened_at"))
        .retriesDueAt(instantOrNull(row, "retries_due_at"))
        .endedAt(instantOrNull(row, "ended_at"))
        .deadlineAt(instantOrNull(row, "deadline_at"))
        .budget(budget(row))
        .limit(limit(row))
        .build();
  }

  /** While a batch is submitted or filled nothing is in motion: all that has come is pending. */
  private static BatchCounts counts(ResultSet row, BatchState state) throws SQLException {
    long total = row.getLong("total");
    long succeeded = row.getLong("succeeded");
    long failed = row.getLong("failed");
    long skipped = row.getLong("skipped");
    long cancelled = row.getLong("cancelled");
    long pending =
        state == BatchState.SUBMITTING || row.getBoolean("filling")
            ? total
            : row.getLong("pending");
    long retrying = row.getLong("retrying");
    long deferred = row.getLong("deferred");
    long running = total - succeeded - failed - skipped - cancelled - pending - retrying - deferred;
    return new BatchCounts(
        total, pending, running, retrying, deferred, succeeded, failed, skipped, cancelled);
  }

  static BatchHeader header(ResultSet row) throws SQLException {
    return new BatchHeader(
        row.getLong("batch_no"),
        id(row),
        row.getString("type"),
        row.getString("tenant"),
        row.getString("submitted_by"),
        row.getInt("priority"),
        row.getString("metadata"),
        row.getString("retry_policy"),
        Columns.microsOrNull(row, "timeout_micros"),
        row.getObject("chunk_size", Integer.class),
        row.getString("input_format"),
        row.getString("output_format"),
        row.getBoolean("sequential"),
        row.getObject("tolerated_failures", Long.class),
        row.getObject("tolerated_rate", Double.class),
        row.getLong("total"),
        row.getInt("largest_input"),
        row.getInt("revision"),
        row.getString("measures"),
        budget(row),
        limit(row));
  }

  /** Reads the limit of a batch's calls; null if it has none. */
  public static @Nullable Limit limit(ResultSet row) throws SQLException {
    String text = row.getString("call_limit");
    return text == null ? null : Limit.parse(text);
  }

  /** {@return a limit as it is stored} */
  public static @Nullable String limitText(@Nullable Limit limit) {
    return limit == null ? null : limit.toString();
  }

  static JobDao.LockedJob locked(ResultSet row) throws SQLException {
    return new JobDao.LockedJob(
        row.getLong("batch_no"),
        state(row),
        row.getLong("total"),
        stateOrNull(row.getString("stopping_to")),
        row.getString("state_reason"),
        row.getBoolean("stop_forced"),
        row.getObject("tolerated_failures", Long.class),
        row.getObject("tolerated_rate", Double.class),
        row.getBoolean("remove_at_end"),
        row.getBoolean("is_overdue"),
        row.getBoolean("is_reopening"),
        row.getInt("purged"),
        row.getBoolean("waiting"),
        row.getBoolean("is_rehearsing"),
        row.getBoolean("is_made_of_another"));
  }

  /** Reads the budget of a batch: it is of one of its measures. */
  public static @Nullable Budget budget(ResultSet row) throws SQLException {
    int place = row.getInt("budget_place");
    return row.wasNull()
        ? null
        : new Budget(
            BatchHeader.names(row.getString("measures")).get(place - 1),
            row.getDouble("budget_most"));
  }

  private static BudgetUse budgetUse(ResultSet row) throws SQLException {
    return new BudgetUse(Objects.requireNonNull(budget(row)), row.getBigDecimal("budget_sum"));
  }

  /** {@return the place of the measure of a budget among those of its batch, from 1} */
  public static @Nullable Integer budgetPlace(@Nullable Budget budget, @Nullable String measures) {
    return budget == null ? null : BatchHeader.names(measures).indexOf(budget.measure()) + 1;
  }

  private static @Nullable BatchState stateOrNull(@Nullable String name) {
    return name == null ? null : BatchState.valueOf(name);
  }

  /** Reads the id of a batch. */
  public static BatchId id(ResultSet row) throws SQLException {
    return BatchId.of(row.getObject("id", UUID.class));
  }

  /** Reads the state of a batch. */
  public static BatchState state(ResultSet row) throws SQLException {
    return BatchState.valueOf(row.getString("state"));
  }
}
