package org.batchengine.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.batchengine.SimulatedStore;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ItemTransaction;

/** A database whose time is moved on. It is emptied in the end, for the next seed. */
final class SimulatedDatabase implements SimulatedStore {
  private static final String WRITTEN =
      "create table if not exists written (input varchar(100), output varchar(200))";

  private final JdbcUnderTest under;

  SimulatedDatabase(JdbcUnderTest under) {
    this.under = under;
    under.jdbi().useHandle(handle -> handle.execute(WRITTEN));
  }

  @Override
  public BatchStore store() {
    return under.store();
  }

  @Override
  public Instant now() {
    return under.clock().instant();
  }

  @Override
  public void move(Duration step) {
    under.clock().advance(step);
  }

  @Override
  public boolean canGoBack() {
    return false;
  }

  @Override
  public Set<Long> sessions() {
    return under
        .jdbi()
        .withHandle(
            handle -> handle.select("select id from batch_session").mapTo(Long.class).set());
  }

  @Override
  public List<String> history(long batch) {
    return under.events(batch).stream().map(StoreUnderTest.Event::kind).toList();
  }

  @Override
  public List<String> violations() {
    return under.violations();
  }

  @Override
  public Class<?> transactions() {
    return Connection.class;
  }

  @Override
  public ItemTransaction<?> begin(long session) {
    return under.store().settling().beginTransaction(Connection.class, session);
  }

  @Override
  public void write(Object transaction, String input, String output) throws SQLException {
    try (PreparedStatement insert =
        ((Connection) transaction).prepareStatement("insert into written values (?, ?)")) {
      insert.setString(1, input);
      insert.setString(2, output);
      insert.executeUpdate();
    }
  }

  @Override
  public List<String> written(String input) {
    return under
        .jdbi()
        .withHandle(
            handle ->
                handle
                    .select("select output from written where input = ?", input)
                    .mapTo(String.class)
                    .list());
  }

  @Override
  public void close() {
    under
        .jdbi()
        .useHandle(
            handle -> {
              PostgresServer.empty(handle);
              handle.execute("truncate table written");
            });
  }
}
