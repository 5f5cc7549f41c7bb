package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process with a heap of 96 MB works on more than fits into it. */
@Timeout(120)
class MemoryTest {
  private static final int MANY = 120;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"H2", "PostgreSQL"})
  @DisplayName("FAULT-M1 large inputs first, and many tiny ones after them")
  void inputs(String database) throws Exception {
    String large = "x".repeat(MemoryProgram.LARGE);
    List<String> tiny = Collections.nCopies(20_000, "tiny");
    Stream<String> inputs = Stream.concat(Stream.generate(() -> large).limit(MANY), tiny.stream());

    assertThat(worked(database, inputs).succeeded()).isEqualTo(MANY + tiny.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"H2", "PostgreSQL"})
  @DisplayName("FAULT-M1 many outputs as large as they may be")
  void outputs(String database) throws Exception {
    Stream<String> inputs = Collections.nCopies(MANY, MemoryProgram.OUTPUT).stream();

    assertThat(worked(database, inputs).succeeded()).isEqualTo(MANY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"H2", "PostgreSQL"})
  @DisplayName("FAULT-M1 many errors as large as they may be")
  void errors(String database) throws Exception {
    Stream<String> inputs = Collections.nCopies(4_000, MemoryProgram.ERROR).stream();

    assertThat(worked(database, inputs).failed()).isEqualTo(4_000);
  }

  private BatchCounts worked(String database, Stream<String> inputs) throws Exception {
    String url =
        database.equals("H2")
            ? "jdbc:h2:" + folder.resolve("memory").toAbsolutePath()
            : PostgresServer.freshDatabase();
    try {
      BatchId id;
      try (BatchEngine host = BatchEngine.builder(JdbcBatchStore.open(url)).build()) {
        id = host.submit(MemoryProgram.WORK, inputs);
      }
      run(url, id);
      try (BatchEngine host = BatchEngine.builder(JdbcBatchStore.open(url)).build()) {
        return host.status(id).counts();
      }
    } finally {
      if (url.contains("postgresql")) {
        PostgresServer.drop(url);
      }
    }
  }

  private static void run(String url, BatchId id) throws Exception {
    ProcessBuilder program = NodeProcess.program(MemoryProgram.class, url, id.toString());
    program.command().addAll(1, List.of("-Xmx96m", "-XX:+ExitOnOutOfMemoryError"));
    Process process = program.redirectOutput(ProcessBuilder.Redirect.INHERIT).start();
    try {
      assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
