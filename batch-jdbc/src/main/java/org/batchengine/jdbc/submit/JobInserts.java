package org.batchengine.jdbc.submit;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.batchengine.feed.EventKind;
import org.batchengine.jdbc.limit.SubmitLimits;
import org.batchengine.jdbc.sql.Columns;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.table.EventDao;
import org.batchengine.jdbc.table.JobDao;
import org.batchengine.jdbc.table.JobRows;
import org.batchengine.jdbc.table.NewChunks;
import org.batchengine.jdbc.table.NewRehearsals;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.store.Actor;
import org.batchengine.store.FencedException;
import org.batchengine.store.Fill;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;
import org.batchengine.store.Submitted.IdTaken;
import org.batchengine.store.Submitted.KeyTaken;
import org.batchengine.store.rules.Admission;
import org.batchengine.store.rules.InputBytes;
import org.batchengine.store.rules.StateRules;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a new batch but for its items: the job row, which takes the id, one that takes the
 * idempotency key, and the chunks.
 */
final class JobInserts {
  private static final String INSERT_JOB =
      """
      insert into batch_job
        (id, type, tenant, submitted_by, name, description, idempotency_key, priority, metadata,
         start_at, retry_policy, input_format, output_format, sequential, tolerated_failures,
         tolerated_rate, deadline_micros, deadline_at, session_id, state, total, input_bytes,
         largest_input, succeeded, failed, skipped, cancelled, created_at, updated_at, ended_at,
         measures, notify, timeout_micros, chunk_size, rehearse, rehearse_random, waiting, filled_from,
         budget_place, budget_most, call_limit)
       select
         :id, :type, :tenant, :submittedBy, :name, :description, :idempotencyKey, :priority, :metadata,
         :startAt, :retryPolicy, :inputFormat, :outputFormat, :sequential, :toleratedFailures,
         :toleratedRate, :deadlineMicros,
         case when :state <> 'SUBMITTING' and not :waiting then
           case when cast(:startAt as timestamp(6) with time zone) > <now>
             then cast(:startAt as timestamp(6) with time zone) else <now> end
             + cast(:deadline as numeric(20, 6)) * interval '1' second end,
         :session, :state, :total, :bytes, :largest,
         :count, :count, :count, :count, <now>, <now>, case when :state = 'COMPLETED' then <now> end,
         :measures, :notified, :timeoutMicros, :chunkSize, :rehearse, :rehearseRandom, :waiting, :filledFrom,
         :budgetPlace, :budgetMost, :limit
       where <if>
      """;

  private static final String FINISH =
      """
      update batch_job set session_id = null, updated_at = <now>,
        state = case when total = 0 and not waiting then 'COMPLETED' else 'PENDING' end,
        deadline_at = case when not waiting then case when start_at > <now> then start_at else <now> end
          + cast(deadline_micros / 1000000.0 as numeric(20, 6)) * interval '1' second end,
        rehearse = case when rehearse < total then rehearse end,
        ended_at = case when total = 0 and not waiting then <now> end,
        succeeded = case when total = 0 and not waiting then 0 end,
        failed = case when total = 0 and not waiting then 0 end,
        skipped = case when total = 0 and not waiting then 0 end,
        cancelled = case when total = 0 and not waiting then 0 end
      where batch_no = :batch and session_id = :session and state = 'SUBMITTING' and id is not null
      """;

  private static final String IF_UNLIMITED = INSERT_JOB.replace("<if>", SubmitLimits.NONE);
  private static final String ADMITTED = INSERT_JOB.replace("<if>", "true\n");

  private JobInserts() {}

  /** A submit that has ended. */
  private record Finished(int total, boolean isRehearsed) {}

  /**
   * Inserts a batch with the items it has so far.
   *
   * @param session that submits it in pages; null: this is all of it
   * @throws org.batchengine.model.LimitExceededException if the limits leave no room
   */
  static Submitted insert(
      Handle handle,
      NewBatch batch,
      @Nullable Long session,
      List<NewItem> items,
      SubmitLimits limits) {
    SubmitDao keys = SqlObjects.on(handle, SubmitDao.class);
    WaitInserts waits = WaitInserts.of(handle, batch);
    FillInserts fill = FillInserts.of(handle, batch);
    BatchState state =
        session == null
            ? StateRules.submitted(items.size(), waits.isWaiting() || fill.isAny())
            : BatchState.SUBMITTING;
    Optional<Long> number =
        insertJobRow(handle, new JobRow(batch, state, session, items, waits.isWaiting()), limits);
    String key = batch.idempotencyKey();
    if (key != null) {
      boolean isTaken =
          number.isEmpty()
              ? keys.isKeyTaken(batch.tenant(), key)
              : !SqlFaults.unlessTaken(
                  () -> keys.takeKey(batch.tenant(), key, number.get()), false);
      if (isTaken) {
        number.ifPresent(SqlObjects.on(handle, JobDao.class)::delete);
        return new KeyTaken();
      }
    }
    number.ifPresent(each -> waits.insert(handle, each));
    number.ifPresent(each -> fill.insert(handle, each));
    return number.isEmpty() ? new IdTaken() : new Created(number.get());
  }

