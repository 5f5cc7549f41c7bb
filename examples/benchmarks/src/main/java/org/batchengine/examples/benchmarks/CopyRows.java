package org.batchengine.examples.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Iterator;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Sends rows by {@code COPY}. Their texts have nothing to escape. */
final class CopyRows {
  private static final int PART = 1 << 16;

  private final CopyIn copy;
  private final StringBuilder rows = new StringBuilder(PART + 1024);

  CopyRows(Connection connection, String table) throws SQLException {
    copy =
        connection.unwrap(PGConnection.class).getCopyAPI().copyIn("copy " + table + " from stdin");
  }

  /** Sends inputs with their numbers to a table of these two columns. */
  static void inputs(Connection connection, String table, int items) throws SQLException {
    CopyRows rows = new CopyRows(connection, table);
    Iterator<String> inputs = Work.inputs(items);
    for (int id = 0; id < items; id++) {
      rows.row().append(id).append('\t').append(inputs.next()).append('\n');
    }
    rows.end();
  }

  /** The place to append a row with its end to. */
  StringBuilder row() throws SQLException {
    if (rows.length() >= PART) {
      send();
    }
    return rows;
  }

  void end() throws SQLException {
    send();
    copy.endCopy();
  }

  private void send() throws SQLException {
    byte[] part = rows.toString().getBytes(UTF_8);
    copy.writeToCopy(part, 0, part.length);
    rows.setLength(0);
  }
}
