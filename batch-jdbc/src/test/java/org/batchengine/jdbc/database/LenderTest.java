package org.batchengine.jdbc.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.commons.dbcp2.BasicDataSource;
import org.batchengine.model.StoreException;
import org.batchengine.store.StoreSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pool of a host that waits for ever, as that of DBCP does by default: with 8 connections. */
@Tag("H2")
@Timeout(60)
class LenderTest {
  private static final Duration BRIEF = Duration.ofSeconds(3);

  private final BasicDataSource pool = new BasicDataSource();
  private final List<Connection> taken = new ArrayList<>();

  @BeforeEach
  void open() throws SQLException {
    pool.setUrl("jdbc:h2:mem:lender");
    pool.setUsername("sa");
    take(8); // opens them, so that no wait below is for that
    giveBack();
  }

  @AfterEach
  void close() throws SQLException {
    pool.close();
  }

  private void take(int connections) throws SQLException {
    for (int i = 0; i < connections; i++) {
      taken.add(pool.getConnection());
    }
  }

  private void giveBack() throws SQLException {
    for (Connection each : taken) {
      each.close();
    }
    taken.clear();
  }

  private void open(ConnectionPool hosts, int connections) {
    TableNames tables = new TableNames(null, TableNames.DEFAULT_PREFIX);
    Database.open(
        hosts,
        new Database.Config(tables, false, null, jdbi -> {}),
        new StoreSettings(Duration.ofSeconds(12), connections, 1 << 20));
  }

  @Test
  @DisplayName("FAULT-L5 a pool that is too small and waits for ever is refused within a bound")
  void refusesAPoolThatIsTooSmall() {
    try (ConnectionPool hosts = ConnectionPool.ofHost(pool, BRIEF)) {
      assertThatThrownBy(() -> open(hosts, 9))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("has 8 connections")
          .hasMessageContaining("need up to 9 at once: enlarge the pool");
      await().until(() -> pool.getNumActive() == 0);
      open(hosts, 8);
      assertThat(pool.getNumActive()).isZero();
    }
  }

  @Test
  @DisplayName("FAULT-L5 nobody waits for ever for a connection, and a late one goes back")
  void waitsForABoundedTime() throws SQLException {
    try (ConnectionPool hosts = ConnectionPool.ofHost(pool, BRIEF)) {
      take(8);
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(hosts::borrow)
          .withMessageContaining("no connection for 3000 ms: enlarge it")
          .satisfies(e -> assertThat(e.isTransient()).isTrue());
      giveBack();
      await().until(() -> pool.getNumActive() == 0);
      hosts.borrow().close();
    }
  }

  @Test
  @DisplayName("an interrupt stays pending, and ends no wait")
  void keepsAnInterrupt() throws Exception {
    try (ConnectionPool hosts = ConnectionPool.ofHost(pool, Duration.ofSeconds(50))) {
      take(8);
      CompletableFuture<Boolean> borrowed = new CompletableFuture<>();
      Thread waiting =
          new Thread(
              () -> {
                Thread.currentThread().interrupt();
                try (Connection connection = hosts.borrow()) {
                  borrowed.complete(Thread.currentThread().isInterrupted());
                } catch (SQLException | RuntimeException e) {
                  borrowed.completeExceptionally(e);
                }
              });
      waiting.start();
      await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
      giveBack();
      assertThat(borrowed.get(20, TimeUnit.SECONDS)).isTrue();
      waiting.join();
    }
  }

  @Test
  @DisplayName("errors of the pool come as they are")
  void passesErrorsOn() {
    BasicDataSource nowhere = new BasicDataSource();
    nowhere.setUrl("jdbc:h2:mem:nowhere;IFEXISTS=TRUE");
    try (ConnectionPool hosts = ConnectionPool.ofHost(nowhere, Duration.ofSeconds(50))) {
      assertThatThrownBy(hosts::borrow).isInstanceOf(SQLException.class);
    }
  }
}
