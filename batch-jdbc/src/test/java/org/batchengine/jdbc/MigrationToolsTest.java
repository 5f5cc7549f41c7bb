package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.ui.LoggerUIService;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools that make the tables beside those of the host, whose first file is a V1 as well. */
@DisplayName("REQ-U7 the tables are made by the host's tool")
class MigrationToolsTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);

  @TempDir Path folder;

  @Test
  void byFlywayOnH2() throws Exception {
    byFlyway(H2Files.url(folder, "flyway"), "h2");
  }

  @Test
  void byFlywayOnPostgres() throws Exception {
    String url = PostgresServer.freshDatabase();
    byFlyway(url, "postgresql");
    PostgresServer.drop(url);
  }

  @Test
  void byLiquibaseOnH2() throws Exception {
    byLiquibase(H2Files.url(folder, "liquibase"));
  }

  @Test
  void byLiquibaseOnPostgres() throws Exception {
    String url = PostgresServer.freshDatabase();
    byLiquibase(url);
    PostgresServer.drop(url);
  }

  private static void byFlyway(String url, String database) throws Exception {
    String user = null;
    String password = null;
    for (int start = 0; start < 2; start++) {
      // The host's own, from classpath:db/migration.
      Flyway.configure().dataSource(url, null, null).load().migrate();
      // sample: flyway
      Flyway.configure()
          .dataSource(url, user, password)
          .locations("classpath:org/batchengine/jdbc/schema/" + database) // h2 or postgresql
          .table("batch_flyway_history")
          .baselineOnMigrate(true)
          .baselineVersion("0")
          .load()
          .migrate();
      // end
      runs(url);
    }
  }

  private static void byLiquibase(String url) throws Exception {
    for (int start = 0; start < 2; start++) {
      try (Connection connection = DriverManager.getConnection(url)) {
        Scope.child(
            Scope.Attr.ui,
            new LoggerUIService(),
            () ->
                new Liquibase(
                        "db/host-changelog.xml",
                        new ClassLoaderResourceAccessor(),
                        DatabaseFactory.getInstance()
                            .findCorrectDatabaseImplementation(new JdbcConnection(connection)))
                    .update());
      }
      runs(url);
    }
  }

  @Test
  void asTheDocumentsSay() throws Exception {
    String page = Files.readString(Path.of("../docs/hosts.md"));
    String test =
        Files.readString(Path.of("src/test/java/org/batchengine/jdbc/MigrationToolsTest.java"));
    assertThat(between(test, "// sample: flyway", "// end"))
        .isEqualTo(between(page, "<!-- sample: flyway -->\n```java", "```"));
    assertThat(Files.readString(Path.of("src/test/resources/db/host-changelog.xml")))
        .containsIgnoringWhitespaces(between(page, "<!-- sample: liquibase -->\n```xml", "```"));
  }

  private static String between(String text, String from, String to) {
    int start = text.indexOf(from) + from.length();
    return text.substring(start, text.indexOf(to, start)).replaceAll("\\s+", "");
  }

  /** The engine changes no table, finds its own, and leaves the host's alone. */
  private static void runs(String url) throws Exception {
    try (ManualEngine engine =
        BatchEngine.builder(JdbcBatchStore.builder(url).validateOnly().build())
            .register(LENGTH, text -> text.length())
            .manual()) {
      BatchId id = engine.submit(LENGTH, List.of("abc"));
      engine.runUntilIdle();
      assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    }
    List<Integer> invoices =
        TestJdbi.of(url)
            .withHandle(
                handle -> handle.select("select id from host_invoice").mapTo(Integer.class).list());
    assertThat(invoices).isEmpty();
  }
}
