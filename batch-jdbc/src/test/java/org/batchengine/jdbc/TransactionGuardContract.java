package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ItemState;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A processor cannot end the transaction that it is given. */
abstract class TransactionGuardContract extends BookingContract {

  TransactionGuardContract(Supplier<HostDatabase> opener) {
    super(opener);
  }

  private interface Deed {
    void on(Connection connection) throws SQLException;
  }

  private static final List<Deed> REFUSED =
      List.of(
          Connection::commit,
          Connection::rollback,
          Connection::close,
          connection -> connection.setAutoCommit(true),
          connection -> connection.abort(Runnable::run),
          connection -> connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE),
          connection -> execute(connection, " commit"),
          connection -> execute(connection, "ROLLBACK"),
          connection -> execute(connection, "insert into booking (item) values (77); commit"),
          connection -> execute(connection, "/* not a word */ commit"),
          connection -> execute(connection, "-- it's;\nrollback"),
          connection -> execute(connection, "select 1; /* ; */ COMMIT ;"),
          connection -> connection.createStatement().addBatch("select ';'; commit"),
          connection -> connection.prepareStatement("commit").close(),
          connection -> connection.createStatement().getConnection().commit(),
          connection -> connection.getMetaData().getConnection().rollback(),
          connection -> connection.unwrap(connectionClassOf(connection)).rollback());

  private static Class<? extends Connection> connectionClassOf(Connection connection)
      throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    try {
      return Class.forName(
              product.equals("H2")
                  ? "org.h2.jdbc.JdbcConnection"
                  : "org.postgresql.jdbc.PgConnection")
          .asSubclass(Connection.class);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<Integer, ItemState> states(BatchEngine engine, BatchId id) {
    Map<Integer, ItemState> states = new HashMap<>();
    engine.results(BOOK, id).forEach(item -> states.put(item.index(), item.state()));
    return states;
  }

  @Test
  @DisplayName("FAULT-P9 a processor cannot end the transaction that it is given")
  void refuseToEnd() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              if (item < REFUSED.size()) {
                REFUSED.get(item).on(connection);
              }
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(REFUSED.size() + 4)));

      for (int i = 0; i < REFUSED.size(); i++) {
        assertThat(error(engine, job.id(), i)).contains("is not allowed");
      }
      assertThat(job.counts().succeeded()).isEqualTo(4);
      assertThat(host.booked())
          .isEqualTo(IntStream.range(REFUSED.size(), REFUSED.size() + 4).boxed().toList());
    }
  }

  @Test
  @DisplayName("FAULT-P9 nor can it change the connection for those who get it next")
  void refuseToChangeTheConnection() throws Exception {
    List<Deed> deeds =
        List.of(
            connection -> connection.setSchema("information_schema"),
            connection -> connection.setReadOnly(true),
            connection -> connection.setCatalog("another"),
            connection -> connection.setHoldability(ResultSet.CLOSE_CURSORS_AT_COMMIT + 7),
            connection -> connection.setClientInfo("ApplicationName", "the item's"),
            connection -> connection.setNetworkTimeout(Runnable::run, 1_234),
            connection -> connection.setTypeMap(Map.of("a", String.class)),
            connection -> execute(connection, "set schema 'information_schema'"),
            connection -> execute(connection, "select 1; set /**/ role nobody"));
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              connection.setAutoCommit(connection.getAutoCommit());
              connection.setReadOnly(connection.isReadOnly());
              connection.setTransactionIsolation(connection.getTransactionIsolation());
              HostDatabase.book(connection, item);
              if (item < deeds.size()) {
                deeds.get(item).on(connection);
              }
              return "booked";
            },
            ONE_BY_ONE)) {
      BatchJob job = engine.await(engine.submit(BOOK, items(deeds.size() + 2)));

      for (int i = 0; i < deeds.size(); i++) {
        assertThat(error(engine, job.id(), i)).contains("is not allowed", "would outlive the item");
      }
      assertThat(host.booked()).containsExactly(deeds.size(), deeds.size() + 1);
    }
  }

  @Test
  @DisplayName("FAULT-P9 nor can one that is given a handle")
  void refuseToEndByHandle() throws Exception {
    try (BatchEngine engine =
        host.engine(
            builder ->
                builder.registerTransactional(
                    BOOK,
                    Handle.class,
                    (item, handle, context) -> {
                      handle.execute("insert into booking (item) values (?)", item);
                      switch (item) {
                        case 0 -> handle.commit();
                        case 1 -> handle.rollback();
                        case 2 -> handle.close();
                        default -> {}
                      }
                      return "booked";
                    },
                    ONE_BY_ONE))) {
      BatchJob job = engine.await(engine.submit(BOOK, items(5)));

      assertThat(states(engine, job.id()))
          .containsEntry(0, ItemState.FAILED)
          .containsEntry(1, ItemState.FAILED)
          .containsEntry(2, ItemState.FAILED);
      assertThat(host.booked()).containsExactly(3, 4);
    }
  }

  @Test
  void allowSavepointsOfTheHost() throws Exception {
    try (BatchEngine engine =
        engine(
            (item, connection, context) -> {
              HostDatabase.book(connection, item);
              Savepoint mine = connection.setSavepoint("mine");
              HostDatabase.book(connection, -item);
              connection.rollback(mine);
              return "booked";
            },
            ONE_BY_ONE)) {
      engine.await(engine.submit(BOOK, items(5)));

      assertThat(host.booked()).isEqualTo(items(5));
    }
  }

  @Test
  void buildRefusesAKindThatTheStoreDoesNotHave() {
    assertThatThrownBy(
            () ->
                BatchEngine.builder(JdbcBatchStore.of(host.lostAnswers().dataSource()))
                    .registerTransactional(
                        BOOK, PreparedStatement.class, (item, statement, context) -> "")
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("book")
        .hasMessageContaining("java.sql.PreparedStatement")
        .hasMessageContaining("JdbcBatchStore");
  }

  @Test
  @DisplayName("FAULT-P10 a pool without a connection for each worker is refused")
  void buildRefusesAPoolThatIsTooSmall() {
    assertThatThrownBy(
            () -> engine((item, connection, context) -> "", JobOptions.defaults().concurrency(17)))
        .hasMessageContaining("20")
        .hasMessageContaining("22");
  }
}
