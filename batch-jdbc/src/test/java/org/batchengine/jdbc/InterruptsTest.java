package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.model.BatchId;
import org.batchengine.model.CancelMode;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt that reaches H2 in the middle of a write closes its database under everyone. */
@Timeout(120)
class InterruptsTest {
  private static final JobType<Integer, String> BOOK =
      JobType.of("book", Integer.class, String.class);
  private static final int ROUNDS = 15;

  @TempDir Path folder;

  @Test
  @DisplayName("FAULT-H2 timeouts and forced cancels, again and again: the database stays open")
  void everywhere() throws Exception {
    try (HostDatabase host = HostDatabase.onH2(folder);
        BatchEngine engine =
            host.engine(
                builder ->
                    builder.registerTransactional(
                        BOOK,
                        Connection.class,
                        (item, connection, context) -> {
                          HostDatabase.book(connection, item);
                          if (item < 0) {
                            new CountDownLatch(1).await();
                          }
                          return "booked";
                        },
                        JobOptions.defaults()
                            .concurrency(4)
                            .timeout(Duration.ofMillis(30))
                            .retry(RetryPolicy.none())))) {
      for (int round = 0; round < ROUNDS; round++) {
        BatchId id = engine.submit(BatchRequest.of(BOOK, everyOtherEndless(40)));
        await().until(() -> engine.status(id).counts().failed() > 0);
        engine.cancel(id, CancelMode.FORCED, "round " + round);
        assertThat(engine.await(id, Duration.ofSeconds(30)).isTerminal()).isTrue();
      }

      BatchId last = engine.submit(BatchRequest.of(BOOK, List.of(1, 2, 3)));
      assertThat(engine.await(last, Duration.ofSeconds(30)).isSuccess()).isTrue();
      assertThat(host.booked())
          .as("I3 booked, and settled so")
          .hasSize((int) host.count("batch_outcome where state = 'SUCCEEDED'"));
      assertThat(host.violations()).isEmpty();
    }
  }

  private static List<Integer> everyOtherEndless(int count) {
    return IntStream.range(1, count).map(i -> i % 2 == 0 ? -i : i).boxed().toList();
  }
}
