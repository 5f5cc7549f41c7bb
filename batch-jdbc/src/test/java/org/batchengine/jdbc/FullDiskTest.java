package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An engine works on a file of H2 while its disk is full, and goes on by itself. */
@Timeout(120)
class FullDiskTest {
  private static final JobType<Integer, String> WORK =
      JobType.of("work", Integer.class, String.class);
  private static final int ITEMS = 400;
  private static final Duration SOON = Duration.ofSeconds(40);

  @TempDir Path folder;

  @AfterEach
  void makeRoom() {
    FaultyDisk.setFull(false);
  }

  @Test
  @DisplayName("FAULT-D7 H2's disk is full, and then has room")
  void isFullForAWhile() throws Exception {
    FaultyDisk.setFull(false);
    String url = H2Files.url(folder, "disk").replace("async:", "faulty:async:");
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(url))
            .sessionExpiry(Duration.ofSeconds(2))
            .pollInterval(Duration.ofMillis(100))
            .register(WORK, FullDiskTest::work, JobOptions.defaults().concurrency(4).claim(1, 10))
            .start()) {
      BatchId id = engine.submit(WORK, IntStream.range(0, ITEMS).boxed().toList());
      await().atMost(SOON).until(() -> engine.status(id).counts().succeeded() > 40);
      long acknowledged = engine.status(id).counts().succeeded();
      FaultyDisk.setFull(true);
      await().atMost(SOON).until(() -> !engine.health().isUp());
      FaultyDisk.setFull(false);

      await().atMost(SOON).until(() -> engine.health().isUp());
      assertThat(engine.status(id).counts().succeeded()).isGreaterThanOrEqualTo(acknowledged);
      BatchJob job = engine.await(id, SOON);
      assertThat(job.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job.counts().succeeded()).isEqualTo(ITEMS);
      assertThat(engine.results(WORK, id))
          .hasSize(ITEMS)
          .allSatisfy(item -> assertThat(item.output()).contains("done " + item.index()));
    }
    // Not before: H2 may have forgotten that the engine has the file open.
    assertThat(SqlInvariants.violations(TestJdbi.of(url))).isEmpty();
  }

  private static String work(int item) throws InterruptedException {
    boolean ended = new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
    return "done " + item + (ended ? "?" : "");
  }
}
