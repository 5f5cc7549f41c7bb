package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.ItemContext;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualClock;
import org.batchengine.ManualEngine;
import org.batchengine.limit.Limit;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets the workers when many want them, counted on a virtual clock: an item takes 10 ms. */
class FairnessTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final int SMALL_ITEMS = 5;
  private static final int SMALL_BATCHES = 100;

  @TempDir Path folder;

  @Nested
  class InMemory extends Contract {
    private final InMemoryBatchStore store = new InMemoryBatchStore(clock);

    @Override
    BatchStore store() {
      return store;
    }

    @Override
    int largeItems() {
      return 1_000_000;
    }
  }

  @Nested
  class OnH2 extends Contract {
    private @Nullable HostDatabase host;

    @Override
    BatchStore store() {
      if (host == null) {
        host = HostDatabase.onH2(folder);
      }
      return host.store(clock);
    }

    @Override
    int largeItems() {
      return 20_000;
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
    private final List<ManualEngine> engines = new ArrayList<>();
    private int ran;
    private int largeRan;
    private int heavyRan;

    abstract BatchStore store();

    abstract int largeItems();

    @BeforeEach
    void startEngines() {
      for (int i = 0; i < 2; i++) {
        engines.add(
            BatchEngine.builder(store())
                .clock(clock)
                .register(WORK, this::run, JobOptions.defaults().concurrency(1))
                .manual());
      }
    }

    @AfterEach
    void closeEngines() {
      engines.forEach(BatchEngine::close);
    }

    private String run(String input, ItemContext context) {
      ran++;
      if (input.equals("large")) {
        largeRan++;
      }
      heavyRan += context.tenant().equals("heavy") ? 1 : 0;
      clock.advance(Duration.ofMillis(10));
      return "";
    }

    private BatchId submitLarge(String tenant) {
      Stream<String> items = Stream.generate(() -> "large").limit(largeItems());
      return engines.get(0).submit(BatchRequest.of(WORK, items).tenant(tenant));
    }

    private List<BatchId> submitSmall(Supplier<String> tenant) {
      List<String> items = IntStream.range(0, SMALL_ITEMS).mapToObj(i -> "small").toList();
      return IntStream.range(0, SMALL_BATCHES)
          .mapToObj(i -> engines.get(1).submit(BatchRequest.of(WORK, items).tenant(tenant.get())))
          .toList();
    }

    /** Each engine goes a round, in which its worker should call an item. */
    private boolean isAnyIdleInARound() {
      int before = ran;
      engines.forEach(ManualEngine::runOnce);
      return ran - before < engines.size();
    }

    private boolean haveEnded(List<BatchId> ids) {
      return ids.stream().allMatch(id -> engines.get(0).status(id).state() == BatchState.COMPLETED);
    }

    /** Until the large batch is in full swing. */
    private void warmUp() {
      while (largeRan < 2_000) {
        engines.forEach(ManualEngine::runOnce);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"one tenant", "two tenants", "a hundred tenants"})
    @DisplayName("REQ-M20 many small batches end while a large one has hardly gone on")
    void smallBatchesAreNotStarved(String tenants) {
      BatchId large = submitLarge("large");
      warmUp();
      int[] number = new int[1];
      List<BatchId> small =
          submitSmall(
              () ->
                  switch (tenants) {
                    case "one tenant" -> "large";
                    case "two tenants" -> "small";
                    default -> "small " + number[0]++;
                  });
      int largeBefore = largeRan;
      int idleRounds = 0;
      int rounds = 0;
      while (!haveEnded(small)) {
        for (int i = 0; i < 20; i++) {
          idleRounds += isAnyIdleInARound() ? 1 : 0;
          rounds++;
        }
      }

      assertThat(largeRan - largeBefore).isLessThan(2_000);
      assertThat(idleRounds).as("of %d rounds", rounds).isZero();
      assertThat(engines.get(0).status(large).state()).isEqualTo(BatchState.RUNNING);
    }

    @Test
    @DisplayName("REQ-M20 a tenant of weight 3 gets three times the work of one of weight 1")
    void weightsCount() {
      submitLarge("light");
      submitLarge("heavy");
      warmUp();
      assertThat(heavyPartOfARun()).isBetween(0.45, 0.55);

      engines.get(0).limits().setTenant("heavy", Limit.none().weight(3), "it pays");
      runUntil(ran + 500); // the other engine learns of it
      assertThat(heavyPartOfARun()).isBetween(0.70, 0.78);

      engines.get(0).limits().setEachTenant(Limit.none().weight(3), "all do");
      runUntil(ran + 500);
      assertThat(heavyPartOfARun()).isBetween(0.45, 0.55);
    }

    private double heavyPartOfARun() {
      int before = ran;
      int heavyBefore = heavyRan;
      runUntil(ran + 1_000);
      return (heavyRan - heavyBefore) / (double) (ran - before);
    }

    private void runUntil(int items) {
      while (ran < items) {
        engines.forEach(ManualEngine::runOnce);
      }
    }

    @Test
    @DisplayName("REQ-D5 of a lower priority only what was claimed before runs on")
    void aHigherPriorityGoesFirst() {
      submitLarge("large");
      warmUp();
      List<String> items = IntStream.range(0, 2_000).mapToObj(i -> "urgent").toList();
      BatchId urgent = engines.get(1).submit(BatchRequest.of(WORK, items).priority(9));
      int largeBefore = largeRan;
      while (!haveEnded(List.of(urgent))) {
        engines.forEach(ManualEngine::runOnce);
      }

      assertThat(largeRan - largeBefore).isLessThan(1_000);
    }
  }
}
