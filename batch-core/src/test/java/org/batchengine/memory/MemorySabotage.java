package org.batchengine.memory;

import java.time.Duration;
import java.util.List;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.store.Measured;
import org.batchengine.store.rules.ParkedKind;

/** What nothing should do to a store in memory, so that it can be seen what follows. */
public final class MemorySabotage {

  private MemorySabotage() {}

  /** Settles an item that is in a chunk behind everybody's back. */
  public static void settle(InMemoryBatchStore store, BatchId id, int index, String output) {
    store
        .transactions()
        .useTransaction(
            tables -> {
              BatchRows batch = tables.find(id, null);
              var now = tables.now();
              batch.outcomes.set(
                  index,
                  new BatchRows.OutcomeRow(
                      ItemState.SUCCEEDED,
                      1,
                      output,
                      Duration.ZERO,
                      null,
                      null,
                      now,
                      Measured.NONE));
              batch.chunkOf(index).open--;
              batch.progressOf(Tables.NO_SESSION).count(ItemState.SUCCEEDED);
            });
  }

  /** Takes the chunks and parked items of a batch away, owned or not. */
  public static void loseMotion(InMemoryBatchStore store, BatchId id) {
    store
        .transactions()
        .useTransaction(
            tables -> {
              BatchRows batch = tables.find(id, null);
              for (var session : tables.sessions.values()) {
                session.chunks.removeIf(chunk -> chunk.batch == batch);
                session.parked.removeIf(parked -> parked.batch == batch);
              }
              List.copyOf(batch.chunks.values()).stream()
                  .filter(chunk -> chunk.owner == null)
                  .forEach(tables::remove);
              List.copyOf(batch.parked.values()).stream()
                  .filter(parked -> parked.owner == null)
                  .forEach(tables::remove);
              batch.chunks.clear();
              batch.parked.clear();
            });
  }

  /** The only item of a batch may have killed its processes. */
  public static void suspect(InMemoryBatchStore store, BatchId id) {
    store
        .transactions()
        .useTransaction(
            tables -> {
              BatchRows batch = tables.find(id, null);
              tables.remove(batch.chunkOf(0));
              tables.add(new ParkedRow(batch, 0, 5, ParkedKind.SUSPECT, 0, tables.now()));
            });
  }

  /** Takes a session's row away and leaves what it owns. */
  public static void loseSession(InMemoryBatchStore store, long session) {
    store.transactions().useTransaction(tables -> tables.sessions.remove(session));
  }
}
