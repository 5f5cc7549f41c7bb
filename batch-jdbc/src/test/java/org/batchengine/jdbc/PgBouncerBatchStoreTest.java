package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.CancelMode;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract on PostgreSQL behind a real PgBouncer that lends connections for a transaction. */
@Tag("pgbouncer")
@Tag("PostgreSQL")
class PgBouncerBatchStoreTest extends BatchStoreContract {
  private static final String UNPREPARED = "&prepareThreshold=0";

  private static PgBouncer bouncer;

  @BeforeAll
  static void start() throws IOException {
    bouncer = PgBouncer.start(PostgresServer.emptyDatabase(), "transaction", 20);
  }

  @AfterAll
  static void stop() {
    bouncer.close();
  }

  @Override
  JdbcUnderTest open() {
    return JdbcUnderTest.onPostgresThrough(url -> bouncer.url(url) + UNPREPARED);
  }

  @Nested
  class OnItsDatabase extends JdbcStoreContract {
    OnItsDatabase() {
      super(PgBouncerBatchStoreTest.this::open);
    }
  }

  /** What is left behind, and what is refused. */
  @Nested
  @Timeout(120)
  class Engines {
    private static final int SERVERS = 6;
    private static final JobType<String, Integer> LENGTH =
        JobType.of("length", String.class, Integer.class);
    private static final JobType<String, Integer> BOOK =
        JobType.of("book", String.class, Integer.class);
    private static final String STATE =
        """
        select string_agg(name || '=' || current_setting(name), ' ' order by name)
          || ' prepared=' || (select coalesce(string_agg(statement, '; '), '') from pg_prepared_statements)
          || ' locks=' || (select count(*) from pg_locks
            where locktype = 'advisory' and pid = pg_backend_pid())
        from unnest(array['statement_timeout', 'lock_timeout', 'synchronous_commit',
          'idle_in_transaction_session_timeout', 'default_transaction_isolation',
          'default_transaction_read_only', 'search_path', 'role', 'plan_cache_mode',
          'enable_sort', 'enable_hashjoin']) as s (name)
        """;

    private void within(String mode, Deed deed) throws Exception {
      String url = PostgresServer.freshDatabase();
      try (PgBouncer own = PgBouncer.start(url, mode, SERVERS)) {
        execute(url, "alter database " + nameOf(url) + " set synchronous_commit = off");
        deed.through(own.url(url), url);
      } finally {
        PostgresServer.drop(url);
      }
    }

    interface Deed {
      void through(String bounced, String direct) throws Exception;
    }

    private static String nameOf(String url) {
      return url.substring(url.lastIndexOf('/') + 1).replaceAll("\\?.*", "");
    }

    private static void execute(String url, String sql) throws SQLException {
      try (Connection connection = DriverManager.getConnection(url);
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    /** Of every connection that the pooler has: each is held while the next is asked for. */
    private static List<String> states(String bounced) throws SQLException {
      List<Connection> held = new ArrayList<>();
      List<String> states = new ArrayList<>();
      try {
        for (int i = 0; i < SERVERS; i++) {
          Connection next = DriverManager.getConnection(bounced + UNPREPARED);
          held.add(next);
          next.setAutoCommit(false);
          states.add(state(next));
        }
      } finally {
        for (Connection each : held) {
          each.close();
        }
      }
      return states;
    }

    private static String state(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(STATE)) {
        row.next();
        return row.getString(1);
      }
    }

    private static void assertNothingIsLeft(String bounced, String direct) throws SQLException {
      try (Connection fresh = DriverManager.getConnection(direct)) {
        assertThat(states(bounced)).containsOnly(state(fresh));
      }
    }

    private static void runs(JdbcBatchStore store) throws InterruptedException {
      try (BatchEngine engine =
          BatchEngine.builder(store)
              .register(LENGTH, text -> text.length())
              .registerTransactional(
                  BOOK,
                  Connection.class,
                  (text, connection, context) -> {
                    try (Statement insert = connection.createStatement()) {
                      insert.execute("set local statement_timeout = 9876");
                      insert.execute("insert into orders values (1)");
                    }
                    return text.length();
                  })
              .start()) {
        List<String> texts = IntStream.range(0, 2_000).mapToObj(i -> "text " + i).toList();
        BatchId many = engine.submit(LENGTH, texts);
        BatchId booked = engine.submit(BOOK, texts.subList(0, 200));
        BatchId cancelled = engine.submit(JobType.of("nobodys", String.class), texts);
        engine.cancel(cancelled, CancelMode.GRACEFUL, "for a test");
        assertThat(engine.await(many).counts().succeeded()).isEqualTo(2_000);
        assertThat(engine.await(booked).counts().succeeded()).isEqualTo(200);
        assertThat(engine.await(cancelled).counts().cancelled()).isEqualTo(2_000);
        assertThat(engine.results(LENGTH, many)).hasSize(2_000);
        assertThat(engine.errorGroups(many, 10)).isEmpty();
      }
    }

    @Test
    @DisplayName("FAULT-L3 a pool of the store's own leaves no setting behind")
    void ofTheStoresOwnPool() throws Exception {
      within(
          "transaction",
          (bounced, direct) -> {
            execute(direct, "create table orders (id int)");
            runs(JdbcBatchStore.builder(bounced + UNPREPARED).poolSize(30).build());
            assertNothingIsLeft(bounced, direct);
          });
    }

    @Test
    @DisplayName("FAULT-L3 on a pool of the host no setting is left behind")
    void ofAHostsPool() throws Exception {
      within(
          "transaction",
          (bounced, direct) -> {
            execute(direct, "create table orders (id int)");
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl(bounced + UNPREPARED);
            config.setMaximumPoolSize(30);
            config.setMinimumIdle(1);
            config.setAutoCommit(false);
            try (HikariDataSource pool = new HikariDataSource(config)) {
              runs(JdbcBatchStore.of(pool));
            }
            assertNothingIsLeft(bounced, direct);
          });
    }

    @Test
    @DisplayName("FAULT-L3 prepared statements are refused in words, and none is left behind")
    void withPreparedStatements() throws Exception {
      within(
          "transaction",
          (bounced, direct) -> {
            assertThatThrownBy(() -> BatchEngine.builder(JdbcBatchStore.open(bounced)).build())
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("prepareThreshold=0")
                .hasMessageContaining("max_prepared_statements");
            assertNothingIsLeft(bounced, direct);
          });
    }

    @Test
    @DisplayName("FAULT-L3 a pooler that lends connections for a session may prepare statements")
    void inSessionMode() throws Exception {
      within(
          "session",
          (bounced, direct) -> {
            try (BatchEngine engine =
                BatchEngine.builder(JdbcBatchStore.builder(bounced).poolSize(5).build())
                    .register(LENGTH, text -> text.length())
                    .start()) {
              BatchId id = engine.submit(LENGTH, List.of("one", "three"));
              assertThat(engine.await(id).counts().succeeded()).isEqualTo(2);
            }
          });
    }
  }
}
