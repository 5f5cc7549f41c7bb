package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.MemoryFilling.FillRow;
import org.batchengine.memory.MemoryWaiting.WaitRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.store.Actor;
import org.batchengine.store.FencedException;
import org.batchengine.store.HostTransaction;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.OwnedFire;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;
import org.batchengine.store.Submitted.IdTaken;
import org.batchengine.store.Submitted.KeyTaken;
import org.batchengine.store.rules.Admission;
import org.batchengine.store.rules.Admission.Unfinished;
import org.batchengine.store.rules.ChunkBounds;
import org.batchengine.store.rules.InputBytes;
import org.batchengine.store.rules.ItemKeys;
import org.batchengine.store.rules.StateRules;
import org.jspecify.annotations.Nullable;

/** Submits batches, at once or page by page for a session. */
final class MemorySubmitting implements SubmitStore {
  private final MemoryTransactions transactions;
  private final @Nullable OwnedFire fire;

  MemorySubmitting(MemoryTransactions transactions) {
    this(transactions, null);
  }

  private MemorySubmitting(MemoryTransactions transactions, @Nullable OwnedFire fire) {
    this.transactions = transactions;
    this.fire = fire;
  }

  @Override
  public SubmitStore forFire(OwnedFire fire) {
    return new MemorySubmitting(transactions, fire);
  }

  @Override
  public Submitted submit(NewBatch batch, List<NewItem> items) {
    return transactions.inTransaction(
        tables -> {
          Map<Long, WaitRow> waits = MemoryWaiting.rows(tables, batch);
          FillRow fill = MemoryFilling.row(tables, batch);
          Submitted taken = taken(tables, batch);
          if (taken != null) {
            return taken;
          }
          admit(tables, batch, Admission.least(batch, null, items.size()));
          Map<String, Integer> keys = ItemKeys.of(0, items);
          markFire(tables, batch.id());
          BatchRows rows = addBatch(tables, batch, waits);
          rows.fill = fill;
          add(rows, items, keys);
          release(tables, rows, batch.by());
          return new Created(rows.number);
        });
  }

  @Override
  public Submitted submitBriefly(NewBatch batch, List<NewItem> items) {
    return submit(batch, items);
  }

  @Override
  public Submitted begin(NewBatch batch, long session) {
    return transactions.inTransaction(
        tables -> {
          long submitter = tables.session(session).id;
          Map<Long, WaitRow> waits = MemoryWaiting.rows(tables, batch);
          Submitted taken = taken(tables, batch);
          if (taken != null) {
            return taken;
          }
          admit(tables, batch, Admission.least(batch, submitter, 0));
          BatchRows rows = addBatch(tables, batch, waits);
          rows.submitter = submitter;
          return new Created(rows.number);
        });
  }

  private static void admit(Tables tables, NewBatch batch, int items) {
    if (Admission.isNeeded(batch)) {
      String tenant = batch.tenant();
      Admission.require(
          tenant, tables.limits.ofTenant(tenant), items, new PresentOf(tables, tenant));
    }
  }

  /** What a tenant has. */
  private record PresentOf(Tables tables, String tenant) implements Admission.Present {
    private boolean has(BatchRows batch) {
      return batch.submitted.tenant().equals(tenant);
    }

    @Override
    public Unfinished unfinished() {
      List<BatchRows> live = tables.live.values().stream().filter(this::has).toList();
      long items =
          live.stream().flatMap(batch -> batch.outcomes.stream()).filter(Objects::isNull).count();
      return new Unfinished(live.size(), items);
    }

    @Override
    public Optional<Duration> sinceSubmit(int others) {
      return tables.batches.descendingMap().values().stream()
          .filter(batch -> has(batch) && !(batch.hidden && batch.state == BatchState.SUBMITTING))
          .skip(others)
          .findFirst()
          .map(batch -> Duration.between(batch.createdAt, tables.now()));
    }
  }

  private static BatchRows addBatch(Tables tables, NewBatch batch, Map<Long, WaitRow> waits) {
    BatchRows rows = tables.addBatch(batch, BatchState.SUBMITTING);
    rows.waits.putAll(waits);
    rows.waiting = !waits.isEmpty();
    return rows;
  }

