package org.batchengine.jdbc.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.batchengine.jdbc.PostgresServer;
import org.batchengine.model.StoreException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables of a version are brought to the next, which is made up here. */
@Tag("REQ-U7")
class SchemaUpgradeTest {
  private static final List<String> NEXT = List.of("V1__create.sql", "made_up.sql");
  private static final TableNames TABLES = new TableNames("jobs", "acme_");

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
  @DisplayName("tables of version 1 become those of version 2, and keep their rows")
  void goesOnFromTheVersionThatIsThere(Kind kind) {
    Jdbi jdbi = empty(kind);
    schema(jdbi, Schema.FILES).ensure(false);
    jdbi.useHandle(
        handle ->
            handle.execute("insert into jobs.acme_session (process, host) values ('1', 'host')"));
    assertThat(versions(jdbi)).containsExactly(1);

    schema(jdbi, NEXT).ensure(false);
    schema(jdbi, NEXT).ensure(false);

    assertThat(versions(jdbi)).containsExactly(1, 2);
    assertThat(numbers(jdbi, "select count(*) from jobs.acme_session")).containsExactly(1);
    assertThat(numbers(jdbi, "select count(made_up) from jobs.acme_job")).containsExactly(0);
  }

  @ParameterizedTest
  @EnumSource
  void isMadeAtOnceWhereThereIsNothing(Kind kind) {
    Jdbi jdbi = empty(kind);
    schema(jdbi, NEXT).ensure(false);

    assertThat(versions(jdbi)).containsExactly(1, 2);
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("an upgrade that was stopped half-way is made again")
  void canBeMadeAgain(Kind kind) {
    Jdbi jdbi = empty(kind);
    schema(jdbi, Schema.FILES).ensure(false);
    jdbi.useHandle(
        handle -> handle.execute("alter table jobs.acme_job add column made_up varchar"));
    schema(jdbi, NEXT).ensure(false);

    assertThat(versions(jdbi)).containsExactly(1, 2);
  }

  @ParameterizedTest
  @EnumSource
  void isLeftToAPersonByAStoreThatOnlyValidates(Kind kind) {
    Jdbi jdbi = empty(kind);
    schema(jdbi, Schema.FILES).ensure(false);
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> schema(jdbi, NEXT).ensure(true))
        .withMessageContaining("jobs.acme_* have version 1")
        .withMessageContaining("made_up.sql");
    assertThat(versions(jdbi)).containsExactly(1);
    schema(jdbi, NEXT).ensure(false);
    assertThatCode(() -> schema(jdbi, NEXT).ensure(true)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @EnumSource
  void isRefusedByTheLibraryOfTheVersionBefore(Kind kind) {
    Jdbi jdbi = empty(kind);
    schema(jdbi, NEXT).ensure(false);
    assertThatExceptionOfType(StoreException.class)
        .isThrownBy(() -> schema(jdbi, Schema.FILES).ensure(false))
        .withMessageContaining("but this library only knows versions up to 1");
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("FAULT-U2 nodes of the next version start at once on tables of the last")
  void isMadeBySeveralNodesAtOnce(Kind kind) throws Exception {
    Jdbi jdbi = empty(kind);
    schema(jdbi, Schema.FILES).ensure(false);
    CountDownLatch together = new CountDownLatch(4);
    ExecutorService nodes = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> upgraded = new ArrayList<>();
      for (int node = 0; node < 4; node++) {
        upgraded.add(
            nodes.submit(
                () -> {
                  together.countDown();
                  together.await();
                  schema(jdbi, NEXT).ensure(false);
                  return null;
                }));
      }
      for (Future<?> each : upgraded) {
        each.get();
      }
    } finally {
      nodes.shutdown();
    }
    assertThat(versions(jdbi)).containsExactly(1, 2);
  }

  private Jdbi empty(Kind kind) {
    if (kind == Kind.H2) {
      String file = folder.resolve("upgrade").toAbsolutePath().toString();
      return Jdbi.create(
          "jdbc:h2:async:" + file + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE", "sa", "");
    }
    String url = PostgresServer.freshDatabase();
    made.add(url);
    return Jdbi.create(url);
  }

  private static Schema schema(Jdbi jdbi, List<String> files) {
    try (Handle handle = jdbi.open()) {
      Dialect dialect = Dialect.of(handle.getConnection());
      SqlTemplates sql = new SqlTemplates(TABLES, dialect, null);
      jdbi.getConfig(SqlStatements.class).setTemplateEngine(sql).setSqlParser(sql);
      return new Schema(jdbi, sql, dialect, TABLES, files);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** Without 0, the row that is H2's lock. */
  private static List<Integer> versions(Jdbi jdbi) {
    return numbers(jdbi, "select version from jobs.acme_schema where version > 0 order by version");
  }

  private static List<Integer> numbers(Jdbi jdbi, String sql) {
    return jdbi.withHandle(handle -> handle.select(sql).mapTo(Integer.class).list());
  }
}
