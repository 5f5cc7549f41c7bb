package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.batchengine.BatchEngine;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process with a heap of 64 MB reads reports of 1,000,000 items and the statistics of 100,000
 * batches. CONTRIBUTING.md has the command.
 */
@Tag("long")
@Timeout(600)
class ReportSizeTest {
  private static final int BATCHES = 100_000;
  private static final List<UUID> LARGE =
      List.of(
          UUID.fromString("0190163d-8694-739b-aea5-966c26f8ad91"),
          UUID.fromString("0190163d-8694-739b-aea5-966c26f8ad92"));

  private static final String INSERT_BATCH =
      """
      insert into batch_job (batch_no, id, type, tenant, priority, metadata, state, input_format,
        output_format, total, succeeded, failed, skipped, cancelled, created_at, updated_at, started_at,
        ended_at, measures)
      """;
  private static final String LARGE_BATCH =
      INSERT_BATCH
          + """
          values (?, ?, 'large', 'acme', 5, '{}', 'COMPLETED', 'text', 'text', 1000000, 980000, 20000,
            0, 0, current_timestamp, current_timestamp, current_timestamp, current_timestamp, 'usd')
          """;

  @TempDir Path folder;

  @Test
  @DisplayName("REQ-M9 REQ-M11 on H2, 1,000,000 items in 3 s and 64 MB, 100,000 batches in 0.2 s")
  void isQuickOnH2() throws Exception {
    String url = "jdbc:h2:" + folder.resolve("report").toAbsolutePath();
    BatchEngine.builder(JdbcBatchStore.open(url)).manual().close(); // creates the tables
    fill(
        Jdbi.create(url, "sa", ""), "(select x as n from system_range(%d, %d)) s", "random_uuid()");

    isQuick(url);
  }

  @Test
  @DisplayName(
      "REQ-M9 REQ-M11 on PostgreSQL, 1,000,000 items in 3 s and 64 MB, 100,000 batches in 0.2 s")
  void isQuickOnPostgres() throws Exception {
    String url = PostgresServer.freshDatabase();
    try {
      BatchEngine.builder(JdbcBatchStore.open(url)).manual().close(); // creates the tables
      Jdbi jdbi = Jdbi.create(url);
      fill(jdbi, "generate_series(%d, %d) n", "gen_random_uuid()");
      jdbi.useHandle(handle -> handle.execute("vacuum analyze"));

      isQuick(url);
    } finally {
      PostgresServer.drop(url);
    }
  }

  private static void fill(Jdbi jdbi, String series, String id) {
    jdbi.useHandle(
        handle -> {
          fillBatches(handle, series.formatted(1, BATCHES), id);
          for (int i = 0; i < LARGE.size(); i++) {
            long batch = BATCHES + 1L + i;
            handle.execute(LARGE_BATCH, batch, LARGE.get(i));
            fillItems(handle, batch * 2_147_483_648L, series.formatted(0, 999_999));
          }
        });
  }

  private static void fillBatches(Handle handle, String series, String id) {
    handle.execute(
        INSERT_BATCH
            + """
            select n, %s, 'type ' || n %% 5, 'tenant ' || n %% 100, 5, '{}',
              case n %% 10 when 0 then 'FAILED' when 1 then 'CANCELLED' else 'COMPLETED' end, 'text', 'text',
              100, 98, 2, 0, 0,
              timestamp with time zone '2026-11-01 12:00:00+00' - n * interval '10' minute,
              current_timestamp, current_timestamp, current_timestamp, null
            from %s
            """
                .formatted(id, series));
  }

  private static void fillItems(Handle handle, long first, String series) {
    handle.execute(
        """
        insert into batch_outcome (item_id, state, attempts, duration_micros, quality, settled_at, output,
          measure_1)
        select %d + n, case n %% 50 when 7 then 'FAILED' else 'SUCCEEDED' end, 1 + n %% 3,
          1 + cast(n as bigint) * 7919 %% 100003, n %% 11 / 10.0,
          timestamp with time zone '2026-11-01 12:00:00+00' + n / 1000 * interval '1' second,
          'an output of fifty characters, as they often are..', n / 1000.0
        from %s
        """
            .formatted(first, series));
    handle.execute(
        """
        insert into batch_error (item_id, attempt, type, message, fingerprint, stack, failed_at)
        select item_id, attempts, 'E_TEST', 'it failed', 'print ' || item_id % 7, '', settled_at
        from batch_outcome where state = 'FAILED' and item_id >= ?
        """,
        first);
    handle.execute(
        "insert into batch_item (item_id, item_key, input) select %d + n, 'key ' || n, 'input' from %s"
            .formatted(first, series));
  }

  /**
   * What is measured several times counts at its best. The first report of a process may take
   * longer: most of the time its code is being compiled.
   */
  private static void isQuick(String url) throws Exception {
    ProcessBuilder program =
        NodeProcess.program(
            ReportProgram.class, url, LARGE.get(0).toString(), LARGE.get(1).toString());
    program.command().remove("-XX:TieredStopAtLevel=1");
    program.command().add(1, "-Xmx64m");
    Process process = program.start();
    Map<String, Long> best = new HashMap<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      lines
          .lines()
          .peek(System.out::println)
          .map(line -> line.split(" ", 2))
          .forEach(words -> best.merge(words[0], Long.valueOf(words[1]), Math::min));
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
    assertThat(best.get(ReportProgram.COLD)).isLessThan(5_000);
    assertThat(best.get(ReportProgram.MADE)).isLessThan(3_000);
    assertThat(best.get(ReportProgram.KEPT)).isLessThan(200);
    assertThat(best.get(ReportProgram.STATISTICS)).isLessThan(200);
    assertThat(best.get(ReportProgram.SERIES)).isLessThan(200);
  }
}
