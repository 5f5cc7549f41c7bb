package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.batchengine.BatchEngine;
import org.batchengine.JobType;
import org.batchengine.ManualClock;
import org.batchengine.ManualEngine;
import org.batchengine.model.EngineHealth;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody deletes the file of H2 while it is open, and H2 goes on as if nothing had happened. */
@Tag("H2")
class MissingFileTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);

  @TempDir Path folder;
  private final ManualClock clock = ManualClock.at(Instant.parse("2026-11-01T12:00:00Z"));
  private Path file;
  private ManualEngine engine;

  @BeforeEach
  void open() {
    file = folder.resolve("batches.mv.db");
    engine =
        BatchEngine.builder(JdbcBatchStore.open(H2Files.url(folder, "batches")))
            .clock(clock)
            .register(WORK, text -> text)
            .manual();
    engine.submit(WORK, List.of("one"));
    engine.runUntilIdle();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private EngineHealth healthAfterASweep() {
    for (int i = 0; i < 6; i++) {
      clock.advance(Duration.ofSeconds(1));
      engine.runUntilIdle();
    }
    return engine.health();
  }

  @Test
  void isUpWhileTheFileIsThere() {
    assertThat(healthAfterASweep().problems()).isEmpty();
  }

  @Test
  void saysThatTheFileIsGone() throws IOException {
    Files.delete(file);

    assertThat(healthAfterASweep().problems())
        .singleElement()
        .asString()
        .contains(file.toString(), "is gone");
  }

  @Test
  void saysThatTheFileIsAnotherOne() throws IOException {
    Files.move(file, folder.resolve("moved"));
    Files.writeString(file, "restored");

    assertThat(healthAfterASweep().problems())
        .singleElement()
        .asString()
        .contains(file.toString(), "another one");
  }
}
