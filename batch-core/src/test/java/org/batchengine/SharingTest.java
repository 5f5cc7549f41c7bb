package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.ECHO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets the workers, on a virtual clock: a text says how many milliseconds an item takes. */
class SharingTest {
  private static final Duration TICK = Duration.ofMillis(1);
  private static final int CONCURRENCY = 8;

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<VirtualNode> nodes = new ArrayList<>();

  private VirtualNode node() {
    VirtualNode node =
        new VirtualNode(
            world, CONCURRENCY, input -> TimeUnit.MILLISECONDS.toNanos(Long.parseLong(input)));
    nodes.add(node);
    return node;
  }

  @AfterEach
  void close() {
    nodes.forEach(VirtualNode::close);
  }

  private void pass(int millis) throws Exception {
    for (int i = 0; i < millis; i++) {
      for (VirtualNode node : nodes) {
        node.tick();
      }
      world.pass(TICK);
    }
  }

  private static BatchRequest<String> items(String tenant, int items, int millis) {
    List<String> inputs = Collections.nCopies(items, String.valueOf(millis));
    return BatchRequest.of(ECHO, inputs).tenant(tenant);
  }

  /** How long it takes until all have ended. */
  private int millisUntilEnd(List<BatchId> ids, int atMost) throws Exception {
    int millis = 0;
    while (millis < atMost && !haveEnded(ids)) {
      pass(10);
      millis += 10;
    }
    return millis;
  }

  private boolean haveEnded(List<BatchId> ids) {
    return ids.stream()
        .allMatch(id -> world.memory.reading().find(id, null).orElseThrow().isTerminal());
  }

  private static List<BatchId> submitSmall(VirtualNode node, String tenant) {
    List<BatchId> ids = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ids.add(node.submit(items(tenant, 10, 1)));
    }
    return ids;
  }

  @Nested
  class FairShare {
    @ParameterizedTest
    @CsvSource({"1, 600", "100, 800"})
    @DisplayName("FAULT-B5 100 small batches end soon beside a tenant without end")
    void smallBatchesEndSoon(int millis, int within) throws Exception {
      VirtualNode node = node();
      node.submit(items("giant", 4_000_000 / (100 * millis), millis));
      pass(2_000);
      node.takeIdle(1);
      int took = millisUntilEnd(submitSmall(node, "small"), 5_000);

      assertThat(took).isLessThanOrEqualTo(within);
      assertThat(node.takeIdle(took)).isLessThan(0.01);
    }

    @Test
    @DisplayName("FAULT-B5 small batches end soon beside a large one of the same tenant")
    void batchesOfATenantShare() throws Exception {
      VirtualNode node = node();
      node.submit(items("one", 40_000, 1));
      pass(2_000);

      assertThat(millisUntilEnd(submitSmall(node, "one"), 5_000)).isLessThanOrEqualTo(600);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 100})
    @DisplayName("FAULT-B5 tenants get equal shares of the time, whatever an item takes")
    void sharesAreEqual(int millis) throws Exception {
      VirtualNode node = node();
      node.submit(items("one", 60_000, 1));
      node.submit(items("two", 60_000 / millis, millis));
      pass(1_000);
      node.worked.clear();
      node.takeIdle(1);
      pass(4_000);

      double all = node.worked.values().stream().mapToLong(each -> each).sum();
      assertThat(node.worked.get("one") / all).isBetween(0.45, 0.55);
      assertThat(node.takeIdle(4_000)).isLessThan(0.01);
    }
  }

  @Nested
  class Pace {
    /** Quick items, and then slow ones, of which many were claimed. */
    private VirtualNode turnedSlow() throws Exception {
      VirtualNode node = node();
      List<String> inputs = new ArrayList<>(Collections.nCopies(8_000, "1"));
      inputs.addAll(Collections.nCopies(8_000, "1000"));
      node.submit(BatchRequest.of(ECHO, inputs));
      pass(1_100);
      assertThat(node.waiting()).isPositive();
      return node;
    }

    @Test
    @DisplayName("FAULT-M2 what would wait too long at the present pace is given back")
    void isBounded() throws Exception {
      VirtualNode node = turnedSlow();
      pass(2_500);

      assertThat(node.waiting()).isLessThanOrEqualTo(2 * CONCURRENCY);
    }

    @Test
    @DisplayName("FAULT-M2 an urgent item of another node waits for a call and two polls at most")
    void urgentItemsRunSoon() throws Exception {
      VirtualNode node = turnedSlow();
      pass(1_000);
      node.parts.submitter.submit(BatchRequest.of(ECHO, List.of("77")).priority(9));
      int millis = 0;
      while (!node.hasBegun("77") && millis < 10_000) {
        pass(1);
        millis++;
      }

      assertThat(millis).isLessThanOrEqualTo(1_000 + 2_000);
    }

    @Test
    @DisplayName("FAULT-M2 what waits is given back before the first slow call has ended")
    void isSeenWhileCallsRun() {
      CountDownLatch slow = new CountDownLatch(1);
      AtomicInteger hanging = new AtomicInteger();
      List<String> inputs = new ArrayList<>(Collections.nCopies(6_000, "quick"));
      inputs.addAll(Collections.nCopies(6_000, "slow"));
      try (BatchEngine engine =
          BatchEngine.builder(new InMemoryBatchStore())
              .register(
                  ECHO,
                  input -> {
                    if (input.equals("slow")) {
                      hanging.incrementAndGet();
                      slow.await();
                    }
                    return input;
                  },
                  JobOptions.defaults().concurrency(2))
              .start()) {
        BatchId id = engine.submit(ECHO, inputs);
        await().atMost(Duration.ofSeconds(20)).until(() -> hanging.get() == 2);
        try {
          // What the two hung workers had in hand is in chunks that stay owned until they return.
          await()
              .atMost(Duration.ofSeconds(10))
              .untilAsserted(
                  () -> assertThat(engine.status(id).counts().running()).isLessThan(100));
        } finally {
          slow.countDown();
        }
      }
    }

    @Test
    @DisplayName("FAULT-M2 a node that comes later finds work")
    void anotherNodeGetsWork() throws Exception {
      turnedSlow();
      VirtualNode other = node();
      pass(3_000);
      other.takeIdle(1);
      pass(5_000);

      assertThat(other.takeIdle(5_000)).isLessThan(0.1);
    }
  }
}
