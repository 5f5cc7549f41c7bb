package org.batchengine;

import java.util.ArrayList;
import java.util.List;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.store.ItemTransaction;

/** A transaction in which items are called, and what becomes of it. */
final class SimulatedTransaction {
  final ItemTransaction<?> real;
  final List<Item> items = new ArrayList<>();
  boolean isCommitted;

  SimulatedTransaction(ItemTransaction<?> real) {
    this.real = real;
  }

  /** What was written in it is undone if it was not committed: its items are called again. */
  void ends() {
    if (!isCommitted) {
      items.forEach(item -> item.isUndone = true);
    }
  }
}
