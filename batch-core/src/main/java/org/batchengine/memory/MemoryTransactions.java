package org.batchengine.memory;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs units of work on the tables, one at a time. This is the only way to the tables, so each verb
 * is one transaction that runs alone. Nothing is rolled back: a unit that throws has written
 * nothing.
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
