package org.batchengine.examples.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Sends rows by {@code COPY} in PostgreSQL's binary format. */
final class BinaryCopyRows {
  private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");
  private static final byte[] SIGNATURE = "PGCOPY\n\377\r\n\0".getBytes(ISO_8859_1);
  private static final int LONGEST_ROW = 1024;

  private final CopyIn copy;
  private final ByteBuffer rows = ByteBuffer.allocate(1 << 16);

  BinaryCopyRows(Connection connection, String table) throws SQLException {
    copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("copy " + table + " from stdin (format binary)");
    rows.put(SIGNATURE).putInt(0).putInt(0);
  }

  /** Sends inputs with their numbers to a table of these two columns. */
  static void inputs(Connection connection, String table, int items) throws SQLException {
    BinaryCopyRows rows = new BinaryCopyRows(connection, table);
    Iterator<String> inputs = Work.inputs(items);
    for (int id = 0; id < items; id++) {
      rows.row(2).bigint(id).varchar(inputs.next());
    }
    rows.end();
  }

  /** {@return the microseconds that PostgreSQL stores for this moment} */
  static long micros(Instant moment) {
    return ChronoUnit.MICROS.between(EPOCH, moment);
  }

  BinaryCopyRows row(int columns) throws SQLException {
    if (rows.remaining() < LONGEST_ROW) {
      send();
    }
    rows.putShort((short) columns);
    return this;
  }

  BinaryCopyRows smallint(int value) {
    rows.putInt(Short.BYTES).putShort((short) value);
    return this;
  }

  BinaryCopyRows integer(int value) {
    rows.putInt(Integer.BYTES).putInt(value);
    return this;
  }

  /** Also a {@code timestamp with time zone}, in {@link #micros}. */
  BinaryCopyRows bigint(long value) {
    rows.putInt(Long.BYTES).putLong(value);
    return this;
  }

  BinaryCopyRows varchar(String value) {
    byte[] bytes = value.getBytes(UTF_8);
    rows.putInt(bytes.length).put(bytes);
    return this;
  }

  void end() throws SQLException {
    row(-1);
    send();
    copy.endCopy();
  }

  private void send() throws SQLException {
    copy.writeToCopy(rows.array(), 0, rows.position());
    rows.clear();
  }
}
