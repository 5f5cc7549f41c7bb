package org.batchengine.jdbc.claim;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.Slices;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.InputSize;
import org.batchengine.store.StoredInput;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Reads the inputs of what a session owns. */
final class ItemLoader {
  private final Transactions transactions;
  private final String openItems;
  private final String sizes;
  private final String notOpenItems;

  ItemLoader(Database database) {
    transactions = database.brief();
    openItems = database.dialect().openItems("i.item_key, i.input");
    sizes = database.dialect().openItems("octet_length(i.input)");
    notOpenItems = database.dialect().notOpenItems();
  }

  interface InputDao {
    /** Of parked items; no others were corrected. */
    @SqlQuery(
        """
        select i.item_id, i.item_key, coalesce((select v.input from batch_input v
          where v.item_id = i.item_id order by v.attempt desc fetch first 1 rows only), i.input) as input
        from batch_item i where i.item_id = any(:items)
        """)
    List<StoredInput> of(@Bind("items") Long[] items);
  }

  List<StoredInput> load(ClaimedChunk chunk, int from, int to) {
    return open(
        openItems,
        chunk.batch(),
        from,
        to,
        (row, index) -> new StoredInput(chunk.batch(), index, row.getString(2), row.getString(3)));
  }

  List<InputSize> measure(ClaimedChunk chunk) {
    return open(
        sizes,
        chunk.batch(),
        chunk.from(),
        chunk.to(),
        (row, index) -> new InputSize(index, row.getInt(2)));
  }

  private interface RowOfItem<T> {
    T read(ResultSet row, int index) throws SQLException;
  }

  /** What is not open is read first: the session owns the chunk, so nobody adds to it. */
  private <T> List<T> open(String select, long batch, int from, int to, RowOfItem<T> mapper) {
    long first = ItemIds.of(batch, from);
    long end = ItemIds.of(batch, to);
    return transactions.autoCommit(
        handle -> {
          Set<Long> notOpen =
              notOpenItems.isEmpty()
                  ? Set.of()
                  : handle
                      .createQuery(notOpenItems)
                      .bind("first", first)
                      .bind("end", end)
                      .mapTo(Long.class)
                      .set();
          return handle
              .createQuery(select)
              .bind("first", first)
              .bind("end", end)
              .scanResultSet(
                  (rows, context) -> {
                    try (context) {
                      return open(rows.get(), new ArrayList<>(to - from), notOpen, mapper);
                    }
                  });
        });
  }

  /** By position: thousands of rows come at once. */
  private static <T> List<T> open(
      ResultSet rows, List<T> open, Set<Long> notOpen, RowOfItem<T> mapper) throws SQLException {
    while (rows.next()) {
      long item = rows.getLong(1);
      if (notOpen.isEmpty() || !notOpen.contains(item)) {
        open.add(mapper.read(rows, ItemIds.index(item)));
      }
    }
    return open;
  }

  List<StoredInput> load(List<ClaimedItem> parked) {
    List<Long> items = parked.stream().map(item -> ItemIds.of(item.batch(), item.index())).toList();
    return transactions.autoCommit(
        handle -> Slices.find(items, Long[]::new, SqlObjects.on(handle, InputDao.class)::of));
  }
}
