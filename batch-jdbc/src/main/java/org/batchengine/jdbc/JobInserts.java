package org.batchengine.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.batchengine.model.BatchState;
import org.batchengine.model.StoreException;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;
import org.batchengine.store.Submitted.IdTaken;
import org.batchengine.store.Submitted.KeyTaken;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Submits batches: in one transaction, or in pages by a session.
 *
 * <ol>
 *   <li>The job row takes the id, then a row of its own takes the idempotency key.
 *   <li>Each page locks the job row, which must be SUBMITTING by its session still. So whoever ends
 *       the session waits for the page, and no page follows.
 *   <li>The chunks come last: before them nothing can be claimed.
 * </ol>
 */
final class Submitter {
  /** So that nodes do not queue at one row, and small batches are not torn. */
  private static final int MOST_CHUNKS = 8;

  private static final int FEWEST_ITEMS_A_CHUNK = 100;

  private static final String INSERT_JOB =
      """
      insert into batch_job
        (id, type, tenant, submitted_by, name, description, idempotency_key, priority, metadata,
         start_at, retry_policy, input_format, output_format, sequential, tolerated_failures,
         tolerated_rate, deadline_micros, deadline_at, session_id, state, total, input_bytes,
         succeeded, failed, skipped, cancelled, created_at, updated_at, ended_at)
      values
        (:id, :type, :tenant, :submittedBy, :name, :description, :idempotencyKey, :priority, :metadata,
         :startAt, :retryPolicy, :inputFormat, :outputFormat, :sequential, :toleratedFailures,
         :toleratedRate, :deadlineMicros,
         case when :state <> 'SUBMITTING' then
           case when cast(:startAt as timestamp(6) with time zone) > <now>
             then cast(:startAt as timestamp(6) with time zone) else <now> end
             + cast(:deadline as numeric(20, 6)) * interval '1' second end,
         :session, :state, :total, :bytes,
         :count, :count, :count, :count, <now>, <now>, case when :state = 'COMPLETED' then <now> end)
      <unless_taken>
      """;

  private final Transactions transactions;
  private final ItemInserts items;

  Submitter(Database database) {
    transactions = database.transactions();
    items = new ItemInserts(database.dialect().itemWriter(database.sql()));
  }

  Submitted submit(NewBatch batch, List<NewItem> all) {
    return transactions.inTransaction(
        handle -> {
          BatchState state = all.isEmpty() ? BatchState.COMPLETED : BatchState.PENDING;
          Submitted submitted = insertJob(handle, batch, state, null, all);
          if (submitted instanceof Created created) {
            items.insert(handle, created.batch(), 0, all);
            insertChunks(handle, created.batch(), all.size());
            tellSubmitted(handle, created.batch(), all.size());
          }
          return submitted;
        });
  }

  Submitted begin(NewBatch batch, long session) {
    return transactions.inTransaction(
        handle -> {
          if (Daos.on(handle, SessionDao.class).share(session).isEmpty()) {
            throw new FencedException(session);
          }
          return insertJob(handle, batch, BatchState.SUBMITTING, session, List.of());
        });
  }

  void append(long batch, long session, List<NewItem> page) {
    try {
      transactions.useTransaction(
          handle -> {
            long total =
                Daos.on(handle, JobDao.class)
                    .grow(batch, session, page.size(), ItemInserts.bytes(page))
                    .orElseThrow(() -> new FencedException(session));
            items.insert(handle, batch, Math.toIntExact(total - page.size()), page);
          });
    } catch (StoreException e) {
      if (SqlFaults.isDuplicateKey(e)) {
        transactions.useTransaction(handle -> ItemInserts.refuseTaken(handle, batch, page));
      }
      throw e;
    }
  }

  void finish(long batch, long session) {
    transactions.useTransaction(
        handle -> {
          long total =
              Daos.on(handle, JobDao.class)
                  .finishSubmit(batch, session)
                  .orElseThrow(() -> new FencedException(session));
          insertChunks(handle, batch, Math.toIntExact(total));
          tellSubmitted(handle, batch, total);
        });
  }

  void abandon(long batch, long session) {
    transactions.useTransaction(handle -> abandon(Daos.on(handle, JobDao.class), batch, session));
  }

  /** Hides what the session has begun and not finished. */
  static void abandonAll(Handle handle, long session) {
    JobDao jobs = Daos.on(handle, JobDao.class);
    jobs.submittedBy(session).forEach(batch -> abandon(jobs, batch, session));
  }

  private static void abandon(JobDao jobs, long batch, long session) {
    if (jobs.hideUnfinished(batch, session)) {
      jobs.freeKeys(batch);
    }
  }

  static Submitted insertJob(
      Handle handle,
      NewBatch batch,
      BatchState state,
      @Nullable Long session,
      List<NewItem> items) {
    JobDao jobs = Daos.on(handle, JobDao.class);
    Optional<Long> number =
        SqlFaults.unlessTaken(
            () -> insertJobRow(handle, batch, state, session, items), Optional.empty());
    String key = batch.idempotencyKey();
    if (key != null) {
      boolean isTaken =
          number.isEmpty()
              ? jobs.isKeyTaken(batch.tenant(), key)
              : !SqlFaults.unlessTaken(
                  () -> jobs.takeKey(batch.tenant(), key, number.get()), false);
      if (isTaken) {
        number.ifPresent(jobs::delete);
        return new KeyTaken();
      }
    }
    return number.isEmpty() ? new IdTaken() : new Created(number.get());
  }

  private static Optional<Long> insertJobRow(
      Handle handle,
      NewBatch batch,
      BatchState state,
      @Nullable Long session,
      List<NewItem> items) {
    Duration deadline = batch.deadline();
    return handle
        .createUpdate(INSERT_JOB)
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
        .bind("deadlineMicros", deadline == null ? null : Values.micros(deadline))
        .bindByType("deadline", deadline, Duration.class)
        .bind("session", session)
        .bind("state", state.name())
        .bind("total", items.size())
        .bind("bytes", ItemInserts.bytes(items))
        .bind("count", state.isTerminal() ? 0L : null)
        .executeAndReturnGeneratedKeys("batch_no")
        .mapTo(Long.class)
        .findOne();
  }

  private static void tellSubmitted(Handle handle, long batch, long total) {
    EventDao events = Daos.on(handle, EventDao.class);
    events.insertSubmitted(batch);
    if (total == 0) {
      events.insert(batch, EventDao.Kind.COMPLETED, null, null);
    }
  }

  private static void insertChunks(Handle handle, long batch, int total) {
    int count = Math.min(MOST_CHUNKS, (total + FEWEST_ITEMS_A_CHUNK - 1) / FEWEST_ITEMS_A_CHUNK);
    if (count > 0) {
      Daos.on(handle, ChunkDao.class)
          .insertNew(batch, bounds(total, count, 0), bounds(total, count, 1));
    }
  }

  /** Where the parts begin, or with {@code next} 1, where they end. */
  private static List<Integer> bounds(int total, int parts, int next) {
    return IntStream.range(0, parts)
        .mapToObj(part -> (int) ((long) total * (part + next) / parts))
        .toList();
  }
}
