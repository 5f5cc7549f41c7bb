package org.batchengine.jdbc.submit;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.batchengine.jdbc.database.SqlTemplates;
import org.batchengine.jdbc.table.ItemIds;
import org.batchengine.store.NewItem;

/** Writes items in JDBC batches, as every driver can. */
final class BatchedItems implements ItemWriter {
  private final SqlTemplates sql;

  BatchedItems(SqlTemplates sql) {
    this.sql = sql;
  }

  @Override
  public void write(Connection connection, long batch, int first, List<NewItem> items)
      throws SQLException {
    String insert = "insert into batch_item (item_id, item_key, input) values (?, ?, ?)";
    try (PreparedStatement row = connection.prepareStatement(sql.sql(insert))) {
      int index = first;
      for (NewItem item : items) {
        row.setLong(1, ItemIds.of(batch, index++));
        row.setString(2, item.key());
        row.setString(3, item.input());
        row.addBatch();
      }
      row.executeBatch();
    }
  }

  @Override
  public void writeKeys(Connection connection, long batch, List<ItemKey> keys) throws SQLException {
    String insert = "insert into batch_item_key (batch_no, item_key, item_index) values (?, ?, ?)";
    try (PreparedStatement row = connection.prepareStatement(sql.sql(insert))) {
      for (ItemKey key : keys) {
        row.setLong(1, batch);
        row.setString(2, key.text());
        row.setInt(3, key.index());
        row.addBatch();
      }
      row.executeBatch();
    }
  }
}