  /** What the row is made of. */
  private record JobRow(
      NewBatch batch,
      BatchState state,
      @Nullable Long session,
      List<NewItem> items,
      boolean isWaiting) {

    /** None if it is complete and has no other items. */
    @Nullable Rehearsal rehearsal() {
      Rehearsal rehearsal = batch.rehearsal();
      boolean isAll = session == null && rehearsal != null && !rehearsal.isPartOf(items.size());
      return isAll ? null : rehearsal;
    }
  }

  /** Nothing if the id is taken, or if it needs room and the key is. */
  private static Optional<Long> insertJobRow(Handle handle, JobRow row, SubmitLimits limits) {
    Optional<Long> number = unlessTaken(handle, IF_UNLIMITED, row);
    if (number.isPresent() || isTaken(handle, row.batch())) {
      return number;
    }
    int items = Admission.least(row.batch(), row.session(), row.items().size());
    limits.admit(handle, row.batch(), items);
    number = unlessTaken(handle, ADMITTED, row);
    if (number.isPresent() || isTaken(handle, row.batch())) {
      return number;
    }
    // Its number is taken, then. If the next one is as well, the database says so.
    return insertJobRow(handle, ADMITTED, row);
  }

  private static boolean isTaken(Handle handle, NewBatch batch) {
    SubmitDao dao = SqlObjects.on(handle, SubmitDao.class);
    String key = batch.idempotencyKey();
    return dao.isIdTaken(batch.id()) || (key != null && dao.isKeyTaken(batch.tenant(), key));
  }

  private static Optional<Long> unlessTaken(Handle handle, String sql, JobRow row) {
    return SqlFaults.unlessTaken(
        () -> insertJobRow(handle, sql + "<unless_taken>", row), Optional.empty());
  }

  private static Optional<Long> insertJobRow(Handle handle, String sql, JobRow row) {
    NewBatch batch = row.batch();
    Duration deadline = batch.deadline();
    Duration timeout = batch.timeout();
    InputBytes bytes = InputBytes.of(row.items());
    Fill fill = batch.fill();
    Rehearsal rehearsal = row.rehearsal();
    Budget budget = batch.budget();
    return handle
        .createUpdate(sql)
        .bind("id", batch.id().value())
        .bind("type", batch.type())
        .bind("tenant", batch.tenant())
        .bind("submittedBy", batch.submittedBy())
        .bind("name", batch.name())
        .bind("description", batch.description())
        .bind("idempotencyKey", batch.idempotencyKey())
        .bind("priority", batch.priority())
        .bind("metadata", batch.metadata())
        .bindByType("startAt", batch.startAt(), Instant.class)
        .bind("retryPolicy", batch.retryPolicy())
        .bind("inputFormat", batch.inputFormat())
        .bind("outputFormat", batch.outputFormat())
        .bind("sequential", batch.sequential())
        .bind("toleratedFailures", batch.toleratedFailures())
        .bind("toleratedRate", batch.toleratedRate())
        .bind("deadlineMicros", deadline == null ? null : Columns.micros(deadline))
        .bindByType("deadline", deadline, Duration.class)
        .bind("measures", batch.measures())
        .bind("notified", batch.notified())
        .bind("timeoutMicros", timeout == null ? null : Columns.micros(timeout))
        .bind("chunkSize", batch.chunkSize())
        .bind("rehearse", rehearsal == null ? null : rehearsal.items())
        .bind("rehearseRandom", rehearsal != null && rehearsal.atRandom())
        .bind("budgetPlace", JobRows.budgetPlace(budget, batch.measures()))
        .bind("budgetMost", budget == null ? null : budget.most())
        .bind("limit", JobRows.limitText(batch.limit()))
        .bind("session", row.session())
        .bind("waiting", row.isWaiting())
        .bindByType("filledFrom", fill == null ? null : fill.from(), BatchId.class)
        .bind("state", row.state().name())
        .bind("total", row.items().size())
        .bind("bytes", bytes.all())
        .bind("largest", bytes.largest())
        .bind("count", row.state().isTerminal() ? 0L : null)
        .executeAndReturnGeneratedKeys("batch_no")
        .mapTo(Long.class)
        .findOne();
  }

  /** Ends a submit in pages, whose batch must be the session's still. */
  static void finishPages(Handle handle, long batch, long session, Actor by) {
    Finished finished =
        handle
            .createUpdate(FINISH)
            .bind("batch", batch)
            .bind("session", session)
            .executeAndReturnGeneratedKeys("total", "rehearse")
            .map(
                (row, context) ->
                    new Finished(
                        Math.toIntExact(row.getLong("total")), row.getObject("rehearse") != null))
            .findOne()
            .orElseThrow(() -> new FencedException(session));
    finish(handle, batch, finished.total(), by);
    if (finished.isRehearsed()) {
      NewRehearsals.place(handle, batch);
    }
  }

  /** Makes what was submitted claimable, and tells of it. */
  static void finish(Handle handle, long batch, int total, Actor by) {
    NewChunks.insert(handle, batch, total);
    tellSubmitted(handle, batch, total, by);
  }

  private static void tellSubmitted(Handle handle, long batch, int total, Actor by) {
    EventDao events = SqlObjects.on(handle, EventDao.class);
    events.insert(batch, EventKind.SUBMITTED, by, null);
    if (total == 0 && SqlObjects.on(handle, SubmitDao.class).isCompleted(batch)) {
      events.insert(batch, EventKind.COMPLETED, null, null, null);
    }
  }
}
