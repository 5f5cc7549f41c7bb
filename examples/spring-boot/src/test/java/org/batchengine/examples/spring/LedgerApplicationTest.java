package org.batchengine.examples.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The executable jar serves, is stopped, killed and started again, and books each row once. */
@Timeout(240)
class LedgerApplicationTest {
  private static final int ROWS = 3_000;

  @TempDir Path folder;

  /** Where the test looks, and what tells the application to work there. */
  private record Database(String name, String url, List<String> arguments) {
    Database(String name, String url, String... arguments) {
      this(name, url, List.of(arguments));
    }
  }

  /** As the application's own properties have it. */
  @Test
  void booksEachRowOnceOnH2() throws Exception {
    goesOn(
        new Database(
            "H2", "jdbc:h2:" + folder.resolve("ledger") + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE"));
  }

  @Test
  void booksEachRowOnceOnPostgres() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
      String url = server.getJdbcUrl("postgres", "postgres");
      goesOn(new Database("PostgreSQL", url, "--spring.datasource.url=" + url));
    }
  }

  private void goesOn(Database database) throws Exception {
    String november;
    String december;
    try (LedgerProcess ledger = start(database)) {
      serves(ledger);
      november = "/batches/" + idIn(upload(ledger, "nov.csv", rows("n", ROWS)));
      ledger.await(november, status -> number("succeeded", status) >= 200);
      try (SlowUpload slow = new SlowUpload(ledger.port(), "dec.csv", rows("d", 10))) {
        ledger.terminate();
        ledger.awaitWord("Commencing graceful shutdown");
        december = "/batches/" + slow.finish();
      }
      assertThat(ledger.exitCode()).isEqualTo(143);
      assertThat(ledger.output())
          .containsSubsequence("Graceful shutdown complete", "batch engine ", " stopped");
    }
    int afterSigterm = booked(database);
    assertThat(anySession(database)).as("nobody must wait for its expiry").isFalse();

    try (LedgerProcess ledger = start(database)) {
      int before = number("succeeded", ledger.get(november).body());
      ledger.await(november, status -> number("succeeded", status) >= before + 200);
      assertThat(ledger.kill()).isEqualTo(137);
    }
    int afterSigkill = booked(database);
    assertThat(afterSigkill).isGreaterThan(afterSigterm).isLessThan(ROWS);

    try (LedgerProcess ledger = start(database)) {
      for (String batch : List.of(november, december)) {
        assertThat(number("failed", ended(ledger, batch))).isZero();
      }
      ledger.terminate();
      assertThat(ledger.exitCode()).isEqualTo(143);
    }
    assertThat(booked(database)).isEqualTo(2 + ROWS + 10);
    System.out.printf(
        "Spring Boot %s on %s: SIGTERM after %,d of %,d rows, SIGKILL after %,d; each is booked once%n",
        System.getProperty("boot.version"),
        database.name(),
        afterSigterm,
        2 + ROWS + 10,
        afterSigkill);
  }

  /** Batches, their errors, refusals, health and metrics. */
  private static void serves(LedgerProcess ledger) throws Exception {
    assertThat(ledger.get("/actuator/health").body())
        .contains("\"batchEngine\":{", "\"session_live\":");
    assertThat(ledger.get("/actuator/metrics/batch.engine.up").body()).contains("1.0");
    assertThat(ledger.get("/batches/0190163d-8694-739b-aea5-966c26f8ad91").statusCode())
        .isEqualTo(404);
    assertThat(ledger.get("/batches/none").statusCode()).isEqualTo(400);

    String october = "/batches/" + idIn(upload(ledger, "oct.csv", "o1,19.90\no2,1.00\no3,much\n"));
    assertThat(number("succeeded", ended(ledger, october))).isEqualTo(2);
    assertThat(ledger.get(october + "/errors").body())
        .contains("\"type\":\"java.lang.NumberFormatException\"", "\"count\":1");

    assertThat(ledger.post("/batches", "text/csv", "o4,1.00").statusCode()).isEqualTo(415);
    HttpResponse<String> again = upload(ledger, "oct.csv", "o4,1.00\n");
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(again.body()).contains("uploaded before");
  }

