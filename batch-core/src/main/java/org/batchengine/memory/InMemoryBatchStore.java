package org.batchengine.memory;

import static java.util.Objects.requireNonNull;

import java.time.InstantSource;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.FeedStore;
import org.batchengine.store.LimitStore;
import org.batchengine.store.ReadStore;
import org.batchengine.store.ReportStore;
import org.batchengine.store.ScheduleStore;
import org.batchengine.store.SessionStore;
import org.batchengine.store.SettleStore;
import org.batchengine.store.SteerStore;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.SubmitStore;
import org.batchengine.store.SweepStore;
import org.batchengine.store.TemplateStore;
import org.batchengine.store.WaitStore;

/**
 * Keeps batches in memory, for tests. It behaves like a store on a database, is deterministic, and
 * keeps nothing once it is discarded.
 *
 * <p>It has the same rows as the tables of a database. Each verb is one transaction, which runs
 * alone under the store's lock. Engines with the same store share it as nodes share a database.
 * Closing it does nothing, so another engine can continue where one stopped.
 */
public final class InMemoryBatchStore implements BatchStore {
  private final MemoryTransactions transactions;
  private final SessionStore sessions;
  private final SubmitStore submitting;
  private final ClaimStore claiming;
  private final SettleStore settling;
  private final SteerStore steering;
  private final SweepStore sweeping;
  private final WaitStore waiting;
  private final ReadStore reading;
  private final ReportStore reports;
  private final FeedStore feed;
  private final ScheduleStore schedules;
  private final TemplateStore templates;
  private final LimitStore limits;

  /** Creates an empty store on the system clock. */
  public InMemoryBatchStore() {
    this(InstantSource.system());
  }

  /** Creates an empty store on the given clock: sessions expire and work falls due by it. */
  public InMemoryBatchStore(InstantSource clock) {
    transactions = new MemoryTransactions(new Tables(requireNonNull(clock, "clock")));
    sessions = new MemorySessions(transactions);
    submitting = new MemorySubmitting(transactions);
    claiming = new MemoryClaiming(transactions);
    settling = new MemorySettling(transactions);
    steering = new MemorySteering(transactions);
    sweeping = new MemorySweeping(transactions);
    waiting = new MemoryWaiting(transactions);
    reading = new MemoryReading(transactions);
    reports = new MemoryReports(transactions);
    feed = new MemoryFeed(transactions);
    schedules = new MemorySchedules(transactions);
    templates = new MemoryTemplates(transactions);
    limits = new MemoryLimits(transactions);
  }

  /** For tests that read the rows while engines work on them. */
  MemoryTransactions transactions() {
    return transactions;
  }

  /** The rows, for tests in which nothing else uses the store. */
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
  public WaitStore waiting() {
    return waiting;
  }

  @Override
  public ReadStore reading() {
    return reading;
  }

  @Override
  public ReportStore reports() {
    return reports;
  }

  @Override
  public FeedStore feed() {
    return feed;
  }

  @Override
  public ScheduleStore schedules() {
    return schedules;
  }

  @Override
  public TemplateStore templates() {
    return templates;
  }

  @Override
  public LimitStore limits() {
    return limits;
  }
}
