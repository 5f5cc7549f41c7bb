package org.batchengine.jdbc.settle;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.ProgressDao;
import org.batchengine.jdbc.transaction.JdbcItemTransaction;
import org.batchengine.model.BatchJob;
import org.batchengine.model.SettleResult;
import org.batchengine.model.StoreException;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.ItemTransaction;
import org.batchengine.store.LockedRow;
import org.batchengine.store.SettleStore;
import org.batchengine.store.Settlement;
import org.batchengine.store.rules.SettlementNumber;
import org.jdbi.v3.core.Handle;

/**
 * Writes settlements, each number of a session once. A number that is not the next has been applied
 * before, or its session is gone: one look tells.
 */
public final class JdbcSettling implements SettleStore {
  private static final String KEYED =
      """
      select item_key, item_index from batch_item_key
      where batch_no = :batch and item_key = any(:keys)
      """;

  private final Database database;
  private final Transactions transactions;
  private final SettlementWriter writer;
  private final Completer completer;
  private final Answerer answerer;

  /** On an open database. */
  public JdbcSettling(Database database) {
    this.database = database;
    transactions = database.brief();
    writer = SettlementWriter.of(database);
    completer = new Completer(database);
    answerer = new Answerer(database, writer);
  }

  @Override
  public boolean settle(Settlement settlement) {
    try {
      return writer.write(transactions, settlement) || look(settlement);
    } catch (StoreException e) {
      throw SqlFaults.refusedOrFailed(e);
    }
  }

  @Override
  public Set<LockedRow> lockedBy(Settlement settlement) {
    return transactions.inTransaction(
        handle -> {
          SettlementLocks locks = new SettlementLocks(handle, settlement);
          Set<LockedRow> all = new LinkedHashSet<>(locks.ofWork());
          all.addAll(locks.ofCounters(BatchCount.of(settlement)));
          return all;
        });
  }

  private boolean look(Settlement settlement) {
    long settled =
        transactions
            .autoCommit(
                handle -> SqlObjects.on(handle, FenceDao.class).settled(settlement.session()))
            .orElseThrow(() -> new FencedException(settlement.session()));
    if (settled < settlement.number()) {
      throw SettlementNumber.notNext(settlement, settled);
    }
    return false;
  }

  @Override
  public Map<Integer, SettleResult> settleDeferred(
      long session,
      long batch,
      Map<Integer, Integer> attempts,
      Function<List<ClaimedItem>, Settlement> verdicts) {
    return answerer.settle(session, batch, attempts, verdicts);
  }

  @Override
  public Map<String, Integer> indexes(long batch, Collection<String> keys) {
    Map<String, Integer> indexes = new HashMap<>();
    transactions.autoCommit(
        handle -> Slices.find(keys, String[]::new, some -> found(handle, batch, some, indexes)));
    return indexes;
  }

  private static List<Integer> found(
      Handle handle, long batch, String[] keys, Map<String, Integer> indexes) {
    return handle
        .createQuery(KEYED)
        .bind("batch", batch)
        .bind("keys", keys)
        .map(
            (row, context) -> {
              indexes.put(row.getString("item_key"), row.getInt("item_index"));
              return row.getInt("item_index");
            })
        .list();
  }

  @Override
  public List<BatchJob> completeIfDone(Collection<Long> batches, LongConsumer locked) {
    return completer.completeIfDone(batches, locked);
  }

  @Override
  public long failures(long batch) {
    return transactions.autoCommit(
        handle -> SqlObjects.on(handle, ProgressDao.class).failures(batch));
  }

  @Override
  public boolean hasTransactions(Class<?> kind) {
    return JdbcItemTransaction.hasKind(kind);
  }

  @Override
  public <T> ItemTransaction<T> beginTransaction(Class<T> kind, long session) {
    return new JdbcItemTransaction<>(database, writer::writeWithin, kind, session);
  }
}
