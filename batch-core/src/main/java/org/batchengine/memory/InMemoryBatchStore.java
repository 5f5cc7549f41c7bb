package org.batchengine.memory;

import static java.util.Objects.requireNonNull;

import java.time.InstantSource;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ReadStore;
import org.batchengine.store.SessionStore;
import org.batchengine.store.SettleStore;
import org.batchengine.store.SteerStore;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.SweepStore;

/**
 * Keeps batches in memory, for tests: it answers as the stores on a database do, keeps nothing
 * beyond its own life, and does the same in the same situation each time.
 *
 * <p>Its rows are those of the tables of a database. Each verb is one transaction, alone under the
 * store's lock. Engines that are given the same store share it, as nodes share a database; closing
 * it does nothing, so that another engine can go on with what one has left.
 */
public final class InMemoryBatchStore implements BatchStore {
  private final MemoryTransactions transactions;
  private final SessionStore sessions;
  private final SubmitStore submitting;
  private final ClaimStore claiming;
  private final SettleStore settling;
  private final SteerStore steering;
  private final SweepStore sweeping;
  private final ReadStore reading;

  /** An empty store whose time is the system's. */
  public InMemoryBatchStore() {
    this(InstantSource.system());
  }

  /** An empty store with its own time: sessions expire and work falls due by this clock. */
  public InMemoryBatchStore(InstantSource clock) {
    transactions = new MemoryTransactions(new Tables(requireNonNull(clock, "clock")));
    sessions = new MemorySessions(transactions);
    submitting = new MemorySubmitting(transactions);
    claiming = new MemoryClaiming(transactions);
    settling = new MemorySettling(transactions);
    steering = new MemorySteering(transactions);
    sweeping = new MemorySweeping(transactions);
    reading = new MemoryReading(transactions);
  }

  /** For tests that look at the rows while others work on them. */
  MemoryTransactions transactions() {
    return transactions;
  }

  /** The rows, for tests that are alone with them. */
  Tables tables() {
    return transactions.inTransaction(tables -> tables);
  }

  @Override
  public void connect(StoreSettings settings) {}

  @Override
  public void close() {}

  @Override
  public SessionStore sessions() {
    return sessions;
  }

  @Override
  public SubmitStore submitting() {
    return submitting;
  }

  @Override
  public ClaimStore claiming() {
    return claiming;
  }

  @Override
  public SettleStore settling() {
    return settling;
  }

  @Override
  public SteerStore steering() {
    return steering;
  }

  @Override
  public SweepStore sweeping() {
    return sweeping;
  }

  @Override
  public ReadStore reading() {
    return reading;
  }
}
