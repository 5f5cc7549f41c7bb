package org.batchengine.memory;

import java.time.Duration;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;

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
                      ItemState.SUCCEEDED, 1, output, Duration.ZERO, null, null, now));
              batch.chunkOf(index).open--;
              batch.progressOf(Tables.NO_SESSION).count(ItemState.SUCCEEDED);
            });
  }

  /** Takes a session's row away and leaves what it owns. */
  public static void loseSession(InMemoryBatchStore store, long session) {
    store.transactions().useTransaction(tables -> tables.sessions.remove(session));
  }
}
