package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.ECHO;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.run.Workers;
import org.batchengine.model.BatchId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A slow database slows workers down, and never fills the heap. */
@Timeout(60)
class BackPressureTest {
  private static final String LARGE = "x".repeat(64 << 10);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);

  /** The database takes no settlement until it is told to. */
  @Nested
  @DisplayName("REQ-X5 what has run and is not stored yet is bounded")
  class Verdicts {
    private final CountDownLatch settles = new CountDownLatch(1);
    private final AtomicInteger ran = new AtomicInteger();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    @Test
    void areBoundedByCount() throws Exception {
      // 40,000, and what eight workers have in hand.
      assertThat(ranBeforeTheyWait(100_000, "done")).isBetween(40_000, 40_300);
    }

    @Test
    void areBoundedByBytes() throws Exception {
      // 16 MiB, and what eight workers have in hand.
      assertThat(ranBeforeTheyWait(2_000, LARGE)).isBetween(250, 400);
    }

    private int ranBeforeTheyWait(int items, String output) throws Exception {
      way.always(
          "settle",
          (arguments, arrive) -> {
            settles.await();
            return arrive.call();
          });
      try (var engine =
          BatchEngine.builder(way.store())
              .platformThreads()
              .register(
                  ECHO,
                  input -> {
                    threads.add(Thread.currentThread());
                    ran.incrementAndGet();
                    return output;
                  },
                  JobOptions.defaults().concurrency(8))
              .start()) {
        BatchId id = engine.submit(ECHO, Collections.nCopies(items, "in"));
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> ran.get() == items || (ran.get() >= 250 && allWait()));
        int before = ran.get();
        settles.countDown();
        assertThat(engine.await(id, Duration.ofSeconds(30)).counts().succeeded()).isEqualTo(items);
        return before;
      }
    }

    /** For a moment they may, all of them, for work; then their number grows. */
    private boolean allWait() {
      int before = ran.get();
      boolean wait =
          threads.stream()
              .allMatch(
                  thread ->
                      thread.getState() == Thread.State.WAITING
                          || thread.getState() == Thread.State.TERMINATED);
      return wait && threads.stream().anyMatch(Thread::isAlive) && before == ran.get();
    }
  }

  @Nested
  @DisplayName("REQ-X5 what is claimed and has not run yet is bounded")
  class Inputs {
    private final EngineParts parts =
        world.parts(way, b -> b.register(ECHO, in -> in, JobOptions.defaults().concurrency(8)));
    private final Workers workers = parts.workers.get("echo");

    @Test
    void areBoundedByCount() {
      submitTo("in", 50_000);

      assertThat(workers.queue().waiting()).isBetween(10_000, 20_008);
    }

    @Test
    void areBoundedByBytes() {
      submitTo(LARGE, 5_000);
      int first = workers.queue().waiting();

      // 16 MiB, and a slice: 4 MiB.
      assertThat(first).isBetween(256, 256 + 64);
      for (int taken = 0; taken < 4_000; ) {
        List<WorkItem> some = workers.queue().take().items();
        taken += some.size();
        while (parts.dispatcher.runOnce()) {}
        assertThat(workers.queue().waiting()).isBetween(256, 256 + 64);
      }
    }

    @Test
    @DisplayName("FAULT-M1 large inputs among many tiny ones are bounded by their own bytes")
    void areBoundedByTheirOwnBytes() {
      List<String> inputs = new ArrayList<>(Collections.nCopies(1_000, LARGE));
      inputs.addAll(Collections.nCopies(60_000, "in"));
      submitTo(inputs);

      assertThat(parts.inputRoom.bytes()).isBetween(16L << 20, 21L << 20);
    }

    @Test
    @DisplayName("FAULT-M1 what a worker takes at once is bounded by its bytes")
    void areBoundedInTheHand() {
      submitTo(LARGE, 5_000);

      assertThat(workers.queue().take().items()).hasSize(16);
    }

    /** The workers believe that items take a microsecond. */
    private void submitTo(String input, int items) {
      submitTo(Collections.nCopies(items, input));
    }

    private void submitTo(List<String> inputs) {
      workers.sizing().measure(TimeUnit.MICROSECONDS.toNanos(1), 1);
      parts.submitter.submit(BatchRequest.of(ECHO, inputs));
      while (parts.dispatcher.runOnce()) {}
    }
  }
}