  private static String ended(LedgerProcess ledger, String batch) throws Exception {
    String ended = ledger.await(batch, status -> status.contains("\"ended_at\":"));
    assertThat(ended).contains("\"state\":\"COMPLETED\"");
    return ended;
  }

  /** How many rows are booked while no process runs: as many as have succeeded. */
  private static int booked(Database database) throws SQLException {
    try (Connection connection = DriverManager.getConnection(database.url());
        ResultSet row =
            connection
                .createStatement()
                .executeQuery(
                    """
                    select (select count(*) from ledger),
                      (select count(*) from batch_outcome where state = 'SUCCEEDED'),
                      (select count(*) from upload),
                      (select count(*) from batch_job)
                    """)) {
      row.next();
      assertThat(row.getInt(2)).as("what succeeded is booked").isEqualTo(row.getInt(1));
      assertThat(row.getInt(3)).isEqualTo(3);
      assertThat(row.getInt(4)).as("the batch of 409 was undone").isEqualTo(3);
      return row.getInt(1);
    }
  }

  private static boolean anySession(Database database) throws SQLException {
    try (Connection connection = DriverManager.getConnection(database.url());
        ResultSet row = connection.createStatement().executeQuery("select * from batch_session")) {
      return row.next();
    }
  }

  /** Each row is a commit, so that there is time to stop and kill. */
  private LedgerProcess start(Database database) throws Exception {
    List<String> arguments = new ArrayList<>(database.arguments());
    arguments.addAll(
        List.of(
            "--management.endpoints.web.exposure.include=health,metrics",
            "--batchengine.session-expiry=2s",
            "--batchengine.types.book.chunk-size=1",
            "--batchengine.types.book.concurrency=1"));
    return new LedgerProcess(folder, arguments);
  }

  private static String rows(String prefix, int rows) {
    return IntStream.range(0, rows)
        .mapToObj(i -> prefix + i + ",19.90\n")
        .collect(Collectors.joining());
  }

  private static HttpResponse<String> upload(LedgerProcess ledger, String file, String rows)
      throws Exception {
    return ledger.post("/batches", "multipart/form-data; boundary=--", body(file, rows));
  }

  private static String body(String file, String rows) {
    return """
           ----\r
           Content-Disposition: form-data; name="file"; filename="%s"\r
           \r
           invoice,amount
           %s\r
           ------\r
           """
        .formatted(file, rows);
  }

  /** A request that the application has begun to read, and cannot answer yet. */
  private static final class SlowUpload implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader answer;
    private final OutputStream request;
    private final String body;

    SlowUpload(int port, String file, String rows) throws IOException {
      socket = new Socket("localhost", port);
      answer = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      request = socket.getOutputStream();
      body = body(file, rows);
      request.write(
          """
          POST /batches HTTP/1.1\r
          Host: localhost\r
          Content-Type: multipart/form-data; boundary=--\r
          Content-Length: %d\r
          Expect: 100-continue\r
          Connection: close\r
          \r
          """
              .formatted(body.length())
              .getBytes(UTF_8));
      request.flush();
      assertThat(answer.readLine()).startsWith("HTTP/1.1 100");
    }

    String finish() throws IOException {
      request.write(body.getBytes(UTF_8));
      request.flush();
      String all = answer.lines().collect(Collectors.joining("\n"));
      assertThat(all).contains("HTTP/1.1 202");
      return idIn(all);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static String idIn(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return idIn(answer.body());
  }

  private static String idIn(String json) {
    return found("\"id\":\"([^\"]+)\"", json);
  }

  private static int number(String name, String json) {
    return Integer.parseInt(found("\"" + name + "\":(\\d+)", json));
  }

  private static String found(String pattern, String json) {
    Matcher field = Pattern.compile(pattern).matcher(json);
    assertThat(field.find()).as(json).isTrue();
    return field.group(1);
  }
}
