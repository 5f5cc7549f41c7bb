package org.batchengine.jdbc.submit;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.batchengine.jdbc.database.Database;
import org.batchengine.store.NewItem;

/** Writes items in bulk. */
interface ItemWriter {

  /** The fastest that the database has. */
  static ItemWriter of(Database database) {
    return database.dialect().hasCopy()
        ? new CopiedItems(database.sql())
        : new BatchedItems(database.sql());
  }

  /** Writes items of which the first gets the index. */
  void write(Connection connection, long batch, int first, List<NewItem> items) throws SQLException;

  /** Writes keys of items of the batch. */
  void writeKeys(Connection connection, long batch, List<ItemKey> keys) throws SQLException;
}
