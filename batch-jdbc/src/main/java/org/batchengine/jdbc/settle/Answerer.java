package org.batchengine.jdbc.settle;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlFaults;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.FenceDao;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.model.SettleResult;
import org.batchengine.model.StoreException;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.Settlement;
import org.batchengine.store.rules.AnswerRule;
import org.batchengine.store.rules.ParkedKind;
import org.jdbi.v3.core.Handle;

/**
 * Settles deferred items from outside. One transaction, in this order:
 *
 * <ol>
 *   <li>The session's row is locked: it counts what is settled.
 *   <li>The parked rows are locked, but for those that others own or have locked: nobody waits for
 *       an answer, and of two answers the second finds no row.
 *   <li>What the engine makes of them is written as a settlement of theirs.
 *   <li>Fresh statements look what there is of the others.
 * </ol>
 */
final class Answerer {
  private final Transactions transactions;
  private final SettlementWriter writer;

  Answerer(Database database, SettlementWriter writer) {
    transactions = database.transactions();
    this.writer = writer;
  }

  Map<Integer, SettleResult> settle(
      long session,
      long batch,
      Map<Integer, Integer> attempts,
      Function<List<ClaimedItem>, Settlement> verdicts) {
    try {
      return transactions.inTransaction(
          handle -> settle(handle, session, batch, attempts, verdicts));
    } catch (StoreException e) {
      throw SqlFaults.refusedOrFailed(e);
    }
  }

  private Map<Integer, SettleResult> settle(
      Handle handle,
      long session,
      long batch,
      Map<Integer, Integer> attempts,
      Function<List<ClaimedItem>, Settlement> verdicts) {
    if (SqlObjects.on(handle, FenceDao.class).share(session).isEmpty()) {
      throw new FencedException(session);
    }
    AnswerDao dao = SqlObjects.on(handle, AnswerDao.class);
    List<ClaimedItem> locked = Slices.find(ids(batch, attempts.keySet()), Long[]::new, dao::lock);
    Map<Integer, SettleResult> results = new LinkedHashMap<>();
    locked.forEach(item -> results.put(item.index(), resultOf(item, true, attempts)));
    List<ClaimedItem> meant =
        locked.stream().filter(item -> results.get(item.index()) == SettleResult.SETTLED).toList();
    if (!meant.isEmpty()) {
      List<Long> items = ids(batch, meant.stream().map(ClaimedItem::index).toList());
      Slices.change(items, Long[]::new, some -> dao.own(session, some));
      if (!writer.writeWithin(handle, verdicts.apply(meant))) {
        throw new FencedException(session);
      }
    }
    if (results.size() < attempts.size()) {
      Set<Integer> others = new HashSet<>(attempts.keySet());
      others.removeAll(results.keySet());
      look(dao, batch, others, attempts, results);
    }
    return results;
  }

  private static void look(
      AnswerDao dao,
      long batch,
      Set<Integer> indexes,
      Map<Integer, Integer> attempts,
      Map<Integer, SettleResult> results) {
    List<Long> items = ids(batch, indexes);
    Map<Integer, ClaimedItem> parked = new HashMap<>();
    Slices.find(items, Long[]::new, dao::parked).forEach(item -> parked.put(item.index(), item));
    Set<Long> settled = new HashSet<>(Slices.find(items, Long[]::new, dao::settled));
    for (int index : indexes) {
      ClaimedItem item = parked.get(index);
      results.put(
          index,
          item == null
              ? AnswerRule.of(null, settled.contains(ItemIds.of(batch, index)), 0)
              : resultOf(item, false, attempts));
    }
  }

  private static SettleResult resultOf(
      ClaimedItem item, boolean free, Map<Integer, Integer> attempts) {
    ParkedKind kind = item.overdue() ? ParkedKind.DEFERRED : ParkedKind.RETRY;
    return AnswerRule.of(
        new AnswerRule.Parked(kind, item.attempts(), free),
        false,
        Objects.requireNonNull(attempts.get(item.index())));
  }

  private static List<Long> ids(long batch, Collection<Integer> indexes) {
    return indexes.stream().map(index -> ItemIds.of(batch, index)).toList();
  }
}
