package org.batchengine.memory;

import java.time.Duration;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;

/** What nothing should do to a store in memory, so that it can be seen what follows. */
public final class MemorySabotage {

  private MemorySabotage() {}

  /** Settles an item that is in a chunk behind everybody's back. */
  public static void settle(InMemoryBatchStore store, BatchId id, int index, String output) {
    synchronized (store) {
      long number = store.reading().header(id, null).orElseThrow().number();
      BatchRows batch = store.tables().batch(number);
      var now = store.tables().now();
      batch.outcomes.set(
          index,
          new BatchRows.OutcomeRow(ItemState.SUCCEEDED, 1, output, Duration.ZERO, null, null, now));
      batch.chunkOf(index).open--;
      batch.progressOf(0).count(ItemState.SUCCEEDED);
    }
  }

  /** Takes a session's row away and leaves what it owns. */
  public static void loseSession(InMemoryBatchStore store, long session) {
    synchronized (store) {
      store.tables().sessions.remove(session);
    }
  }
}
