package org.batchengine.examples.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.batchengine.Chunk;
import org.batchengine.ChunkItem;
import org.batchengine.JobType;
import org.batchengine.Registration;
import org.batchengine.web.Operation;

/**
 * Writes the rows of CSV or JSON Lines to the table {@code imported_row}, in the transaction that
 * writes their outcomes: so each row is there exactly once.
 */
final class Imports {
  private static final JobType<JsonNode, Void> IMPORT = JobType.of("import", JsonNode.class);
  private static final int LONGEST_ROW = 1_000_000;

  /** Rows of a transaction, if nobody says another number. */
  private static final int TOGETHER = 1_000;

  private static final String TABLE =
      "create table if not exists imported_row ("
          + "batch_id varchar(36), item_index int, content varchar(%d) not null, primary key (batch_id, item_index))"
              .formatted(LONGEST_ROW);
  private static final String INSERT =
      "insert into imported_row (batch_id, item_index, content) values (?, ?, ?)";

  private Imports() {}

  /** Returns what imports rows into the database that the engine works on. */
  static Offer<JsonNode> offer(Defaults defaults) {
    return new Offer<>(
        Registration.bulkTransactional(IMPORT, Connection.class, Imports::write)
            .with(defaults.options(TOGETHER)),
        Operation.of(IMPORT)
            .label("Import rows into a table")
            .description(
                "Writes each row of a CSV or JSON Lines file to the table imported_row, exactly once.")
            .wholeRows());
  }

  /**
   * Makes the table. On an H2 file, before an engine has it open.
   *
   * @param user empty for that of the URL
   */
  static void makeTable(String driver, String url, String user) throws SQLException {
    try {
      Class.forName(driver); // found by the loader of this class, not by that of the thread
    } catch (ClassNotFoundException e) {
      throw new SQLException("the driver is missing", e);
    }
    try (Connection connection =
            user.isEmpty()
                ? DriverManager.getConnection(url)
                : DriverManager.getConnection(url, user, "");
        Statement statement = connection.createStatement()) {
      try {
        statement.execute(TABLE);
      } catch (SQLException e) {
        statement.execute(TABLE); // another node has made it at the same moment
      }
    }
  }

  private static void write(Chunk<JsonNode, Void> chunk, Connection connection)
      throws SQLException {
    boolean isRefused = false;
    for (ChunkItem<JsonNode, Void> item : chunk) {
      isRefused |= isRefused(item);
    }
    if (isRefused) {
      return; // the others are called again without them
    }
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (ChunkItem<JsonNode, Void> item : chunk) {
        insert.setString(1, chunk.batchId().toString());
        insert.setInt(2, item.index());
        insert.setString(3, item.input().toString());
        insert.addBatch();
      }
      insert.executeBatch();
    }
    chunk.forEach(item -> item.succeed(null));
  }

  private static boolean isRefused(ChunkItem<JsonNode, Void> item) {
    JsonNode row = item.input();
    if (!row.isObject()) {
      return item.giveUp("NO_ROW", "a row is an object of values by column");
    }
    boolean isEmpty = true;
    for (JsonNode value : row) {
      isEmpty &= value.isNull() || (value.isTextual() && value.textValue().isBlank());
    }
    if (isEmpty) {
      return item.giveUp("EMPTY", "all values of the row are empty");
    }
    return row.toString().length() > LONGEST_ROW
        && item.giveUp("TOO_LONG", "the row has more than " + LONGEST_ROW + " characters");
  }
}
