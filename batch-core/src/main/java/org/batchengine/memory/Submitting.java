package org.batchengine.memory;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.batchengine.memory.BatchRows.EventKind;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.Violation;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Submitted;
import org.batchengine.store.Submitted.Created;
import org.batchengine.store.Submitted.IdTaken;
import org.batchengine.store.Submitted.KeyTaken;
import org.jspecify.annotations.Nullable;

/** Brings batches into the tables, at once or page by page. */
final class Submitting {
  private static final int MOST_CHUNKS = 8;
  private static final int LEAST_CHUNK_ITEMS = 100;

  private final Tables tables;

  Submitting(Tables tables) {
    this.tables = tables;
  }

  Submitted submit(NewBatch submitted, List<NewItem> items) {
    Submitted taken = taken(submitted);
    if (taken != null) {
      return taken;
    }
    checkKeys(Set.of(), 0, items);
    BatchRows batch = tables.addBatch(submitted, BatchState.SUBMITTING);
    add(batch, items);
    release(batch);
    return new Created(batch.number);
  }

  Submitted begin(NewBatch submitted, long session) {
    long submitter = tables.session(session).id;
    Submitted taken = taken(submitted);
    if (taken != null) {
      return taken;
    }
    BatchRows batch = tables.addBatch(submitted, BatchState.SUBMITTING);
    batch.submitter = submitter;
    return new Created(batch.number);
  }

  void append(long number, long session, List<NewItem> page) {
    BatchRows batch = submittedBy(session, number);
    checkKeys(batch.indexByKey.keySet(), batch.items.size(), page);
    add(batch, page);
  }

  void finish(long number, long session) {
    release(submittedBy(session, number));
  }

  void abandon(long number, long session) {
    BatchRows batch = tables.live.get(number);
    if (batch != null && isSubmittedBy(session, batch)) {
      tables.hide(batch);
    }
  }

  /** What the session began and did not finish goes with it. */
  void abandonAll(long session) {
    List<BatchRows> unfinished =
        tables.live.values().stream().filter(batch -> isSubmittedBy(session, batch)).toList();
    unfinished.forEach(tables::hide);
  }

  private @Nullable Submitted taken(NewBatch batch) {
    if (tables.findByKey(batch.tenant(), batch.idempotencyKey()) != null) {
      return new KeyTaken();
    }
    return tables.find(batch.id(), null) == null ? null : new IdTaken();
  }

  private BatchRows submittedBy(long session, long number) {
    tables.session(session);
    BatchRows batch = tables.live.get(number);
    if (batch == null || !isSubmittedBy(session, batch)) {
      throw new FencedException(session);
    }
    return batch;
  }

  private static boolean isSubmittedBy(long session, BatchRows batch) {
    return batch.state == BatchState.SUBMITTING
        && batch.submitter != null
        && batch.submitter == session;
  }

  private static void checkKeys(Set<String> taken, int first, List<NewItem> items) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < items.size(); i++) {
      String key = items.get(i).key();
      if (key != null && (taken.contains(key) || !seen.add(key))) {
        throw new InvalidItemException(
            first + i,
            List.of(new Violation("", "another item of the batch has its key", "DUPLICATE_KEY")));
      }
    }
  }

  private static void add(BatchRows batch, List<NewItem> items) {
    for (NewItem item : items) {
      if (item.key() != null) {
        batch.indexByKey.put(item.key(), batch.items.size());
      }
      batch.inputBytes += item.input() == null ? 0 : item.input().getBytes(UTF_8).length;
      batch.items.add(item);
      batch.outcomes.add(null);
    }
  }

  private void release(BatchRows batch) {
    Instant now = tables.now();
    batch.submitter = null;
    batch.tell(EventKind.SUBMITTED, batch.submitted.submittedBy(), null, now);
    Instant startAt = batch.submitted.startAt();
    Instant dueAt = startAt == null || startAt.isBefore(now) ? now : startAt;
    batch.deadlineAt = batch.deadlineFrom(dueAt);
    if (batch.items.isEmpty()) {
      tables.end(batch, BatchState.COMPLETED);
      return;
    }
    tables.change(batch, BatchState.PENDING);
    int size = batch.items.size();
    int chunks = Math.min(MOST_CHUNKS, (size - 1) / LEAST_CHUNK_ITEMS + 1);
    for (int i = 0; i < chunks; i++) {
      int from = boundary(size, chunks, i);
      int to = boundary(size, chunks, i + 1);
      tables.add(new ChunkRow(batch, from, to, to - from, dueAt));
    }
  }

  private static int boundary(int size, int chunks, int i) {
    return (int) ((long) size * i / chunks);
  }
}
