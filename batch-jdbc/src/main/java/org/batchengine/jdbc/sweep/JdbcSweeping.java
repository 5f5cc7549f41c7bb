package org.batchengine.jdbc.sweep;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.steer.Holds;
import org.batchengine.jdbc.steer.Priorities;
import org.batchengine.jdbc.table.BudgetDao;
import org.batchengine.jdbc.table.JobChanges;
import org.batchengine.store.Actor;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.SweepStore;
import org.batchengine.store.UnsettledBatch;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Finds and finishes what no engine has in hand, and mends what deaths leave behind. */
public final class JdbcSweeping implements SweepStore {
  private final Transactions transactions;
  private final Holds holds;
  private final Priorities priorities;
  private final Canceller canceller;
  private final Remover remover;
  private final Rebuilder rebuilder;

  /** On an open database. */
  public JdbcSweeping(Database database) {
    transactions = database.brief();
    holds = new Holds(database);
    priorities = new Priorities(database);
    canceller = new Canceller(database);
    remover = new Remover(database);
    rebuilder = new Rebuilder(database);
  }

  @Override
  public List<Long> done(int limit) {
    return transactions.autoCommit(handle -> SqlObjects.on(handle, SweepDao.class).done(limit));
  }

  @Override
  public void repair() {
    transactions.useTransaction(JdbcSweeping::freeOrphans);
    transactions.useTransaction(JdbcSweeping::mendBatches);
    holds.correctAll();
    priorities.correctAll();
  }

  /** But for those that others have locked: the next sweep comes to them. */
  private static void freeOrphans(Handle handle) {
    SweepDao dao = SqlObjects.on(handle, SweepDao.class);
    List<ClaimedChunk> chunks = dao.lockOrphanChunks();
    if (!chunks.isEmpty()) {
      dao.freeChunks(
          chunks.stream().map(ClaimedChunk::batch).toList(),
          chunks.stream().map(ClaimedChunk::from).toList());
    }
    List<Long> items = dao.lockOrphanItems();
    if (!items.isEmpty()) {
      dao.freeItems(items);
    }
    dao.deleteLimitsOfEndedBatches();
    dao.deleteOrphanPermits();
  }

  private static void mendBatches(Handle handle) {
    SweepDao dao = SqlObjects.on(handle, SweepDao.class);
    List<Long> unmarked = dao.unmarked();
    if (!unmarked.isEmpty()) {
      JobChanges.markRunning(handle, unmarked, batch -> {});
    }
    dao.lostSubmitters().forEach(session -> JobChanges.abandonAll(handle, session));
  }

  @Override
  public List<UnsettledBatch> unsettled(Collection<Long> batches) {
    return rebuilder.unsettled(batches);
  }

  @Override
  public int rebuild(long batch, String node) {
    return rebuilder.rebuild(batch, node);
  }

  @Override
  public List<Long> beyondBudget(int limit) {
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, BudgetDao.class).toBePaused(limit));
  }

  @Override
  public List<Long> overdue(int limit) {
    return transactions.autoCommit(handle -> SqlObjects.on(handle, SweepDao.class).overdue(limit));
  }

  @Override
  public List<Long> stopping(int limit) {
    return transactions.autoCommit(handle -> SqlObjects.on(handle, SweepDao.class).stopping(limit));
  }

  @Override
  public boolean cancelUnowned(long batch, int most) {
    return canceller.cancelUnowned(batch, most);
  }

  @Override
  public List<String> unserved() {
    return transactions.autoCommit(handle -> SqlObjects.on(handle, UnservedDao.class).types());
  }

  @Override
  public int parked(int most) {
    return transactions.autoCommit(handle -> SqlObjects.on(handle, SweepDao.class).parked(most));
  }

  @Override
  public int hideEnded(Duration longerAgo, int most) {
    return remover.hideEnded(longerAgo, most);
  }

  @Override
  public int purgePayloads(Duration longerAgo, @Nullable String tenant, Actor by, int most) {
    return remover.purgePayloads(longerAgo, tenant, by, most);
  }

  @Override
  public boolean removeHidden(int rows) {
    return remover.removeHidden(rows);
  }
}