  private static @Nullable Submitted taken(Tables tables, NewBatch batch) {
    if (tables.findByKey(batch.tenant(), batch.idempotencyKey()) != null) {
      return new KeyTaken();
    }
    return tables.find(batch.id(), null) == null ? null : new IdTaken();
  }

  @Override
  public void append(long batch, long session, List<NewItem> page) {
    transactions.useTransaction(
        tables -> {
          BatchRows rows = submittedBy(tables, session, batch);
          Map<String, Integer> keys = ItemKeys.of(rows.items.size(), page);
          ItemKeys.refuseTaken(keys, rows.indexByKey.keySet());
          String tenant = rows.submitted.tenant();
          Admission.requireMore(
              tenant, tables.limits.ofTenant(tenant), page.size(), new PresentOf(tables, tenant));
          add(rows, page, keys);
        });
  }

  static void add(BatchRows batch, List<NewItem> items, Map<String, Integer> keys) {
    InputBytes bytes = InputBytes.of(items);
    batch.inputBytes += bytes.all();
    batch.largestInput = Math.max(batch.largestInput, bytes.largest());
    batch.indexByKey.putAll(keys);
    for (NewItem item : items) {
      batch.items.add(item);
      batch.outcomes.add(null);
    }
  }

  @Override
  public void finish(long batch, long session, Actor by) {
    transactions.useTransaction(
        tables -> {
          BatchRows rows = submittedBy(tables, session, batch);
          markFire(tables, rows.submitted.id());
          release(tables, rows, by);
        });
  }

  /** First, since what throws must have written nothing. */
  private void markFire(Tables tables, BatchId batch) {
    if (fire != null && !tables.schedules.submitted(fire, batch)) {
      throw new IllegalStateException(
          "the fire of %s is no longer that of session %d".formatted(fire.at(), fire.session()));
    }
  }

  /** Its items can be claimed once they are due. */
  private static void release(Tables tables, BatchRows batch, Actor by) {
    Instant now = tables.now();
    batch.submitter = null;
    if (batch.rehearsal != null && !batch.rehearsal.isPartOf(batch.items.size())) {
      batch.rehearsal = null;
    }
    batch.tell(EventKind.SUBMITTED, by, null, now);
    Instant dueAt = batch.dueAt(now);
    batch.deadlineAt(batch.deadlineFrom(dueAt));
    BatchState next = StateRules.submitted(batch.items.size(), batch.waiting || batch.fill != null);
    if (next.isTerminal()) {
      tables.end(batch, next);
      return;
    }
    tables.change(batch, next);
    addChunks(tables, batch);
    MemoryRehearsing.place(tables, batch);
  }

  /** All of its items. */
  static void addChunks(Tables tables, BatchRows batch) {
    Instant dueAt = batch.chunksDueAt(tables.now());
    for (ChunkBounds chunk : ChunkBounds.of(batch.items.size())) {
      tables.add(new ChunkRow(batch, chunk.from(), chunk.to(), chunk.to() - chunk.from(), dueAt));
    }
  }

  private static BatchRows submittedBy(Tables tables, long session, long number) {
    tables.session(session);
    BatchRows batch = tables.live.get(number);
    if (batch == null || !batch.isSubmittedBy(session)) {
      throw new FencedException(session);
    }
    return batch;
  }

  @Override
  public void abandon(long batch, long session) {
    transactions.useTransaction(
        tables -> {
          BatchRows rows = tables.live.get(batch);
          if (rows != null && rows.isSubmittedBy(session)) {
            tables.hide(rows);
          }
        });
  }

  /** Hides batches that the session began and did not finish. */
  static void abandonAll(Tables tables, long session) {
    List<BatchRows> unfinished =
        tables.live.values().stream().filter(batch -> batch.isSubmittedBy(session)).toList();
    unfinished.forEach(tables::hide);
  }

  @Override
  public Submitted submit(
      HostTransaction transaction, NewBatch batch, Iterator<List<NewItem>> pages) {
    throw HostTransaction.refused(transaction, InMemoryBatchStore.class);
  }

  @Override
  public Optional<BatchJob> findByKey(
      HostTransaction transaction, String tenant, String idempotencyKey) {
    throw HostTransaction.refused(transaction, InMemoryBatchStore.class);
  }
}
