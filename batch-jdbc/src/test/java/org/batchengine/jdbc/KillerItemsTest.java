package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An item of a thousand takes its process down, and each time another is started. */
@Tag("faults")
@Timeout(180)
class KillerItemsTest {
  private static final int ITEMS = 1_000;
  private static final int KILLER = 500;

  @TempDir Path folder;

  private String url = "";

  /** To halt is the least of them: nothing of the host's goes on while the process dies. */
  static Stream<Arguments> killers() {
    return MortalProcess.EVERY_STEP
        ? Stream.of("exit", "memory", "halt")
            .flatMap(killer -> Stream.of(arguments(killer, "H2"), arguments(killer, "PostgreSQL")))
        : Stream.of(arguments("exit", "H2"), arguments("memory", "H2"));
  }

  @AfterEach
  void drop() {
    if (url.contains("postgresql")) {
      PostgresServer.drop(url);
    }
  }

  @ParameterizedTest
  @MethodSource("killers")
  @DisplayName("FAULT-P3 FAULT-P4 a killer costs at most four processes, and the others succeed")
  void costAtMostFourProcesses(String killer, String database) throws Exception {
    url =
        database.equals("H2")
            ? "jdbc:h2:" + folder.resolve(killer).toAbsolutePath()
            : PostgresServer.freshDatabase();
    BatchId id;
    try (BatchEngine client = client(url)) {
      List<String> inputs =
          new ArrayList<>(IntStream.range(0, ITEMS).mapToObj(i -> "item " + i).toList());
      inputs.set(KILLER, killer);
      id = client.submit(KillerProgram.WORK, inputs);
    }

    int deaths = 0;
    while (!hasEnded(url, id)) {
      deaths++;
      assertThat(deaths).isLessThanOrEqualTo(4);
    }

    assertThat(deaths).isPositive();
    try (BatchEngine client = client(url)) {
      assertThat(client.status(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(client.status(id).counts().succeeded()).isEqualTo(ITEMS - 1);
      BatchItem<String, String> failed =
          client.items(id, ItemQuery.inState(ItemState.FAILED)).items().get(0);
      assertThat(failed.index()).isEqualTo(KILLER);
      assertThat(failed.error()).map(ItemError::type).contains("NODE_CRASH");
    }
  }

  /** Lets a process live to its end. */
  private boolean hasEnded(String url, BatchId id) throws Exception {
    ProcessBuilder program = NodeProcess.program(KillerProgram.class, url, id.toString());
    program.command().add(1, "-Xmx64m");
    Path printed = folder.resolve("printed");
    program.redirectErrorStream(true).redirectOutput(printed.toFile());
    Process process = program.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
      System.out.print(Files.readString(printed));
    }
  }

  private static BatchEngine client(String url) {
    return BatchEngine.builder(JdbcBatchStore.open(url)).build();
  }
}
