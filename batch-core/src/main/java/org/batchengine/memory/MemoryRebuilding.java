package org.batchengine.memory;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.BatchRows.ProgressRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.rules.ChunkBounds;
import org.batchengine.store.rules.LostMotion;
import org.batchengine.store.rules.ParkedKind;

/** Puts items of one batch back in motion, in its transaction. */
final class MemoryRebuilding {
  private final Tables tables;
  private final BatchRows batch;
  private final Instant now;

  MemoryRebuilding(Tables tables, BatchRows batch) {
    this.tables = tables;
    this.batch = batch;
    this.now = tables.now();
  }

  /** Whether items of it must have been lost. */
  static boolean isUnsettled(BatchRows batch) {
    return batch.state != BatchState.SUBMITTING
        && batch.fill == null
        && batch.motions().findAny().isEmpty()
        && batch.counted() < batch.items.size();
  }

  int rebuild(String node) {
    List<Integer> open = batch.openItems(0, batch.items.size());
    if (!isUnsettled(batch) || open.isEmpty()) {
      return 0;
    }
    open.stream().filter(index -> !batch.errorsOf(index).isEmpty()).forEach(this::park);
    MemoryRehearsing.place(tables, batch);
    addChunks(batch.openItems(0, batch.items.size()));
    count();
    batch.tell(EventKind.REPAIRED, node, LostMotion.reason(open.size()), now);
    return open.size();
  }

  private void park(int index) {
    List<ItemError> errors = batch.errorsOf(index);
    int attempts = errors.get(errors.size() - 1).attempt();
    ParkedRow parked =
        new ParkedRow(batch, index, batch.settings.priority(), ParkedKind.RETRY, attempts, now);
    parked.budgetFrom = LostMotion.budgetFrom(batch.run, attempts);
    tables.add(parked);
  }

  private void addChunks(List<Integer> open) {
    if (open.isEmpty()) {
      return;
    }
    Instant dueAt = batch.chunksDueAt(now);
    for (ChunkBounds chunk : LostMotion.chunks(open.get(0), open.get(open.size() - 1) + 1)) {
      int items = batch.openItems(chunk.from(), chunk.to()).size();
      if (items > 0) {
        tables.add(new ChunkRow(batch, chunk.from(), chunk.to(), items, dueAt));
      }
    }
  }

  /** What its counters lack or have too much is put right where no session counts. */
  private void count() {
    ProgressRow carried = batch.progressOf(Tables.NO_SESSION);
    for (ItemState state : ItemState.values()) {
      long counted =
          batch.progress.values().stream()
              .mapToLong(row -> row.settled.getOrDefault(state, 0L))
              .sum();
      long settled =
          IntStream.range(0, batch.items.size()).filter(index -> isSettledAs(index, state)).count();
      carried.count(state, settled - counted);
    }
    carried.sums = MeasureSums.NONE;
    MeasureSums counted = batch.sums();
    carried.sums = sumsOfRows().minus(counted);
  }

  private MeasureSums sumsOfRows() {
    MeasureSums sums = MeasureSums.NONE;
    for (OutcomeRow outcome : batch.outcomes) {
      if (outcome != null) {
        sums = sums.plus(MeasureSums.ofRow(outcome.state(), outcome.measured(), outcome.quality()));
      }
    }
    for (ParkedRow parked : batch.parked.values()) {
      sums = sums.plus(MeasureSums.ofRow(ItemState.RETRYING, parked.measured, null));
    }
    return sums;
  }

  private boolean isSettledAs(int index, ItemState state) {
    OutcomeRow outcome = batch.outcomes.get(index);
    return outcome != null && outcome.state() == state;
  }
}
