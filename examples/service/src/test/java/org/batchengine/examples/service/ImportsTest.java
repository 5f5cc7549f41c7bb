package org.batchengine.examples.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.batchengine.examples.service.Caller.Answer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that are imported into a table. */
class ImportsTest {
  private static final String CSV =
      """
      sku,name,price
      a1,"Pen, blue",1.50
      ,"",
      b2,,3
      """;

  @TempDir Path folder;

  @Test
  @Tag("H2")
  @DisplayName("rows of CSV and JSON Lines land in a table of the H2 file, empty ones do not")
  void h2() throws Exception {
    List<String> ids;
    try (Started service = Started.in(folder)) {
      ids = imported(service.caller());
    }
    try (Connection connection = open()) {
      expectRows(connection, ids);
    }
  }

  @Test
  @Tag("PostgreSQL")
  @DisplayName("rows of CSV and JSON Lines land in a table of a PostgreSQL, empty ones do not")
  void postgres() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
      String url = postgres.getJdbcUrl("postgres", "postgres");
      List<String> ids;
      try (Started service = Started.in(folder, "--url", url)) {
        ids = imported(service.caller());
        assertThat(folder.resolve("data/batches.mv.db")).doesNotExist();
      }
      try (Started again = Started.in(folder, "--url", url);
          Connection connection = postgres.getPostgresDatabase().getConnection()) {
        assertThat(again.caller().ended(ids.get(0)).get("succeeded").intValue()).isEqualTo(2);
        expectRows(connection, ids);
      }
    }
  }

  private static List<String> imported(Caller caller) throws Exception {
    List<String> ids = new ArrayList<>();
    ids.add(sent(caller, "text/csv", BodyPublishers.ofString(CSV)).id());
    ids.add(
        sent(
                caller,
                "application/x-ndjson",
                BodyPublishers.ofString("{\"sku\":\"c3\",\"price\":2.50}\n"))
            .id());
    assertThat(caller.ended(ids.get(0)).get("failed_items").intValue()).isEqualTo(1);
    assertThat(caller.errors(ids.get(0))).containsOnly(Map.entry("EMPTY", 1));
    assertThat(caller.ended(ids.get(1)).get("succeeded").intValue()).isEqualTo(1);
    return ids;
  }

  private static Answer sent(Caller caller, String type, BodyPublisher body) throws Exception {
    return caller.send("POST", "api/batch/create?operation=import", type, body);
  }

  private static void expectRows(Connection connection, List<String> ids) throws SQLException {
    assertThat(rows(connection))
        .containsExactlyInAnyOrder(
            ids.get(0) + " 0 {\"sku\":\"a1\",\"name\":\"Pen, blue\",\"price\":\"1.50\"}",
            ids.get(0) + " 2 {\"sku\":\"b2\",\"name\":null,\"price\":\"3\"}",
            ids.get(1) + " 0 {\"sku\":\"c3\",\"price\":2.50}");
  }

  private static List<String> rows(Connection connection) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery("select batch_id, item_index, content from imported_row")) {
      while (found.next()) {
        rows.add(found.getString(1) + " " + found.getInt(2) + " " + found.getString(3));
      }
    }
    return rows;
  }

  private Connection open() throws SQLException {
    return DriverManager.getConnection("jdbc:h2:" + folder.resolve("data/batches"), "sa", "");
  }

  @Test
  @Tag("H2")
  @DisplayName("what cannot be read as rows is refused with its line, and nothing is stored")
  void refused() throws Exception {
    try (Started service = Started.in(folder)) {
      Caller caller = service.caller();

      Answer cells = sent(caller, "text/csv", BodyPublishers.ofString("a,b\n1,2\n3\n"));
      assertThat(cells.status()).isEqualTo(400);
      assertThat(cells.text()).contains("line.3");
      Answer names = sent(caller, "text/csv", BodyPublishers.ofString("a,a\n1,2\n"));
      assertThat(names.text()).contains("column 2 of the header has the name of an earlier one");
      assertThat(caller.get("api/batch/history").json().get("batches")).isEmpty();
    }
  }

  @Test
  @Tag("H2")
  @DisplayName("each row is there exactly once though the process is killed in the midst of it")
  void killed() throws Exception {
    int total = 1_500;
    String items =
        IntStream.range(0, total)
            .mapToObj(i -> "{\"n\":" + i + "}")
            .collect(Collectors.joining(","));
    List<String> data = List.of("--data", "data");
    String id;
    try (ServiceProcess service = new ServiceProcess(folder, List.of(), data)) {
      Caller caller = service.caller();
      id =
          caller
              .create(
                  "{\"operation\":\"import\",\"options\":{\"batchSize\":1,\"retryAttempts\":0},\"items\":["
                      + items
                      + "]}")
              .id();
      int processed = 0;
      while (processed == 0) {
        processed = caller.get("api/batch/" + id).json().at("/batch/processed_items").intValue();
      }
      service.kill();
      assertThat(processed).isLessThan(total);
    }
    try (ServiceProcess service = new ServiceProcess(folder, List.of(), data)) {
      JsonNode batch = service.caller().ended(id);
      assertThat(batch.get("succeeded").intValue()).as(batch.toString()).isEqualTo(total);
      service.stop();
      service.exitCode();
    }
    try (Connection connection = open()) {
      assertThat(rows(connection))
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, total)
                  .mapToObj(i -> "%s %d {\"n\":%d}".formatted(id, i, i))
                  .toList());
    }
  }

  @Test
  @Tag("H2")
  @Tag("long")
  @DisplayName("a million rows are streamed by a service with a heap of 128 MB")
  void million() throws Exception {
    int total = 1_000_000;
    try (ServiceProcess service =
        new ServiceProcess(folder, List.of("-Xmx128m"), List.of("--data", "data"))) {
      Caller caller = service.caller();
      String id = sent(caller, "text/csv", BodyPublishers.ofInputStream(() -> csv(total))).id();
      JsonNode batch = caller.ended(id, Duration.ofMinutes(30));

      assertThat(batch.get("succeeded").intValue()).isEqualTo(total);
      System.out.println(
          "imported within " + batch.get("wall_time_seconds") + " s of the first row");
      service.stop();
      service.exitCode();
    }
    try (Connection connection = open();
        Statement statement = connection.createStatement();
        ResultSet count = statement.executeQuery("select count(*) from imported_row")) {
      count.next();
      assertThat(count.getInt(1)).isEqualTo(total);
    }
  }

  /** As long as wanted, without being in memory. */
  private static InputStream csv(int rows) {
    return new InputStream() {
      private int next = -1;
      private InputStream part = InputStream.nullInputStream();

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int from, int most) throws IOException {
        int read = part.read(bytes, from, most);
        while (read < 0 && next < rows) {
          part = new ByteArrayInputStream(line(next++).getBytes(UTF_8));
          read = part.read(bytes, from, most);
        }
        return read;
      }
    };
  }

  private static String line(int row) {
    return row < 0
        ? "sku,name,price\n"
        : "sku-%d,\"Pen, no. %d\",%d.50\n".formatted(row, row, row % 100);
  }
}
