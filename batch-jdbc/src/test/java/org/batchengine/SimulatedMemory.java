package org.batchengine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.InMemoryRows;
import org.batchengine.memory.MemoryItemTransactions;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ItemTransaction;

/** A store in memory whose time can be moved both ways. */
public final class SimulatedMemory implements SimulatedStore {
  private static final Instant START = Instant.parse("2026-11-01T12:00:00Z");

  private Instant now = START;
  private final InMemoryBatchStore memory = new InMemoryBatchStore(() -> now);
  private final InMemoryRows rows = new InMemoryRows(memory);
  private final MemoryItemTransactions transactions = new MemoryItemTransactions(memory);
  private final BatchStore store;

  /** A store as it should be. */
  public SimulatedMemory() {
    store = memory;
  }

  /** A store with a fault. */
  public SimulatedMemory(BiFunction<InMemoryBatchStore, InMemoryRows, BatchStore> broken) {
    store = broken.apply(memory, rows);
  }

  @Override
  public BatchStore store() {
    return store;
  }

  @Override
  public Instant now() {
    return now;
  }

  @Override
  public void move(Duration step) {
    now = now.plus(step);
  }

  @Override
  public boolean canGoBack() {
    return true;
  }

  @Override
  public Set<Long> sessions() {
    return rows.sessions();
  }

  @Override
  public List<String> history(long batch) {
    return rows.events(batch).stream().map(InMemoryRows.Event::kind).toList();
  }

  @Override
  public List<String> violations() {
    return rows.violations();
  }

  @Override
  public Class<?> transactions() {
    return MemoryItemTransactions.Page.class;
  }

  @Override
  public ItemTransaction<?> begin(long session) {
    return transactions.begin(session);
  }

  @Override
  public void write(Object transaction, String input, String output) {
    ((MemoryItemTransactions.Page) transaction).write(input, output);
  }

  @Override
  public List<String> written(String input) {
    return transactions.written(input);
  }

  @Override
  public void close() {
    memory.close();
  }
}
