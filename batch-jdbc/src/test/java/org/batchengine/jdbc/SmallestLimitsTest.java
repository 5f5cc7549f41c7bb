package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.Chunk;
import org.batchengine.ChunkItem;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualClock;
import org.batchengine.ManualEngine;
import org.batchengine.limit.Limit;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With each limit at its smallest legal value batches still end, on a virtual clock. */
class SmallestLimitsTest {
  private static final Limit SMALLEST = Limit.none().rate(1, Limit.SHORTEST).running(1);
  private static final JobType<String, String> PLAIN =
      JobType.of("plain", String.class, String.class);
  private static final JobType<String, String> ORDERED =
      JobType.of("ordered", String.class, String.class).sequential();
  private static final JobType<String, String> BULK =
      JobType.of("bulk", String.class, String.class);

  @TempDir Path folder;

  @Nested
  class InMemory extends Contract {
    private final InMemoryBatchStore store = new InMemoryBatchStore(clock);

    @Override
    BatchStore store() {
      return store;
    }
  }

  @Nested
  class OnH2 extends OnADatabase {
    @Override
    HostDatabase open() {
      return HostDatabase.onH2(folder);
    }
  }

  @Nested
  class OnPostgres extends OnADatabase {
    @Override
    HostDatabase open() {
      return HostDatabase.onPostgres();
    }
  }

  abstract static class OnADatabase extends Contract {
    private @Nullable HostDatabase host;

    abstract HostDatabase open();

    @Override
    BatchStore store() {
      if (host == null) {
        host = open();
      }
      return host.store(clock);
    }

    @AfterEach
    void closeHost() {
      if (host != null) {
        host.close();
      }
    }
  }

  abstract static class Contract {
    final ManualClock clock = ManualClock.at(StoreContract.START);
    private final Set<String> failedOnce = new HashSet<>();

    abstract BatchStore store();

    private ManualEngine engine() {
      JobOptions options =
          JobOptions.defaults()
              .limit(SMALLEST)
              .retry(RetryPolicy.fixed(Duration.ofMillis(300)).maxRetries(2));
      return BatchEngine.builder(store())
          .clock(clock)
          .register(PLAIN, this::run, options)
          .register(ORDERED, this::run, options)
          .registerBulk(BULK, this::runBulk, options.chunkSize(2))
          .manual();
    }

    private String run(String input, ItemContext context) {
      return switch (input) {
        case "flaky" ->
            context.attempt() == 1 ? context.fail("E_ONCE", "not at once") : "in the end";
        case "deferred" -> context.defer(Duration.ofMillis(500));
        default -> input;
      };
    }

    private void runBulk(Chunk<String, String> chunk) {
      for (ChunkItem<String, String> item : chunk.items()) {
        if (item.input().equals("flaky") && failedOnce.add(item.input())) {
          item.fail("E_ONCE", "not at once");
        } else {
          item.succeed(item.input());
        }
      }
    }

    @Test
    @DisplayName("REQ-M19 with each limit at its smallest each batch still ends, on each store")
    void endWithTheSmallest() {
      List<BatchId> ids = new ArrayList<>();
      try (ManualEngine one = engine();
          ManualEngine other = engine()) {
        one.limits().setEachTenant(SMALLEST, "small");
        for (JobType<String, String> type : List.of(PLAIN, ORDERED, BULK)) {
          ids.add(one.submit(BatchRequest.of(type, List.of("a", "flaky", "b", "c")).tenant("t")));
        }
        ids.add(one.submit(BatchRequest.of(PLAIN, List.of("deferred", "a")).tenant("u")));
        boolean haveEnded = false;
        for (int i = 0; i < 600 && !haveEnded; i++) {
          one.runUntilIdle();
          other.runUntilIdle();
          clock.advance(Duration.ofMillis(50));
          haveEnded = ids.stream().allMatch(id -> one.status(id).state().isTerminal());
        }

        assertThat(ids.subList(0, 3))
            .allSatisfy(id -> assertThat(one.status(id).state()).isEqualTo(BatchState.COMPLETED));
        assertThat(one.status(ids.get(3)).state().isTerminal()).isTrue();
      }
    }
  }
}
