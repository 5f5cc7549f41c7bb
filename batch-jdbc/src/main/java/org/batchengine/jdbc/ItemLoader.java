package org.batchengine.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.StoredInput;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.statement.SqlQuery;

/** Reads the inputs of what a session owns. */
final class ItemLoader {
  private final Transactions transactions;
  private final String openItems;

  ItemLoader(Database database) {
    transactions = database.transactions();
    openItems = database.dialect().openItems();
  }

  interface InputDao {
    @SqlQuery("select item_id, item_key, input from batch_item where item_id = any(:items)")
    List<StoredInput> of(@Bind("items") Long[] items);
  }

  List<StoredInput> load(ClaimedChunk chunk) {
    return transactions.autoCommit(
        handle ->
            handle
                .createQuery(openItems)
                .bind("first", ItemIds.of(chunk.batch(), chunk.from()))
                .bind("end", ItemIds.of(chunk.batch(), chunk.to()))
                .scanResultSet(
                    (rows, context) -> {
                      try (context) {
                        return inputs(rows.get(), chunk);
                      }
                    }));
  }

  /** By position: thousands of rows come at once. */
  private static List<StoredInput> inputs(ResultSet rows, ClaimedChunk chunk) throws SQLException {
    List<StoredInput> inputs = new ArrayList<>(chunk.to() - chunk.from());
    while (rows.next()) {
      inputs.add(
          new StoredInput(
              chunk.batch(), ItemIds.index(rows.getLong(1)), rows.getString(2), rows.getString(3)));
    }
    return inputs;
  }

  List<StoredInput> load(List<ClaimedItem> parked) {
    Long[] items =
        parked.stream().map(item -> ItemIds.of(item.batch(), item.index())).toArray(Long[]::new);
    return transactions.autoCommit(handle -> Daos.on(handle, InputDao.class).of(items));
  }
}
