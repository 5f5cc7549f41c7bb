package org.batchengine.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuickstartTest {
  private static final int FILES = 100;
  private static final int BROKEN = 2;
  private static final int CONCURRENCY = 4;
  private static final Pattern SOME_PROGRESS = Pattern.compile("RUNNING: [1-9]\\d* of 100 files.*");

  private static EmbeddedPostgres postgres;
  private static int databases;

  @TempDir Path directory;
  private Path folder;

  enum Database {
    H2,
    POSTGRESQL
  }

  @BeforeAll
  static void startPostgres() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopPostgres() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void makeRepository() throws IOException {
    folder = Files.createDirectories(directory.resolve("repository"));
    for (int i = 0; i < FILES - BROKEN; i++) {
      Samples.write(folder.resolve("org/a" + i + "/a.pom"), Samples.pom("a" + i));
    }
    Samples.write(folder.resolve("org/broken/b.pom"), "<project>");
    Samples.write(
        folder.resolve("org/broken/b.jar"),
        Samples.withWrongCrc(new Samples.Jar().deflated("b.txt", "content").bytes()));
  }

  @ParameterizedTest
  @EnumSource
  void endsWithOneJsonObject(Database database) throws Exception {
    try (QuickstartProcess run =
        start("--folder", folder.toString(), "--url", url(database), "--report")) {
      Summary.Outcome outcome = run.outcome();

      assertThat(outcome.state()).isEqualTo("COMPLETED");
      assertThat(outcome.total()).isEqualTo(FILES);
      assertThat(outcome.succeeded()).isEqualTo(FILES - BROKEN);
      assertThat(outcome.failed()).isEqualTo(BROKEN);
      assertThat(outcome.attempts()).isEqualTo(FILES);
      assertThat(outcome.resumed()).isFalse();
      assertThat(run.stdout())
          .contains("50.0 %  CRC_MISMATCH: ", "50.0 %  NOT_XML: ", "Durations of 100 files: ")
          .containsPattern("\\n {23}1 {7}100  #{40}\\n")
          .containsPattern("Settled in each [0-9.]+ m?s from 20")
          .containsPattern("Slowest:\\n +0[.][0-9]{3} s  org/")
          .doesNotContain("\u001b")
          .containsPattern(
              "\n\\{\"batch\":\"[-0-9a-f]{36}\",\"state\":\"COMPLETED\",\"total\":100,\"succeeded\":98,"
                  + "\"failed\":2,\"attempts\":100,\"resumed\":false,\"seconds\":[0-9.]+}\n$");
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAfterAKill(Database database) throws Exception {
    String url = url(database);
    try (QuickstartProcess run = startSlowly(folder, url)) {
      run.awaitLine(SOME_PROGRESS.asMatchPredicate());
      run.kill();
    }

    try (QuickstartProcess run = start("--folder", folder.toString(), "--url", url)) {
      Summary.Outcome outcome = run.outcome();

      assertThat(outcome.resumed()).isTrue();
      assertThat(outcome.state()).isEqualTo("COMPLETED");
      assertThat(outcome.total()).isEqualTo(FILES);
      assertThat(outcome.succeeded()).isEqualTo(FILES - BROKEN);
      assertThat(outcome.failed()).isEqualTo(BROKEN);
      assertThat(outcome.attempts()).isBetween((long) FILES, (long) FILES + CONCURRENCY);
    }
  }

  @ParameterizedTest
  @EnumSource
  void finishesWhatIsInHandWhenToldToStop(Database database) throws Exception {
    String url = url(database);
    try (QuickstartProcess run = startSlowly(folder, url)) {
      run.awaitLine(SOME_PROGRESS.asMatchPredicate());
      run.stop();

      assertThat(run.exitCode()).isEqualTo(128 + 15);
      assertThat(run.stderr()).last().asString().startsWith("Stopped. The next start continues");
      assertThat(run.stdout()).isEmpty();
    }

    try (QuickstartProcess run = start("--folder", folder.toString(), "--url", url)) {
      Summary.Outcome outcome = run.outcome();

      assertThat(outcome.resumed()).isTrue();
      assertThat(outcome.succeeded()).isEqualTo(FILES - BROKEN);
      assertThat(outcome.attempts()).isEqualTo(FILES);
    }
  }

  @Test
  @Tag("H2")
  void makesANewBatchAfterAFinishedOne() throws Exception {
    String url = url(Database.H2);
    try (QuickstartProcess first = start("--folder", folder.toString(), "--url", url)) {
      String batch = first.outcome().batch();
      try (QuickstartProcess second = start("--folder", folder.toString(), "--url", url)) {
        Summary.Outcome outcome = second.outcome();

        assertThat(outcome.batch()).isNotEqualTo(batch);
        assertThat(outcome.resumed()).isFalse();
        assertThat(outcome.total()).isEqualTo(FILES);
      }
    }
  }

  @Test
  @Tag("H2")
  void doesNotTakeTheBatchOfAnotherFolderForItsOwn() throws Exception {
    String url = url(Database.H2);
    try (QuickstartProcess run = startSlowly(folder, url)) {
      run.awaitLine(SOME_PROGRESS.asMatchPredicate());
      run.kill();
    }
    Path other = directory.resolve("other");
    Samples.write(other.resolve("a.pom"), Samples.pom("a"));

    try (QuickstartProcess run = start("--folder", other.toString(), "--url", url)) {
      Summary.Outcome outcome = run.outcome();

      assertThat(outcome.resumed()).isFalse();
      assertThat(outcome.total()).isEqualTo(1);
      assertThat(outcome.succeeded()).isEqualTo(1);
    }
  }

  @Test
  @Tag("H2")
  void hasABatchOfNothingForAnEmptyFolderAndItsDatabaseBelowTarget() throws Exception {
    Path empty = Files.createDirectories(directory.resolve("empty"));

    try (QuickstartProcess run = start("--folder", empty.toString())) {
      Summary.Outcome outcome = run.outcome();

      assertThat(outcome.total()).isZero();
      assertThat(outcome.state()).isEqualTo("COMPLETED");
      assertThat(run.stdout()).contains("This folder contains no jar and no pom.");
      assertThat(directory.resolve("target/quickstart/batches.mv.db")).exists();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--folder none",
        "--concurrency 0",
        "--concurrency many",
        "--item-delay-ms -1",
        "--url nonsense",
        "--unknown"
      })
  void refusesABadArgument(String arguments) throws Exception {
    try (QuickstartProcess run = start(arguments.split(" "))) {
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.stderr()).isNotEmpty().noneMatch(line -> line.startsWith("\tat "));
      assertThat(run.stdout()).isEmpty();
    }
  }

  @Test
  void explainsItself() throws Exception {
    try (QuickstartProcess run = start("--help")) {
      assertThat(run.exitCode()).isZero();
      assertThat(run.stdout())
          .contains("--folder", "--url", "--concurrency", "--item-delay-ms", "--report");
    }
  }

  private QuickstartProcess startSlowly(Path root, String url) throws IOException {
    return start(
        "--folder",
        root.toString(),
        "--url",
        url,
        "--item-delay-ms",
        "200",
        "--concurrency",
        Integer.toString(CONCURRENCY));
  }

  private QuickstartProcess start(String... arguments) throws IOException {
    return QuickstartProcess.start(directory, arguments);
  }

  private String url(Database database) throws SQLException {
    return database == Database.H2 ? "jdbc:h2:./batches" : newPostgresDatabase();
  }

  private static String newPostgresDatabase() throws SQLException {
    String name = "quickstart" + databases++;
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("create database " + name);
    }
    return postgres.getJdbcUrl("postgres", name);
  }
}
