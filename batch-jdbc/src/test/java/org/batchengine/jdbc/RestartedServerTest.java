package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server of PostgreSQL that is stopped at once and started again, while an engine works on it.
 */
@Tag("PostgreSQL")
@Tag("faults")
@Timeout(600)
class RestartedServerTest {
  private static final JobType<Integer, String> WORK =
      JobType.of("work", Integer.class, String.class);
  private static final int ROUNDS = Integer.getInteger("faults.rounds", 3);
  private static final int ITEMS = 400 * ROUNDS;

  @TempDir Path folder;
  private final AtomicInteger calls = new AtomicInteger();

  private EmbeddedPostgres start(int port) throws Exception {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(folder.resolve("data"))
            .setCleanDataDirectory(false)
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "off"); // an engine's own pool turns it on
    return (port == 0 ? builder : builder.setPort(port)).start();
  }

  /** What an immediate shutdown is: no farewell, and a recovery at the next start. */
  private void stopAtOnce(EmbeddedPostgres server) throws Exception {
    String pid = Files.readAllLines(folder.resolve("data").resolve("postmaster.pid")).get(0);
    assertThat(new ProcessBuilder("kill", "-QUIT", pid.strip()).start().waitFor()).isZero();
    server.close();
  }

  @Test
  @DisplayName("FAULT-D2 the server stops at once and starts again, several times")
  void restarts() throws Exception {
    EmbeddedPostgres server = start(0);
    int port = server.getPort();
    String url = server.getJdbcUrl("postgres", "postgres");
    try (BatchEngine engine =
        BatchEngine.builder(JdbcBatchStore.open(url))
            .sessionExpiry(Duration.ofSeconds(2))
            .pollInterval(Duration.ofMillis(100))
            .register(
                WORK,
                item -> {
                  calls.incrementAndGet();
                  boolean ended = new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
                  return "done " + item + (ended ? "?" : "");
                },
                JobOptions.defaults().concurrency(2).claim(1, 5))
            .start()) {
      engine.submit(BatchRequest.of(WORK, IntStream.range(0, ITEMS).boxed().toList()));
      for (int round = 0; round < ROUNDS; round++) {
        int before = calls.get();
        await().atMost(Duration.ofSeconds(60)).until(() -> calls.get() > before || isDone(url));
        stopAtOnce(server);
        server = start(port);
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> isDone(url));
      Jdbi jdbi = Jdbi.create(url);
      assertThat(SqlInvariants.violations(jdbi)).isEmpty();
      assertThat(count(url, "batch_outcome where state = 'SUCCEEDED'")).isEqualTo(ITEMS);
      assertThat(count(url, "batch_event where kind = 'COMPLETED'")).as("I7").isOne();
      await().atMost(Duration.ofSeconds(30)).until(() -> engine.health().isUp());
    } finally {
      server.close();
    }
  }

  private static boolean isDone(String url) {
    return count(url, "batch_job where state = 'COMPLETED'") == 1;
  }

  private static long count(String url, String rows) {
    return Jdbi.create(url)
        .withHandle(
            handle -> handle.select("select count(*) from " + rows).mapTo(Long.class).one());
  }
}
