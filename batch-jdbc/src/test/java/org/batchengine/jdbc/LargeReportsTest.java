package org.batchengine.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process with a heap of 64 MB compares and exports batches of a million items. Prints how long
 * that took.
 */
@Tag("long")
@Timeout(1_200)
class LargeReportsTest {
  private static final int ITEMS = 1_000_000;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"H2", "PostgreSQL"})
  @DisplayName("REQ-M12 REQ-M13 a million items are exported and compared in little memory")
  void fitIntoLittleMemory(String database) throws Exception {
    boolean isH2 = database.equals("H2");
    String url =
        isH2
            ? "jdbc:h2:" + folder.resolve("large").toAbsolutePath()
            : PostgresServer.freshDatabase();
    try {
      List<String> ids = fill(url, isH2);
      List<String> said = run(url, ids);

      assertThat(millis(said, "compare")).isLessThan(isH2 ? 30_000 : 10_000);
      assertThat(said)
          .anyMatch(line -> line.matches("compare .* 900000 unchanged"))
          .anyMatch(line -> line.matches("differences .* 100000 differences"))
          .anyMatch(line -> line.matches("shuffled .* 1000000 unchanged"))
          .anyMatch(line -> line.matches("csv .* 1000000 items"))
          .anyMatch(line -> line.matches("xlsx .* 1000000 items"));
    } finally {
      if (!isH2) {
        PostgresServer.drop(url);
      }
    }
  }

  /** How long the slowest round took. */
  private static long millis(List<String> said, String what) {
    return said.stream()
        .filter(line -> line.startsWith(what + " "))
        .mapToLong(line -> Long.parseLong(line.split(" ", 3)[1]))
        .max()
        .orElseThrow();
  }

  /** Of the second one in ten outputs is another; the third has the keys backwards. */
  private static List<String> fill(String url, boolean isH2) {
    BatchEngine.builder(JdbcBatchStore.open(url)).build().close();
    String numbers =
        isH2 ? "(select x as n from system_range(0, %d)) s" : "generate_series(0, %d) n";
    String from = " from " + numbers.formatted(ITEMS - 1);
    return (isH2 ? Jdbi.create(url, "sa", "") : Jdbi.create(url))
        .withHandle(
            handle -> {
              List<String> ids =
                  Stream.of(
                          fill(handle, 1, "n", "'output ' || n", from),
                          fill(
                              handle,
                              2,
                              "n",
                              "case when mod(n, 10) = 3 then 'other' else 'output ' || n end",
                              from),
                          fill(handle, 3, "(999999 - n)", "'output ' || (999999 - n)", from))
                      .toList();
              if (!isH2) {
                handle.execute("vacuum analyze");
              }
              return ids;
            });
  }

  private static String fill(Handle handle, long batch, String key, String output, String from) {
    UUID id = UUID.randomUUID();
    handle.execute(
        """
        insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
          output_format, total, succeeded, failed, skipped, cancelled, created_at, updated_at,
          started_at, ended_at)
        values (?, ?, 'work', 'tenant', 5, '{}', 'COMPLETED', 'text', 'text', ?, ?, 0, 0, 0,
          current_timestamp, current_timestamp, current_timestamp, current_timestamp)
        """,
        batch,
        id,
        ITEMS,
        ITEMS);
    String item = batch + " * 2147483648 + n";
    handle.execute(
        "insert into batch_item (item_id, item_key, input) select %s, 'key-' || %s, 'input ' || n %s"
            .formatted(item, key, from));
    handle.execute(
        "insert into batch_item_key (batch_no, item_key, item_index) select %d, 'key-' || %s, n %s"
            .formatted(batch, key, from));
    handle.execute(
        """
        insert into batch_outcome (item_id, state, attempts, duration_micros, quality, settled_at, output)
        select %s, 'SUCCEEDED', 1, 1000 + n, 0.5, current_timestamp, %s %s
        """
            .formatted(item, output, from));
    return id.toString();
  }

  private static List<String> run(String url, List<String> ids) throws Exception {
    String[] arguments = Stream.concat(Stream.of(url), ids.stream()).toArray(String[]::new);
    ProcessBuilder program = NodeProcess.program(LargeReportsProgram.class, arguments);
    program.command().addAll(1, List.of("-Xmx64m", "-XX:+ExitOnOutOfMemoryError"));
    program.command().remove("-XX:TieredStopAtLevel=1"); // it runs for long
    Process process = program.start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      System.out.println(url.split(":", 3)[1] + "\n" + said);
      assertThat(process.waitFor()).isZero();
      return said.lines().toList();
    } finally {
      process.destroyForcibly();
    }
  }
}
