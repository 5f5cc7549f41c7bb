package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionTemplate;

/** Pools and proxies of hosts: the engine's own work joins nobody's transaction. */
@Timeout(60)
class HostPoolsTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private HikariDataSource pool;
  private Runnable drop = () -> {};

  enum Kind {
    H2,
    POSTGRESQL
  }

  private HikariDataSource open(Kind kind, boolean autoCommit) {
    HikariConfig config = new HikariConfig();
    if (kind == Kind.H2) {
      config.setJdbcUrl("jdbc:h2:mem:pools" + DATABASES.incrementAndGet());
      config.setUsername("sa");
    } else {
      String url = PostgresServer.freshDatabase();
      config.setJdbcUrl(url);
      drop = () -> PostgresServer.drop(url);
    }
    config.setMaximumPoolSize(16);
    config.setMinimumIdle(1);
    config.setAutoCommit(autoCommit);
    pool = new HikariDataSource(config);
    JdbcTemplate host = new JdbcTemplate(pool);
    inTransaction(() -> host.execute("create table orders (id int)"), false);
    return pool;
  }

  @AfterEach
  void close() {
    if (pool != null) {
      pool.close();
    }
    drop.run();
    drop = () -> {};
  }

  private void inTransaction(Runnable work, boolean rollsBack) {
    new TransactionTemplate(new DataSourceTransactionManager(pool))
        .executeWithoutResult(
            status -> {
              work.run();
              if (rollsBack) {
                status.setRollbackOnly();
              }
            });
  }

  private int orders() {
    int[] count = {0};
    inTransaction(
        () ->
            count[0] =
                new JdbcTemplate(pool).queryForObject("select count(*) from orders", Integer.class),
        false);
    return count[0];
  }

  /** What a host does within its transaction, which is undone as a whole. */
  private void useWithinARolledBackTransaction(DataSource given, BatchEngine engine) {
    BatchId id = engine.submit(LENGTH, List.of("one", "three"));
    inTransaction(
        () -> {
          new JdbcTemplate(given).update("insert into orders values (1)");
          assertThat(engine.status(id).state()).isEqualTo(BatchState.PENDING);
          engine.submit(BatchRequest.of(LENGTH, List.of("another")));
          engine.cancel(id, CancelMode.GRACEFUL, "in the transaction");
          new JdbcTemplate(given).update("insert into orders values (2)");
          assertThat(engine.status(id).state()).isNotEqualTo(BatchState.PENDING);
        },
        true);

    assertThat(orders()).isZero();
    assertThat(engine.status(id).state()).isNotEqualTo(BatchState.PENDING);
  }

  @ParameterizedTest
  @CsvSource({"H2, true", "H2, false", "POSTGRESQL, true", "POSTGRESQL, false"})
  @DisplayName("FAULT-L4 Spring's proxy is unwrapped, and the host's transaction untouched")
  void unwrapsSpringsProxy(Kind kind, boolean autoCommit) {
    DataSource proxy = new TransactionAwareDataSourceProxy(open(kind, autoCommit));
    try (BatchEngine engine = BatchEngine.builder(JdbcBatchStore.of(proxy)).build()) {
      useWithinARolledBackTransaction(proxy, engine);
    }
  }

  @ParameterizedTest
  @CsvSource({"H2, true", "H2, false", "POSTGRESQL, true", "POSTGRESQL, false"})
  @DisplayName("FAULT-L4 a data source with something like it within joins nothing either")
  void joinsNothing(Kind kind, boolean autoCommit) {
    DataSource hidden =
        new DelegatingDataSource(new TransactionAwareDataSourceProxy(open(kind, autoCommit)));
    try (BatchEngine engine = BatchEngine.builder(JdbcBatchStore.of(hidden)).build()) {
      useWithinARolledBackTransaction(hidden, engine);
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-L4 an engine that is built in a transaction which it would join is refused")
  void refusesToBeBuiltInATransaction(Kind kind) {
    for (boolean autoCommit : List.of(true, false)) {
      DataSource hidden =
          new DelegatingDataSource(new TransactionAwareDataSourceProxy(open(kind, autoCommit)));
      inTransaction(
          () -> {
            new JdbcTemplate(hidden).update("insert into orders values (1)");
            assertThatThrownBy(() -> BatchEngine.builder(JdbcBatchStore.of(hidden)).build())
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("must not join it")
                .hasMessageContaining("give the store the pool behind the data source");
          },
          true);
      assertThat(orders()).isZero();
      close();
    }
  }

  /** As a data source of JTA may do: what it lends is enlisted, whoever asks. */
  @Test
  @DisplayName("FAULT-L4 a connection that comes within a transaction is refused")
  void refusesWhatIsInATransaction() throws SQLException {
    open(Kind.H2, true);
    boolean[] enlists = {false};
    DataSource enlisting =
        new DelegatingDataSource(pool) {
          @Override
          public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            connection.setAutoCommit(!enlists[0]);
            return connection;
          }
        };
    try (BatchEngine engine = BatchEngine.builder(JdbcBatchStore.of(enlisting)).build()) {
      BatchId id = engine.submit(LENGTH, List.of("one"));
      enlists[0] = true;
      assertThatThrownBy(() -> engine.status(id))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("must not join it");
      enlists[0] = false;
      assertThat(engine.status(id).state()).isEqualTo(BatchState.PENDING);
    }
  }

  @Test
  @DisplayName("FAULT-D4 FAULT-L5 on a pool without a bound, answers are awaited for a minute")
  void boundsAnswers() throws Exception {
    Set<Integer> bounds = ConcurrentHashMap.newKeySet();
    DataSource watched = watched(open(Kind.POSTGRESQL, true), bounds);
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.of(watched))
            .registerTransactional(
                LENGTH,
                Connection.class,
                (text, connection, context) -> {
                  assertThat(connection.getNetworkTimeout()).isZero();
                  return text.length();
                })
            .start()) {
      bounds.clear();
      BatchId id = engine.submit(LENGTH, List.of("one", "three"));
      assertThat(engine.await(id).counts().succeeded()).isEqualTo(2);
    }
    // A renewal waits for a third of an expiry.
    assertThat(bounds).contains(60_000).isSubsetOf(60_000, 4_000);
    try (Connection connection = pool.getConnection()) {
      assertThat(connection.getNetworkTimeout()).isZero();
    }
  }

  @Test
  @DisplayName("FAULT-L5 a pool whose connections cannot be bound is refused in words")
  void refusesWhatCannotBeBound() {
    open(Kind.POSTGRESQL, true);
    DataSource unbounded =
        new DelegatingDataSource(pool) {
          @Override
          public Connection getConnection() throws SQLException {
            return proxy(
                super.getConnection(),
                (target, method, arguments) -> {
                  if (method.getName().equals("setNetworkTimeout")) {
                    throw new java.sql.SQLFeatureNotSupportedException("for a test");
                  }
                  return method.invoke(target, arguments);
                });
          }
        };
    assertThatThrownBy(() -> BatchEngine.builder(JdbcBatchStore.of(unbounded)).build())
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("socketTimeout=60");
  }

  /** Notes how long each statement of a connection may wait for its answer. */
  private static DataSource watched(DataSource pool, Set<Integer> bounds) {
    return new DelegatingDataSource(pool) {
      @Override
      public Connection getConnection() throws SQLException {
        return proxy(
            super.getConnection(),
            (target, method, arguments) -> {
              Object result = method.invoke(target, arguments);
              if (result instanceof PreparedStatement || method.getName().equals("commit")) {
                bounds.add(target.getNetworkTimeout());
              }
              return result;
            });
      }
    };
  }

  private interface Calls {
    Object on(Connection target, Method method, Object[] arguments)
        throws SQLException, ReflectiveOperationException;
  }

  private static Connection proxy(Connection target, Calls calls) {
    return (Connection)
        Proxy.newProxyInstance(
            HostPoolsTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (self, method, arguments) -> {
              try {
                return calls.on(target, method, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
