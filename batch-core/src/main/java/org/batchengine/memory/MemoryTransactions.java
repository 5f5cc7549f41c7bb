package org.batchengine.memory;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs units of work on the tables, one at a time: nobody comes to the tables but through here, so
 * each verb is one transaction, alone. Nothing is rolled back: a unit that throws has written
 * nothing before.
 */
final class MemoryTransactions {
  private final Tables tables;

  MemoryTransactions(Tables tables) {
    this.tables = tables;
  }

  synchronized <T> T inTransaction(Function<Tables, T> unit) {
    return unit.apply(tables);
  }

  synchronized void useTransaction(Consumer<Tables> unit) {
    unit.accept(tables);
  }
}
