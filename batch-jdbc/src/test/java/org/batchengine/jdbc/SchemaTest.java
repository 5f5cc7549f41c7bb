package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.model.StoreException;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewItem;
import org.batchengine.store.StoreSettings;
import org.batchengine.store.Submitted;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables are made, checked and refused when a store is opened. */
class SchemaTest {
  private static final StoreSettings SETTINGS =
      new StoreSettings(Duration.ofSeconds(12), 4, 1 << 20);

  @TempDir Path folder;
  private final List<String> made = new ArrayList<>();

  /** A kind of database. */
  enum Kind {
    H2,
    POSTGRESQL
  }

  @AfterEach
  void dropDatabases() {
    made.forEach(PostgresServer::drop);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("REQ-U7 the schema is made once, and found again")
  void isMadeOnceAndFoundAgain(Kind kind) {
    String url = empty(kind);
    opened(JdbcBatchStore.open(url));
    opened(JdbcBatchStore.open(url));
    assertThat(versions(url, "batch_schema")).containsExactly(1);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-D1 a connection that breaks at any statement of the start is no other fault")
  void saysThatTheConnectionBroke(Kind kind) {
    try (HostDatabase host =
        kind == Kind.H2 ? HostDatabase.onH2InMemory() : HostDatabase.onPostgres()) {
      int statement = 1;
      while (!opensBefore(statement, host)) {
        statement++;
      }
      assertThat(statement).isGreaterThan(2);
    }
  }

  /** Whether the store is open before as many statements as given; at that one its way breaks. */
  private static boolean opensBefore(int statement, HostDatabase host) {
    AtomicInteger statements = new AtomicInteger();
    ProbedDataSource way =
        new ProbedDataSource(
            host.pool(),
            (sql, real) -> {
              if (statements.incrementAndGet() == statement) {
                throw new SQLException("terminated", "57P01");
              }
              return real.call();
            });
    try (JdbcBatchStore store = JdbcBatchStore.of(way.dataSource())) {
      store.connect(new StoreSettings(Duration.ofSeconds(12), 4, 1 << 20));
    } catch (StoreException e) {
      assertThat(e.isTransient()).isTrue();
    }
    return statements.get() < statement;
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-U2 REQ-U7 five nodes start on an empty database")
  void isMadeBySeveralNodesAtOnce(Kind kind) throws Exception {
    String url = empty(kind);
    // A file of H2 is shared by nodes of one process only: they share its open database.
    CountDownLatch together = new CountDownLatch(5);
    ExecutorService nodes = Executors.newFixedThreadPool(5);
    try {
      List<Future<?>> opened = new ArrayList<>();
      for (int node = 0; node < 5; node++) {
        opened.add(
            nodes.submit(
                () -> {
                  together.countDown();
                  together.await();
                  opened(JdbcBatchStore.open(url));
                  return null;
                }));
      }
      for (Future<?> each : opened) {
        each.get();
      }
    } finally {
      nodes.shutdown();
    }
    assertThat(versions(url, "batch_schema")).containsExactly(1);
  }

  @ParameterizedTest
  @EnumSource
  void isNotMadeByAStoreThatOnlyValidates(Kind kind) {
    String url = empty(kind);
    JdbcBatchStore store = JdbcBatchStore.builder(url).validateOnly().build();
    assertThatThrownBy(() -> opened(store))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("V1__create.sql");
    opened(JdbcBatchStore.open(url));
    opened(JdbcBatchStore.builder(url).validateOnly().build());
  }

  @ParameterizedTest
  @EnumSource
  void isMadeByTheFileOfTheJarAsWell(Kind kind) throws IOException {
    String url = empty(kind);
    String file = "schema/" + (kind == Kind.H2 ? "h2" : "postgresql") + "/V1__create.sql";
    try (InputStream sql = JdbcBatchStore.class.getResourceAsStream(file)) {
      String script = new String(sql.readAllBytes(), StandardCharsets.UTF_8);
      jdbi(url).useHandle(handle -> handle.createScript(script).execute());
    }
    opened(JdbcBatchStore.builder(url).validateOnly().build());
  }

  @ParameterizedTest
  @EnumSource
  void isRefusedIfItIsNewerThanTheLibrary(Kind kind) {
    String url = empty(kind);
    opened(JdbcBatchStore.open(url));
    jdbi(url).useHandle(h -> h.execute("insert into batch_schema values (99, current_timestamp)"));
    assertThatThrownBy(() -> opened(JdbcBatchStore.open(url)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("99")
        .hasMessageContaining("use the library version that created them, or a later one");
  }

  @ParameterizedTest
  @EnumSource
  void standsUnderAPrefixInASchema(Kind kind) {
    String url = empty(kind);
    JdbcBatchStore store = JdbcBatchStore.builder(url).schema("jobs").tablePrefix("acme_").build();
    store.connect(SETTINGS);
    Submitted submitted =
        store.submitting().submit(NewBatches.any().build(), List.of(new NewItem("key", "input")));
    TestSession session =
        new TestSession(store, store.sessions().open("host", Duration.ofMinutes(1)));
    ClaimedChunk chunk = session.claimChunk(1);
    session.settle(SettlementDraft.of().parked(chunk.batch(), 0, Duration.ZERO).removed(chunk));
    session.finish(session.claim(2));
    assertThat(store.settling().completeIfDone(List.of(chunk.batch()))).hasSize(1);
    assertThat(submitted).isEqualTo(new Submitted.Created(chunk.batch()));
    store.steering().removeSubmittedBy("alice", null, NewBatches.by("admin"), 10);
    store.sweeping().hideEnded(Duration.ofDays(1), 10);
    store.close();
    assertThat(versions(url, "jobs.acme_schema")).containsExactly(1);
    assertThat(count(url, "jobs.acme_item")).isOne();
    assertThat(count(url, "jobs.acme_item_key")).isOne();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Batch_",
        "1st",
        "a-b",
        "a b",
        "a;drop table x",
        "a\"",
        "é",
        "abcdefghijklmnopqrstu"
      })
  @DisplayName("FAULT-S2 hostile prefix and schema names are refused")
  void refusesNames(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JdbcBatchStore.builder("jdbc:h2:mem:x").tablePrefix(name))
        .withMessageContaining("[a-z][a-z0-9_]{0,19}");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JdbcBatchStore.builder("jdbc:h2:mem:x").schema(name))
        .withMessageContaining("[a-z][a-z0-9_]{0,19}");
  }

  @Test
  @DisplayName("FAULT-S8 a role with row rights only runs, and is refused clearly before")
  @Tag("PostgreSQL")
  void needsNoMoreThanRowRights() {
    String url = empty(Kind.POSTGRESQL);
    String role = "rows_only";
    Jdbi admin = jdbi(url);
    admin.useHandle(
        handle -> {
          handle.execute("drop role if exists " + role);
          handle.execute("create role " + role + " login password 'secret'");
          handle.execute("revoke create on schema public from public");
        });
    assertThatThrownBy(() -> opened(JdbcBatchStore.open(plain(url), role, "secret")))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("V1__create.sql");
    opened(JdbcBatchStore.open(url));
    admin.useHandle(handle -> handle.execute("grant select on batch_schema to " + role));
    assertThatThrownBy(() -> opened(JdbcBatchStore.open(plain(url), role, "secret")))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("batch_job (select, insert, update, delete)");
    admin.useHandle(
        handle -> {
          handle.execute(
              "grant select, insert, update, delete on all tables in schema public to " + role);
          handle.execute("grant usage on all sequences in schema public to " + role);
        });
    JdbcBatchStore store = JdbcBatchStore.open(plain(url), role, "secret");
    store.connect(SETTINGS);
    store.submitting().submit(NewBatches.any().build(), List.of(new NewItem(null, "input")));
    store.close();
    admin.useHandle(
        handle -> {
          handle.execute("drop owned by " + role);
          handle.execute("drop role " + role);
        });
  }

  private String empty(Kind kind) {
    if (kind == Kind.H2) {
      return "jdbc:h2:" + folder.resolve("schema").toAbsolutePath();
    }
    String url = PostgresServer.freshDatabase();
    made.add(url);
    return url;
  }

  private static void opened(JdbcBatchStore store) {
    try {
      store.connect(SETTINGS);
    } finally {
      store.close();
    }
  }

  private static String plain(String url) {
    return url.replaceAll("\\?.*", "");
  }

  private static Jdbi jdbi(String url) {
    return url.startsWith("jdbc:h2:")
        ? Jdbi.create(H2Files.asOpened(url) + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE", "sa", "")
        : Jdbi.create(url);
  }

  /** Without 0, the row that is H2's lock. */
  private static List<Integer> versions(String url, String table) {
    return jdbi(url)
        .withHandle(
            handle ->
                handle
                    .select("select version from " + table + " where version > 0 order by version")
                    .mapTo(Integer.class)
                    .list());
  }

  private static int count(String url, String table) {
    return jdbi(url)
        .withHandle(
            handle -> handle.select("select count(*) from " + table).mapTo(Integer.class).one());
  }
}
