package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.EventRows.EventRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.store.FillStep;
import org.batchengine.store.NewBatch;
import org.batchengine.store.WaitLook;
import org.batchengine.store.WaitScope;
import org.batchengine.store.WaitStore;
import org.batchengine.store.rules.BrokenWait;
import org.batchengine.store.rules.StateRules;
import org.jspecify.annotations.Nullable;

/** Releases batches that wait for others, or cancels them. */
final class MemoryWaiting implements WaitStore {
  private final MemoryTransactions transactions;

  MemoryWaiting(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  /**
   * A row of the table wait.
   *
   * @param atEnd whether any end of the other batch will do
   */
  record WaitRow(BatchId other, boolean atEnd) {}

  /** What the new batch waits for: by number, those that have not ended as it wants. */
  static Map<Long, WaitRow> rows(Tables tables, NewBatch batch) {
    Map<Long, WaitRow> rows = new HashMap<>();
    for (BatchId id : batch.after().all()) {
      BatchRows other = tables.find(id, batch.tenant());
      if (other == null) {
        throw new BatchNotFoundException(id);
      }
      boolean atEnd = batch.after().ended().contains(id);
      boolean isMet = atEnd ? other.state.isTerminal() : other.state == BatchState.COMPLETED;
      if (!isMet) {
        rows.put(other.number, new WaitRow(id, atEnd));
      }
    }
    return rows;
  }

  /** The batches whose completion others wait for. */
  static Set<Long> completionsWaitedFor(Tables tables) {
    return tables.live.values().stream()
        .flatMap(batch -> batch.waits.entrySet().stream())
        .filter(wait -> !wait.getValue().atEnd())
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  @Override
  public List<Long> toFill(int most) {
    return transactions.inTransaction(
        tables ->
            tables.live.values().stream()
                .filter(MemoryFilling::isDue)
                .limit(most)
                .map(batch -> batch.number)
                .toList());
  }

  @Override
  public FillStep fill(long batch, int most, long bytes) {
    return transactions.inTransaction(tables -> MemoryFilling.fill(tables, batch, most, bytes));
  }

  @Override
  public WaitLook look(WaitScope scope, int most) {
    return transactions.inTransaction(tables -> look(tables, scope, most));
  }

  private static WaitLook look(Tables tables, WaitScope scope, int most) {
    int released = 0;
    List<Long> empty = new ArrayList<>();
    List<Long> cancelled = new ArrayList<>();
    List<BatchRows> waiting =
        tables.live.values().stream().filter(batch -> batch.waiting && isIn(scope, batch)).toList();
    for (BatchRows batch : waiting) {
      if (released + cancelled.size() == most) {
        return new WaitLook(released, empty, cancelled, true);
      }
      batch.waits.entrySet().removeIf(wait -> isMet(tables, wait.getKey(), wait.getValue()));
      String broken = StateRules.canStop(batch.state) ? broken(tables, batch) : null;
      if (batch.waits.isEmpty()) {
        release(tables, batch);
        released++;
        if (batch.items.isEmpty() && batch.state != BatchState.SUBMITTING) {
          empty.add(batch.number);
        }
      } else if (broken != null) {
        MemorySteering.stop(tables, batch, BatchState.CANCELLED, broken);
        batch.tell(EventKind.CANCELLING, Tables.NO_NODE, broken, tables.now());
        cancelled.add(batch.number);
      }
    }
    return new WaitLook(released, empty, cancelled, false);
  }

  private static boolean isIn(WaitScope scope, BatchRows batch) {
    return switch (scope.of()) {
      case ENDED ->
          batch.waits.values().stream().anyMatch(wait -> scope.ids().contains(wait.other()));
      case SUBMITTED -> scope.ids().contains(batch.submitted.id());
      case ALL -> true;
    };
  }

  private static boolean isMet(Tables tables, long number, WaitRow wait) {
    BatchRows other = tables.batches.get(number);
    if (other == null) {
      return wait.atEnd() || lastEnd(tables, number).equals(Optional.of(EventKind.COMPLETED));
    }
    return other.state == BatchState.COMPLETED
        || (wait.atEnd() && (other.hidden || other.state.isTerminal()));
  }

  /** How a batch ended that is gone: its events outlive it. */
  private static Optional<EventKind> lastEnd(Tables tables, long number) {
    return tables.events.all().stream()
        .filter(event -> event.batch == number && event.kind.isEnd())
        .map((EventRow event) -> event.kind)
        .reduce((first, second) -> second);
  }

  /** Why it waits in vain, if it does. */
  private static @Nullable String broken(Tables tables, BatchRows batch) {
    for (Map.Entry<Long, WaitRow> wait : batch.waits.entrySet()) {
      BatchRows other = tables.batches.get(wait.getKey());
      boolean isPatient = batch.submitted.after().isPatient();
      boolean isBroken = other == null || other.hidden || (other.state.isTerminal() && !isPatient);
      if (isBroken && !wait.getValue().atEnd()) {
        return BrokenWait.reason(wait.getValue().other(), other == null ? null : other.state);
      }
    }
    return null;
  }

  private static void release(Tables tables, BatchRows batch) {
    batch.waiting = false;
    if (batch.state == BatchState.SUBMITTING) {
      return;
    }
    Instant now = tables.now();
    Instant dueAt = batch.dueAt(now);
    batch.deadlineAt(batch.deadlineFrom(dueAt));
    batch.updatedAt = now;
    batch.tell(EventKind.RELEASED, Tables.NO_NODE, null, now);
    for (ChunkRow chunk : List.copyOf(batch.chunks.values())) {
      tables.remove(chunk);
      tables.add(new ChunkRow(batch, chunk.index, chunk.to, chunk.open, batch.chunksDueAt(now)));
    }
    MemoryRehearsing.place(tables, batch);
  }
}
