package org.batchengine.jdbc.claim;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.batchengine.jdbc.database.Database;
import org.batchengine.jdbc.sql.SqlObjects;
import org.batchengine.jdbc.sql.Transactions;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.StoredInput;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Reads the inputs of what a session owns. */
final class ItemLoader {
  private final Transactions transactions;
  private final String openItems;
  private final String notOpenItems;

  ItemLoader(Database database) {
    transactions = database.transactions();
    openItems = database.dialect().openItems();
    notOpenItems = database.dialect().notOpenItems();
  }

  interface InputDao {
    @SqlQuery("select item_id, item_key, input from batch_item where item_id = any(:items)")
    List<StoredInput> of(@Bind("items") Long[] items);
  }

  /** What is not open is read first: the session owns the chunk, so nobody adds to it. */
  List<StoredInput> load(ClaimedChunk chunk) {
    long first = ItemIds.of(chunk.batch(), chunk.from());
    long end = ItemIds.of(chunk.batch(), chunk.to());
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
              .createQuery(openItems)
              .bind("first", first)
              .bind("end", end)
              .scanResultSet(
                  (rows, context) -> {
                    try (context) {
                      return inputs(rows.get(), chunk, notOpen);
                    }
                  });
        });
  }

  /** By position: thousands of rows come at once. */
  private static List<StoredInput> inputs(ResultSet rows, ClaimedChunk chunk, Set<Long> notOpen)
      throws SQLException {
    List<StoredInput> inputs = new ArrayList<>(chunk.to() - chunk.from());
    while (rows.next()) {
      long item = rows.getLong(1);
      if (notOpen.isEmpty() || !notOpen.contains(item)) {
        inputs.add(
            new StoredInput(
                chunk.batch(), ItemIds.index(item), rows.getString(2), rows.getString(3)));
      }
    }
    return inputs;
  }

  List<StoredInput> load(List<ClaimedItem> parked) {
    Long[] items =
        parked.stream().map(item -> ItemIds.of(item.batch(), item.index())).toArray(Long[]::new);
    return transactions.autoCommit(handle -> SqlObjects.on(handle, InputDao.class).of(items));
  }
}
