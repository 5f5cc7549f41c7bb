package org.batchengine.jdbc;

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
                .mapTo(StoredInput.class)
                .list());
  }

  List<StoredInput> load(List<ClaimedItem> parked) {
    Long[] items =
        parked.stream().map(item -> ItemIds.of(item.batch(), item.index())).toArray(Long[]::new);
    return transactions.autoCommit(handle -> handle.attach(InputDao.class).of(items));
  }
}
