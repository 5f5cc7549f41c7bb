package org.batchengine.jdbc.submit;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.limit.SubmitLimits;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewItem;
import org.batchengine.store.rules.InputBytes;
import org.batchengine.store.rules.ItemKeys;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/**
 * Inserts items. Keys stand in a table of their own as well, which makes them unique: so batches
 * without keys pay nothing for that, and the table of items can be partitioned by its id.
 */
final class ItemInserts {
  private final ItemWriter writer;

  ItemInserts(Database database) {
    writer = ItemWriter.of(database);
  }

  interface KeyDao {
    @SqlQuery(
        "select item_key from batch_item_key where batch_no = :batch and item_key = any(:keys)")
    List<String> taken(@Bind("batch") long batch, @Bind("keys") String[] keys);

    @SqlQuery("select total from batch_job where batch_no = :batch")
    int total(@Bind("batch") long batch);
  }

  /**
   * Adds a page to a batch, which must be the session's still: that locks its row.
   *
   * @throws org.batchengine.model.LimitExceededException if the limits leave no room
   */
  void append(Handle handle, long batch, long session, List<NewItem> page, SubmitLimits limits) {
    Optional<Long> grown = grow(handle, batch, session, page, false);
    if (grown.isEmpty()) {
      limits.admitMore(handle, batch, page.size());
      grown = grow(handle, batch, session, page, true);
    }
    long total = grown.orElseThrow(() -> new FencedException(session));
    insert(handle, batch, Math.toIntExact(total - page.size()), page);
  }

  private static Optional<Long> grow(
      Handle handle, long batch, long session, List<NewItem> page, boolean isAdmitted) {
    InputBytes bytes = InputBytes.of(page);
    return SqlObjects.on(handle, SubmitDao.class)
        .grow(batch, session, page.size(), bytes.all(), bytes.largest(), isAdmitted);
  }

  /** Inserts items of which the first gets the index. */
  void insert(Handle handle, long batch, int first, List<NewItem> items) {
    Map<String, Integer> keys = ItemKeys.of(first, items);
    try {
      writer.write(handle.getConnection(), batch, first, items);
      if (!keys.isEmpty()) {
        writer.writeKeys(handle.getConnection(), batch, inOrder(keys));
      }
    } catch (SQLException e) {
      throw new UncheckedSqlException(e);
    }
  }

  /** In the order of their text, which spares half of the work on an index. */
  private static List<ItemKey> inOrder(Map<String, Integer> keys) {
    return keys.entrySet().stream().map(key -> new ItemKey(key.getKey(), key.getValue())).toList();
  }

  /** Refuses the page if the batch has one of its keys. */
  static void refuseTaken(Handle handle, long batch, List<NewItem> page) {
    if (page.stream().allMatch(item -> item.key() == null)) {
      return;
    }
    KeyDao dao = SqlObjects.on(handle, KeyDao.class);
    Map<String, Integer> keys = ItemKeys.of(dao.total(batch), page);
    List<String> taken = Slices.find(keys.keySet(), String[]::new, some -> dao.taken(batch, some));
    ItemKeys.refuseTaken(keys, Set.copyOf(taken));
  }
}
