package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.batchengine.model.StoreException;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.StoreSettings;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Renewals have a connection and a row of their own. */
@Timeout(120)
class JdbcRenewalTest {
  private static final Duration EXPIRY = Duration.ofSeconds(12);
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final Executor threads = task -> new Thread(task).start();

  /** Not a file of H2, on which renewals wait for their turn to write. */
  enum Kind {
    H2,
    POSTGRESQL;

    JdbcUnderTest open() {
      return this == H2
          ? JdbcUnderTest.onH2InMemory("renewals" + DATABASES.incrementAndGet())
          : JdbcUnderTest.onPostgres();
    }
  }

  private static TestSession session(JdbcUnderTest under) {
    return new TestSession(under.store(), under.store().sessions().open("host", EXPIRY));
  }

  @ParameterizedTest
  @CsvSource({
    "H2, batch_session",
    "H2, batch_chunk",
    "POSTGRESQL, batch_session",
    "POSTGRESQL, batch_chunk"
  })
  @DisplayName("a renewal waits for no lock, whatever the session's settlement needs")
  void waitsForNobody(Kind kind, String table) throws Exception {
    try (JdbcUnderTest under = kind.open();
        SessionRenewal renewal = under.store().sessions().renewal();
        Handle other = under.jdbi().open()) {
      under.store().submitting().submit(NewBatches.any().build(), NewBatches.items(1));
      TestSession session = session(under);
      ClaimedChunk chunk = session.claimChunk(1);
      other.begin();
      other.select("select 1 from " + table + " for update").mapTo(Integer.class).one();
      CompletableFuture<Boolean> settling =
          CompletableFuture.supplyAsync(
              () -> session.settle(SettlementDraft.of().succeeded(chunk.batch(), 0).removed(chunk)),
              threads);
      CompletableFuture<Boolean> renewed =
          CompletableFuture.supplyAsync(() -> renewal.renew(session.id(), EXPIRY), threads);

      assertThat(renewed.get(10, TimeUnit.SECONDS)).isTrue();
      other.rollback();
      // It came when the row was free, or it gave up soon.
      assertThat(settling.handle((done, gaveUp) -> done).get(30, TimeUnit.SECONDS))
          .isNotEqualTo(false);
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("the connection is taken once, kept, and given back")
  void keepsItsConnection(Kind kind) {
    try (JdbcUnderTest under = kind.open()) {
      ProbedDataSource probed = under.probed();
      TestSession session = session(under);
      int before = probed.borrowed();
      SessionRenewal renewal = under.store().sessions().renewal();
      assertThat(probed.borrowed()).isEqualTo(before + 1);
      for (int i = 0; i < 3; i++) {
        assertThat(renewal.renew(session.id(), EXPIRY)).isTrue();
      }
      under.store().sessions().expired();
      assertThat(probed.borrowed()).isEqualTo(before + 2);
      assertThat(probed.connectionsOut()).isEqualTo(1);
      renewal.close();
      assertThat(probed.connectionsOut()).isZero();
      renewal.close();
      assertThatIllegalStateException()
          .isThrownBy(() -> renewal.renew(session.id(), EXPIRY))
          .withMessageContaining("closed");
      assertThat(probed.connectionsOut()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("a pool that others have emptied delays no renewal")
  void needsNothingOfThePool(Kind kind) throws Exception {
    List<Connection> taken = new ArrayList<>();
    try (JdbcUnderTest under = kind.open();
        SessionRenewal renewal = under.store().sessions().renewal()) {
      TestSession session = session(under);
      HikariDataSource pool = under.probed().dataSource().unwrap(HikariDataSource.class);
      while (pool.getHikariPoolMXBean().getActiveConnections() < pool.getMaximumPoolSize()) {
        taken.add(pool.getConnection());
      }
      CompletableFuture<Boolean> renewed =
          CompletableFuture.supplyAsync(() -> renewal.renew(session.id(), EXPIRY), threads);
      assertThat(renewed.get(10, TimeUnit.SECONDS)).isTrue();
      for (Connection each : taken) {
        each.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("after a failure the connection goes back, and the next renewal takes another")
  void takesAnotherConnection(Kind kind) {
    try (JdbcUnderTest under = kind.open();
        SessionRenewal renewal = under.store().sessions().renewal()) {
      ProbedDataSource probed = under.probed();
      TestSession session = session(under);
      int before = probed.borrowed();
      probed.rewrite(sql -> sql.replace("update batch_renewal", "update no_table"));
      assertThatThrownBy(() -> renewal.renew(session.id(), EXPIRY))
          .isInstanceOf(StoreException.class);
      assertThat(probed.connectionsOut()).isZero();
      probed.rewrite(UnaryOperator.identity());

      assertThat(renewal.renew(session.id(), EXPIRY)).isTrue();
      assertThat(renewal.renew(session.id(), EXPIRY)).isTrue();
      assertThat(probed.borrowed()).isEqualTo(before + 1);
      assertThat(probed.connectionsOut()).isEqualTo(1);
    }
  }

  @Test
  @DisplayName("FAULT-D1 the server ends the connection of renewals")
  void outlivesItsConnection() {
    try (JdbcUnderTest under = Kind.POSTGRESQL.open();
        SessionRenewal renewal = under.store().sessions().renewal()) {
      TestSession session = session(under);
      assertThat(renewal.renew(session.id(), EXPIRY)).isTrue();
      String kept =
          "pg_stat_activity where datname = current_database() and query like 'update batch_renewal%'";
      List<Boolean> ended =
          under
              .jdbi()
              .withHandle(
                  handle ->
                      handle
                          .select("select pg_terminate_backend(pid, 30000) from " + kept)
                          .mapTo(Boolean.class)
                          .list());
      assertThat(ended).containsExactly(true);

      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> renewal.renew(session.id(), EXPIRY))
          .satisfies(e -> assertThat(e.isTransient()).isTrue());
      assertThat(renewal.renew(session.id(), EXPIRY)).isTrue();
    }
  }

  @Test
  @DisplayName("FAULT-D4 answers to renewals never come: the next goes another way in time")
  void outlivesASilentConnection() throws Exception {
    String url = PostgresServer.freshDatabase();
    try (TcpProxy proxy = new TcpProxy(url);
        JdbcBatchStore store = JdbcBatchStore.open(proxy.url(url))) {
      store.connect(new StoreSettings(EXPIRY, 2, 1 << 20));
      Duration brief = Duration.ofSeconds(3);
      long session = store.sessions().open("host", brief);
      try (SessionRenewal renewal = store.sessions().renewal()) {
        assertThat(renewal.renew(session, brief)).isTrue();
        proxy.set(TcpProxy.Way.BLACK_HOLE);
        CompletableFuture<Boolean> renewed =
            CompletableFuture.supplyAsync(() -> renewal.renew(session, brief), threads);
        // The pool's own patience with an answer is a minute.
        assertThatThrownBy(() -> renewed.get(30, TimeUnit.SECONDS))
            .hasCauseInstanceOf(StoreException.class);
        proxy.set(TcpProxy.Way.OPEN);
        assertThat(renewal.renew(session, brief)).isTrue();
      }
    } finally {
      PostgresServer.drop(url);
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  @DisplayName("a host's connection goes back as it was, whether the last renewal went well or not")
  void goesBackAsItWas(boolean goesWell) throws Exception {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl("jdbc:h2:mem:renewals" + DATABASES.incrementAndGet());
    config.setUsername("sa");
    config.setMaximumPoolSize(2);
    config.setAutoCommit(false);
    try (HikariDataSource pool = new HikariDataSource(config);
        JdbcBatchStore store = JdbcBatchStore.of(pool)) {
      store.connect(new StoreSettings(EXPIRY, 2, 1 << 20));
      long session = store.sessions().open("host", EXPIRY);
      SessionRenewal renewal = store.sessions().renewal();
      if (!goesWell) {
        try (Connection connection = pool.getConnection()) {
          connection.createStatement().execute("alter table batch_renewal rename to hidden");
        }
        assertThatThrownBy(() -> renewal.renew(session, EXPIRY)).isInstanceOf(StoreException.class);
      } else {
        assertThat(renewal.renew(session, EXPIRY)).isTrue();
      }
      renewal.close();
      try (Connection one = pool.getConnection();
          Connection another = pool.getConnection()) {
        assertIsAsItWas(one);
        assertIsAsItWas(another);
      }
    }
  }

  private static void assertIsAsItWas(Connection connection) throws SQLException {
    assertThat(connection.getAutoCommit()).isFalse();
    assertThat(connection.getNetworkTimeout()).isZero();
  }
}
