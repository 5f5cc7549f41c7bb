package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.PoolUse;
import org.batchengine.model.StoreException;
import org.batchengine.store.StoreSettings;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a store is connected: by a pool of its own, or by the host's. */
class ConnectionsTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);
  private static final StoreSettings SETTINGS =
      new StoreSettings(Duration.ofSeconds(12), 4, 1 << 20);
  private static final String SAFE = ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";

  @TempDir Path folder;

  @Test
  void nothingIsConnectedBeforeTheEngineIsBuilt() {
    JdbcBatchStore store = JdbcBatchStore.open("jdbc:postgresql://localhost:1/nowhere");
    store.close();
    assertThatThrownBy(() -> store.connect(SETTINGS))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("cannot be reached");
  }

  @Test
  @Tag("PostgreSQL")
  void aWrongPasswordIsSaid() {
    String url = PostgresServer.freshDatabase();
    assertThatThrownBy(() -> open(JdbcBatchStore.open(url.replaceAll("\\?.*", ""), "nobody", "x")))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("nobody");
    PostgresServer.drop(url);
  }

  @ParameterizedTest
  @ValueSource(strings = {"jdbc:mysql://localhost/x", "jdbc:oracle:thin:@x", "h2:./x", ""})
  void otherDatabasesAreRefused(String url) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JdbcBatchStore.open(url))
        .withMessageContaining("jdbc:postgresql:")
        .withMessageContaining("jdbc:h2:");
  }

  @Test
  void anUnsafeH2UrlIsRefused() {
    String url = file() + ";WRITE_DELAY=500";
    assertThatThrownBy(() -> open(JdbcBatchStore.open(url))).hasMessageContaining("WRITE_DELAY");
  }

  @Test
  void aHostsUnsafeH2FileIsRefused() {
    try (HikariDataSource pool = pool(file(), 6)) {
      assertThatThrownBy(() -> open(JdbcBatchStore.of(pool)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(";WRITE_DELAY=0");
    }
  }

  @Test
  @Tag("H2")
  void aHostsPoolThatIsTooSmallIsRefused() {
    try (HikariDataSource pool = pool(file() + SAFE, 1)) {
      assertThatThrownBy(() -> open(JdbcBatchStore.of(pool)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("1")
          .hasMessageContaining("4");
    }
  }

  @Test
  @Tag("H2")
  @DisplayName("transactional types share what a usual pool leaves, unless they ask for more")
  void transactionalTypesFitAUsualPool() throws Exception {
    List<JobType<Integer, Void>> types =
        List.of(
            JobType.of("first", Integer.class, Void.class),
            JobType.of("second", Integer.class, Void.class));
    CountDownLatch allAtOnce = new CountDownLatch(4);
    try (HikariDataSource pool = pool(file() + SAFE, 10)) {
      try (BatchEngine engine = transactional(pool, types, JobOptions.defaults(), allAtOnce)) {
        for (JobType<Integer, Void> type : types) {
          BatchRequest<Integer> request = BatchRequest.of(type, List.of(1, 2));
          engine.submit(request);
        }
        assertThat(allAtOnce.await(30, TimeUnit.SECONDS)).isTrue();
      }
      assertThatThrownBy(
              () -> transactional(pool, types, JobOptions.defaults().concurrency(3), allAtOnce))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("the pool has 10 connections")
          .hasMessageContaining("need up to 11 at once: enlarge the pool");
    }
  }

  @Test
  @Tag("H2")
  @DisplayName("REQ-M26 the use of the pool can be read, of the store's own and of a host's")
  void thePoolIsTold() throws Exception {
    try (HikariDataSource pool = pool(file() + SAFE, 10);
        BatchEngine engine = BatchEngine.builder(JdbcBatchStore.of(pool)).build();
        Connection one = pool.getConnection();
        Connection another = pool.getConnection()) {
      PoolUse use = engine.metrics().pool().orElseThrow();

      assertThat(use.most()).isEqualTo(10);
      assertThat(use.active()).isGreaterThanOrEqualTo(2);
      assertThat(use.toMap()).containsOnlyKeys("most", "active", "idle", "waiting");
      one.close();
      another.close();
    }
    BatchEngine own =
        BatchEngine.builder(JdbcBatchStore.builder("jdbc:h2:mem:pool").poolSize(12).build())
            .build();
    assertThat(own.metrics().pool())
        .hasValueSatisfying(use -> assertThat(use.most()).isEqualTo(12));
    own.close();
    assertThat(own.metrics().pool()).isEmpty();
  }

  private static BatchEngine transactional(
      HikariDataSource pool,
      List<JobType<Integer, Void>> types,
      JobOptions options,
      CountDownLatch allAtOnce) {
    BatchEngine.Builder builder =
        BatchEngine.builder(JdbcBatchStore.of(pool)).defaults(options.chunkSize(1));
    for (JobType<Integer, Void> type : types) {
      builder.registerTransactional(
          type,
          Connection.class,
          (item, connection, context) -> {
            allAtOnce.countDown();
            allAtOnce.await();
            return null;
          });
    }
    return builder.start();
  }

  @Test
  @Tag("H2")
  void aHostsPoolStaysOpenAndIsGivenBackAsItWas() throws Exception {
    HikariConfig config = config(file() + SAFE, 6);
    config.setAutoCommit(false);
    config.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
    try (HikariDataSource pool = new HikariDataSource(config)) {
      assertRuns(JdbcBatchStore.of(pool));
      assertThat(pool.isClosed()).isFalse();
      try (Connection connection = pool.getConnection()) {
        assertThat(connection.getAutoCommit()).isFalse();
        assertThat(connection.getTransactionIsolation())
            .isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
      }
    }
  }

  @Test
  void aHostsPoolOfPostgresIsGivenBackAsItWas() throws Exception {
    String url = PostgresServer.freshDatabase();
    HikariConfig config = config(url, 6);
    config.setAutoCommit(false);
    config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
    try (HikariDataSource pool = new HikariDataSource(config)) {
      assertRuns(JdbcBatchStore.of(pool));
      try (Connection connection = pool.getConnection()) {
        assertThat(connection.getAutoCommit()).isFalse();
        assertThat(connection.getTransactionIsolation())
            .isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
        assertThat(shown(connection, "show idle_in_transaction_session_timeout")).isEqualTo("0");
      }
    } finally {
      PostgresServer.drop(url);
    }
  }

  @Test
  @Tag("PostgreSQL")
  void theUrlMayNameSeveralHosts() throws Exception {
    String url = PostgresServer.freshDatabase();
    String hosts = url.replace("//", "//127.0.0.1:1,") + "&targetServerType=primary";
    assertRuns(JdbcBatchStore.open(hosts));
    PostgresServer.drop(url);
  }

  @Test
  @DisplayName("FAULT-K5 a host's H2 file that would close under the drain is refused")
  void aHostsH2FileThatClosesAtExitIsRefused() {
    try (HikariDataSource pool = pool(file() + ";WRITE_DELAY=0", 6)) {
      assertThatThrownBy(() -> open(JdbcBatchStore.of(pool)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("before the engine has drained")
          .hasMessageContaining(";DB_CLOSE_ON_EXIT=FALSE");
    }
  }

  @Test
  @DisplayName("an H2 file that serves other processes as well cannot have that setting")
  void aHostsH2FileThatServesOthersIsNotRefused() {
    String url = file().replace("async:", "") + ";WRITE_DELAY=0;AUTO_SERVER=TRUE";
    try (HikariDataSource pool = pool(url, 6)) {
      open(JdbcBatchStore.of(pool));
    }
  }

  @Test
  void payloadsLongerThanATextOfH2AreRefused() {
    JdbcBatchStore store = JdbcBatchStore.open(file());
    assertThatThrownBy(() -> store.connect(new StoreSettings(Duration.ofSeconds(12), 4, 2 << 20)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("maxPayload")
        .hasMessageContaining("1048576");
    store.close();
  }

  @Test
  @Tag("H2")
  void aStoreServesOneEngine() {
    JdbcBatchStore store = JdbcBatchStore.open(file());
    store.connect(SETTINGS);
    assertThatThrownBy(() -> store.connect(SETTINGS)).isInstanceOf(IllegalStateException.class);
    store.close();
    store.close();
  }

  @Test
  @Tag("H2")
  @DisplayName("FAULT-L6 a second engine on a store that is open is refused, and the first runs on")
  void aRefusedBuilderTouchesNothing() throws Exception {
    JdbcBatchStore store = JdbcBatchStore.open(file());
    try (BatchEngine first =
        BatchEngine.builder(store).register(LENGTH, text -> text.length()).start()) {
      for (UnaryOperator<BatchEngine.Builder> options :
          List.<UnaryOperator<BatchEngine.Builder>>of(
              builder -> builder,
              builder ->
                  builder.registerTransactional(
                      LENGTH, String.class, (text, no, context) -> text.length()))) {
        assertThatIllegalStateException()
            .isThrownBy(() -> options.apply(BatchEngine.builder(store)).build())
            .withMessageContaining("give each engine its own store");
      }
      BatchId id = first.submit(LENGTH, List.of("one", "three"));
      assertThat(first.await(id, Duration.ofMinutes(1)).counts().succeeded()).isEqualTo(2);
      assertThat(first.health().isUp()).isTrue();
    }
    store.connect(SETTINGS);
    store.close();
  }

  @Test
  void aStoreThatIsNotConnectedHasNoPorts() {
    JdbcBatchStore store = JdbcBatchStore.open(file());
    assertHasNoPorts(store);
    store.connect(SETTINGS);
    assertThat(store.reading().history(HistoryQuery.all())).isEmpty();
    store.close();
    assertHasNoPorts(store);
  }

  private static void assertHasNoPorts(JdbcBatchStore store) {
    List<ThrowingCallable> ports =
        List.of(
            store::sessions,
            store::submitting,
            store::claiming,
            store::settling,
            store::steering,
            store::sweeping,
            store::reading);
    assertThat(ports)
        .allSatisfy(
            port ->
                assertThatIllegalStateException()
                    .isThrownBy(port)
                    .withMessageContaining("not connected"));
  }

  private void assertRuns(JdbcBatchStore store) throws InterruptedException {
    try (BatchEngine engine =
        BatchEngine.builder(store).register(LENGTH, text -> text.length()).start()) {
      BatchId id = engine.submit(LENGTH, List.of("one", "three"));
      assertThat(engine.await(id, Duration.ofMinutes(1)).counts().succeeded()).isEqualTo(2);
    }
  }

  private static void open(JdbcBatchStore store) {
    try {
      store.connect(SETTINGS);
    } finally {
      store.close();
    }
  }

  private String file() {
    return "jdbc:h2:async:" + folder.resolve("connections").toAbsolutePath();
  }

  private static HikariDataSource pool(String url, int size) {
    return new HikariDataSource(config(url, size));
  }

  private static HikariConfig config(String url, int size) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    if (url.startsWith("jdbc:h2:")) {
      config.setUsername("sa");
    }
    config.setMaximumPoolSize(size);
    return config;
  }

  private static String shown(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
