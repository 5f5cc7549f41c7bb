package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.util.List;
import javax.sql.DataSource;
import org.assertj.core.api.AbstractThrowableAssert;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.jdbc.database.TableNames;
import org.batchengine.model.BatchId;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.StoreException;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases that an engine cannot use: it says why and the way out, and leaves nothing behind. */
@Timeout(60)
class BadDatabaseTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);
  private static final String SAFE = ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";

  @TempDir Path folder;

  /** Of an engine or its pool, whose last thread ends a moment after its close. */
  @AfterEach
  void noThreadIsLeft() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      String name = thread.getName();
      if (name.startsWith("batchengine") || name.startsWith("batch-")) {
        thread.join(10_000);
        assertThat(thread.isAlive()).as(name).isFalse();
      }
    }
  }

  private static AbstractThrowableAssert<?, ?> assertRefused(JdbcBatchStore store) {
    return assertThatThrownBy(() -> BatchEngine.builder(store).start().close())
        .isInstanceOf(StoreException.class);
  }

  private static void runs(JdbcBatchStore store) throws InterruptedException {
    try (BatchEngine engine =
        BatchEngine.builder(store).register(LENGTH, text -> text.length()).start()) {
      BatchId id = engine.submit(LENGTH, List.of("one"));
      assertThat(engine.await(id).counts().succeeded()).isOne();
    }
  }

  private String file() {
    return "jdbc:h2:" + folder.resolve("bad").toAbsolutePath();
  }

  private Jdbi admin() {
    return Jdbi.create(opened() + SAFE, "sa", "");
  }

  private String opened() {
    return H2Files.asOpened(file());
  }

  private HikariDataSource pool(String settings, String user, String password) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("host");
    config.setJdbcUrl(opened() + settings);
    config.setUsername(user);
    config.setPassword(password);
    config.setMaximumPoolSize(6);
    config.setMinimumIdle(1);
    return new HikariDataSource(config);
  }

  @Nested
  class OnH2 {
    @Test
    @DisplayName("FAULT-H3 a file that another process has is named, and free once that has ended")
    void aFileThatAnotherProcessHas() throws Exception {
      try (NodeProcess other = NodeProcess.start(file(), 1, 1, folder.resolve("called"), 12)) {
        other.next(NodeProgram.STARTED);

        assertRefused(JdbcBatchStore.open(file()))
            .hasMessageContaining("another process")
            .hasMessageContaining("stop that one, or let both use PostgreSQL")
            .hasMessageContaining(folder.resolve("bad").toAbsolutePath() + ".mv.db");
        other.kill();
      }
      runs(JdbcBatchStore.open(file()));
    }

    @Test
    void aWrongPassword() throws Exception {
      runs(JdbcBatchStore.open(file(), "sa", "right"));

      assertRefused(JdbcBatchStore.open(file(), "sa", "wrong"))
          .hasMessageContaining("the user or the password")
          .hasMessageContaining("credentials(user, password)")
          .hasMessageNotContaining("wrong\"");
      runs(JdbcBatchStore.open(file(), "sa", "right"));
    }

    @Test
    void aDatabaseThatIsNotThere() {
      assertRefused(JdbcBatchStore.open(file() + ";IFEXISTS=TRUE"))
          .hasMessageContaining("create it first")
          .hasMessageContaining("bad");
    }

    @ParameterizedTest
    @CsvSource({
      "LOCK_MODE=0, not be isolated",
      "lock_mode=0, not be isolated",
      "FILE_LOCK=NO, two processes",
      "ACCESS_MODE_DATA=r, no batch could be written",
      "WRITE_DELAY=500, would lose committed data",
      "DB_CLOSE_ON_EXIT=TRUE, before the engine has drained"
    })
    void anUnsafeUrl(String setting, String why) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> JdbcBatchStore.open(file() + ";" + setting))
          .withMessageContaining(setting)
          .withMessageContaining(why)
          .withMessageContaining("leave it out");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdbc:h2:mem:", "jdbc:h2:mem:;DB_CLOSE_DELAY=-1"})
    void aDatabaseInMemoryWithoutAName(String url) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> JdbcBatchStore.open(url))
          .withMessageContaining("jdbc:h2:mem:name");
    }

    @Test
    void aHostsDatabaseWithoutLocks() {
      try (HikariDataSource pool = pool(SAFE + ";LOCK_MODE=0", "sa", "")) {
        assertRefused(JdbcBatchStore.of(pool)).hasMessageContaining("LOCK_MODE=0");
        assertThat(pool.isClosed()).isFalse();
      }
    }

    @Test
    void aHostsDatabaseThatIsReadOnly() {
      admin().useHandle(handle -> handle.execute("create table of_the_host (id int)"));
      try (HikariDataSource pool = pool(SAFE + ";ACCESS_MODE_DATA=r", "sa", "")) {
        assertRefused(JdbcBatchStore.of(pool))
            .hasMessageContaining("read-only")
            .hasMessageContaining("ACCESS_MODE_DATA");
      }
    }

    @Test
    void aUserWhoIsNoAdmin() {
      admin().useHandle(handle -> handle.execute("create user bob password 'b'"));

      assertRefused(JdbcBatchStore.open(file(), "bob", "b"))
          .hasMessageContaining("not an admin")
          .hasMessageContaining("WRITE_DELAY")
          .hasMessageContaining("connect as one");
    }

    @Test
    @DisplayName(
        "FAULT-S8 a user of a host's pool needs row rights only, and is told which he lacks")
    void aHostsUserWithoutRights() throws Exception {
      Jdbi admin = admin();
      admin.useHandle(handle -> handle.execute("create user bob password 'b'"));
      try (HikariDataSource pool = pool(SAFE, "sa", "")) {
        HikariDataSource bobs = pool("", "bob", "b");
        try (bobs) {
          assertRefused(JdbcBatchStore.of(bobs))
              .hasMessageContaining("the tables batch_* do not exist")
              .hasMessageContaining("grant it")
              .hasMessageContaining("V1__create.sql");
          runs(JdbcBatchStore.of(pool));
          assertRefused(JdbcBatchStore.of(bobs))
              .hasMessageContaining("lacks batch_job (select, insert, update, delete)");
          for (String table : TableNames.ALL) {
            admin.useHandle(h -> h.execute("grant select, insert, delete on " + table + " to bob"));
          }
          assertRefused(JdbcBatchStore.of(bobs))
              .hasMessageContaining("lacks batch_job (update); batch_key (update)");
          for (String table : TableNames.ALL) {
            admin.useHandle(h -> h.execute("grant update on " + table + " to bob"));
          }
          runs(JdbcBatchStore.of(bobs));
        }
      }
    }

    @Test
    void aPoolThatIsTooSmall() {
      assertRefused(JdbcBatchStore.builder(file()).poolSize(1).build())
          .hasMessageContaining("has 1 connections")
          .hasMessageContaining("need up to 5")
          .hasMessageContaining("enlarge the pool");
    }
  }

  @Nested
  class OnPostgres {
    private final String url = PostgresServer.freshDatabase();

    @AfterEach
    void dropDatabase() {
      PostgresServer.drop(url);
    }

    private int connections() {
      return Jdbi.create(url)
          .withHandle(
              handle ->
                  handle
                      .select(
                          "select count(*) from pg_stat_activity where datname = current_database()"
                              + " and application_name = 'batchengine'")
                      .mapTo(Integer.class)
                      .one());
    }

    private void setReadOnly() {
      Jdbi.create(url)
          .useHandle(
              handle ->
                  handle.execute(
                      "do 'begin execute format(''alter database %I set"
                          + " default_transaction_read_only = on'', current_database()); end'"));
    }

    @Test
    void isReadOnlyAndEmpty() {
      setReadOnly();

      assertRefused(JdbcBatchStore.open(url))
          .hasMessageContaining("read-only")
          .hasMessageContaining("default_transaction_read_only");
      await().untilAsserted(() -> assertThat(connections()).isZero());
    }

    @Test
    @DisplayName("FAULT-D6 what is there can be read on a read-only database, and nothing written")
    void isReadOnly() throws Exception {
      runs(JdbcBatchStore.open(url));
      setReadOnly();
      try (BatchEngine engine = BatchEngine.builder(JdbcBatchStore.open(url)).build()) {
        assertThat(engine.history(HistoryQuery.all()).items()).hasSize(1);
        assertThatThrownBy(() -> engine.submit(LENGTH, List.of("two")))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("read-only")
            .hasMessageContaining("connect to the primary");
        assertThat(engine.history(HistoryQuery.all()).items()).hasSize(1);
      }
      assertThatThrownBy(() -> runs(JdbcBatchStore.open(url)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("read-only");
      await().untilAsserted(() -> assertThat(connections()).isZero());
    }

    @Test
    void isNotThere() {
      assertRefused(JdbcBatchStore.open(url.replaceAll("/test_\\d+", "/nowhere")))
          .hasMessageContaining("create it first")
          .hasMessageContaining("nowhere");
    }

    @Test
    void hasTooFewConnectionsInThePool() {
      assertRefused(JdbcBatchStore.builder(url).poolSize(3).build())
          .hasMessageContaining("has 3 connections");
      await().untilAsserted(() -> assertThat(connections()).isZero());
    }
  }

  @Test
  void aDatabaseThatCannotBeReached() {
    assertRefused(JdbcBatchStore.open("jdbc:postgresql://localhost:1/nowhere"))
        .hasMessageContaining("cannot be reached")
        .hasMessageContaining("localhost:1");
  }

  @Test
  void aDataSourceOfAnotherProduct() {
    DatabaseMetaData product =
        fake(
            DatabaseMetaData.class,
            "getDatabaseProductName",
            "MariaDB",
            "getDatabaseProductVersion",
            "11.8");
    Connection connection =
        fake(Connection.class, "getMetaData", product, "getAutoCommit", true, "close", "");
    DataSource dataSource = fake(DataSource.class, "getConnection", connection);

    assertRefused(JdbcBatchStore.of(dataSource))
        .hasMessageContaining("MariaDB 11.8 is not supported")
        .hasMessageContaining("PostgreSQL 13")
        .hasMessageContaining("H2 2.3.232");
  }

  /** Answers each method that is named with what follows its name. */
  private static <T> T fake(Class<T> type, Object... answers) {
    List<Object> known = List.of(answers);
    return type.cast(
        Proxy.newProxyInstance(
            BadDatabaseTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              int name = known.indexOf(method.getName());
              if (name < 0) {
                throw new UnsupportedOperationException(method.getName());
              }
              return method.getReturnType() == void.class ? null : known.get(name + 1);
            }));
  }
}
