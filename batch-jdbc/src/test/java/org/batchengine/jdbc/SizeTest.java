package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A process with a heap of 256 MB works on a large batch and many small ones. The profile {@code
 * faults} takes more of them, and H2 too.
 */
@Tag("faults")
@Timeout(1_200)
class SizeTest {
  private static final boolean WHOLE = MortalProcess.EVERY_STEP;
  private static final int MILLION = 1_000_000;
  private static final long MOST_HEAP = 64 << 20;

  @TempDir Path folder;

  static Stream<String> databases() {
    return WHOLE ? Stream.of("h2", "postgresql") : Stream.of("postgresql");
  }

  @ParameterizedTest
  @MethodSource("databases")
  @DisplayName(
      "FAULT-B4 FAULT-B5 REQ-X5 a large batch and many small ones end, and the heap stays small")
  void endTogether(String database) throws Exception {
    int largeItems = WHOLE ? MILLION : 200_000;
    int smallBatches = WHOLE ? 10_000 : 2_000;
    String url = url(database);
    try {
      Map<String, Long> said = run(url, largeItems, 0, smallBatches);

      assertThat(said.get(SizeProgram.HEAP)).isLessThan(MOST_HEAP);
      assertAllDone(url, largeItems, smallBatches);
    } finally {
      drop(url);
    }
  }

  @ParameterizedTest
  @MethodSource("databases")
  @DisplayName("FAULT-B5 small batches end before most of a large one that was there before them")
  void smallOnesDoNotWait(String database) throws Exception {
    int largeItems = WHOLE ? MILLION : 200_000;
    int smallBatches = WHOLE ? 1_000 : 500;
    String url = url(database);
    try {
      Map<String, Long> said = run(url, largeItems, 2, smallBatches);

      assertThat(said.get(SizeProgram.OPEN)).isGreaterThan(largeItems / 2);
      assertThat(said.get(SizeProgram.HEAP)).isLessThan(MOST_HEAP);
      assertAllDone(url, largeItems, smallBatches);
    } finally {
      drop(url);
    }
  }

  private String url(String database) {
    return database.equals("h2")
        ? "jdbc:h2:" + folder.resolve("size").toAbsolutePath()
        : PostgresServer.freshDatabase();
  }

  private static void drop(String url) {
    if (url.contains("postgresql")) {
      PostgresServer.drop(url);
    }
  }

  /** What the program said. */
  private static Map<String, Long> run(String url, int items, int millis, int batches)
      throws Exception {
    ProcessBuilder program =
        NodeProcess.program(
            SizeProgram.class,
            url,
            String.valueOf(items),
            String.valueOf(millis),
            String.valueOf(batches));
    program.command().add(1, "-Xmx256m");
    Process process = program.start();
    Map<String, Long> said = new HashMap<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      lines
          .lines()
          .map(line -> line.split(" ", 2))
          .filter(words -> words[0].equals(SizeProgram.OPEN) || words[0].equals(SizeProgram.HEAP))
          .forEach(words -> said.put(words[0], Long.valueOf(words[1])));
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
    return said;
  }

  private static void assertAllDone(String url, int largeItems, int smallBatches) {
    Jdbi database = url.startsWith("jdbc:h2:") ? Jdbi.create(url, "sa", "") : Jdbi.create(url);
    int items = largeItems + smallBatches * SizeProgram.SMALL_ITEMS;
    database.useHandle(
        handle -> {
          assertThat(
                  handle
                      .select(
                          """
                          select state || ' ' || count(*) || ' ' || sum(total) || ' ' || sum(succeeded)
                          from batch_job group by state
                          """)
                      .mapTo(String.class))
              .containsExactly("COMPLETED %d %d %d".formatted(smallBatches + 1, items, items));
          assertThat(
                  handle
                      .select(
                          """
                          select count(*) from batch_outcome o join batch_item i on i.item_id = o.item_id
                          where o.state = 'SUCCEEDED' and o.output = 'done ' || i.input
                          """)
                      .mapTo(Integer.class)
                      .one())
              .isEqualTo(items);
          for (String table : new String[] {"batch_chunk", "batch_parked", "batch_progress"}) {
            assertThat(handle.select("select count(*) from " + table).mapTo(Integer.class).one())
                .as(table)
                .isZero();
          }
        });
  }
}
