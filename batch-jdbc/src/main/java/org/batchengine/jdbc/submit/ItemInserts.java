package org.batchengine.jdbc.submit;

import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.UncheckedSqlException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.Violation;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewItem;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/**
 * Inserts items. Keys stand in a table of their own as well, which makes them unique: so batches
 * without keys pay nothing for that, and the table of items can be partitioned by its id.
 */
final class ItemInserts {
  /** H2 takes arrays of up to 65,536 elements. */
  private static final int MOST_ELEMENTS = 50_000;

  private final ItemWriter writer;

  ItemInserts(Database database) {
    writer = ItemWriter.of(database);
  }

  interface KeyDao {
    @SqlQuery(
        "select item_key from batch_item_key where batch_no = :batch and item_key = any(:keys)")
    Set<String> taken(@Bind("batch") long batch, @Bind("keys") String[] keys);

    @SqlQuery("select total from batch_job where batch_no = :batch")
    int total(@Bind("batch") long batch);
  }

  /** Bytes of the inputs in UTF-8. */
  static long bytes(List<NewItem> items) {
    long bytes = 0;
    for (NewItem item : items) {
      String input = item.input();
      if (input != null) {
        bytes += utf8Length(input);
      }
    }
    return bytes;
  }

  private static long utf8Length(String text) {
    long bytes = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return bytes;
  }

  /** Adds a page to a batch, which must be the session's still: that locks its row. */
  void append(Handle handle, long batch, long session, List<NewItem> page) {
    long total =
        SqlObjects.on(handle, SubmitDao.class)
            .grow(batch, session, page.size(), bytes(page))
            .orElseThrow(() -> new FencedException(session));
    insert(handle, batch, Math.toIntExact(total - page.size()), page);
  }

  /** Inserts items of which the first gets the index. */
  void insert(Handle handle, long batch, int first, List<NewItem> items) {
    List<ItemKey> keys = keys(first, items);
    try {
      writer.write(handle.getConnection(), batch, first, items);
      if (!keys.isEmpty()) {
        writer.writeKeys(handle.getConnection(), batch, keys);
      }
    } catch (SQLException e) {
      throw new UncheckedSqlException(e);
    }
  }

  /** In the order of their text, which spares half of the work on an index. */
  private static List<ItemKey> keys(int first, List<NewItem> items) {
    Map<String, ItemKey> keys = new TreeMap<>();
    for (int i = 0; i < items.size(); i++) {
      String text = items.get(i).key();
      if (text != null && keys.put(text, new ItemKey(text, first + i)) != null) {
        throw keyTaken(first + i);
      }
    }
    return List.copyOf(keys.values());
  }

  /** Refuses the page if the batch has one of its keys. */
  static void refuseTaken(Handle handle, long batch, List<NewItem> page) {
    if (page.stream().allMatch(item -> item.key() == null)) {
      return;
    }
    KeyDao dao = SqlObjects.on(handle, KeyDao.class);
    List<ItemKey> keys = keys(dao.total(batch), page);
    Set<String> taken = new HashSet<>();
    for (int from = 0; from < keys.size(); from += MOST_ELEMENTS) {
      List<ItemKey> some = keys.subList(from, Math.min(keys.size(), from + MOST_ELEMENTS));
      taken.addAll(dao.taken(batch, some.stream().map(ItemKey::text).toArray(String[]::new)));
    }
    keys.stream()
        .filter(key -> taken.contains(key.text()))
        .min(Comparator.comparing(ItemKey::index))
        .ifPresent(
            key -> {
              throw keyTaken(key.index());
            });
  }

  private static InvalidItemException keyTaken(int index) {
    return new InvalidItemException(
        index,
        List.of(new Violation("", "another item of the batch has its key", "DUPLICATE_KEY")));
  }
}
