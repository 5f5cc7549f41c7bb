package org.batchengine.memory;

import java.util.List;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.rules.ParkedKind;

/** Rehearsals: where their items are, and how they end. */
final class MemoryRehearsing {
  private MemoryRehearsing() {}

  /** Parks the items of the rehearsal that are in chunks, unless the batch waits for others. */
  static void place(Tables tables, BatchRows batch) {
    Rehearsal rehearsal = batch.rehearsal;
    if (rehearsal == null || batch.waiting) {
      return;
    }
    int priority = batch.submitted.priority();
    for (int index : rehearsal.sample(batch.submitted.id(), batch.items.size())) {
      if (batch.isOpen(index)) {
        tables.add(
            new ParkedRow(batch, index, priority, ParkedKind.RETRY, 0, batch.dueAt(tables.now())));
      }
    }
    moveChunks(tables, batch);
  }

  /** Pauses the batch: its rehearsal is over. */
  static BatchJob end(Tables tables, BatchRows batch) {
    batch.reason = Rehearsal.REHEARSED;
    tables.change(batch, BatchState.PAUSED);
    batch.tell(EventKind.PAUSED, Tables.NO_NODE, batch.reason, tables.now());
    return BatchViews.job(batch, tables.now());
  }

  /** What is resumed after its rehearsal is confirmed: its chunks are due. */
  static void confirm(Tables tables, BatchRows batch) {
    if (batch.rehearsal != null && Rehearsal.REHEARSED.equals(batch.reason)) {
      batch.rehearsal = null;
      moveChunks(tables, batch);
    }
  }

  private static void moveChunks(Tables tables, BatchRows batch) {
    for (ChunkRow chunk : List.copyOf(batch.chunks.values())) {
      tables.remove(chunk);
      int open = batch.openItems(chunk.index, chunk.to).size();
      if (open > 0) {
        tables.add(
            new ChunkRow(batch, chunk.index, chunk.to, open, batch.chunksDueAt(tables.now())));
      }
    }
  }
}
