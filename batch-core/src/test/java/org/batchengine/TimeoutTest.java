package org.batchengine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.memory.MemorySabotage;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.Settlement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimeoutTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final JobOptions QUICK =
      JobOptions.defaults().concurrency(1).timeout(SHORT).retry(RetryPolicy.none());

  private final InMemoryBatchStore memory = new InMemoryBatchStore();
  private final List<BatchEngine> engines = new ArrayList<>();

  /** Opened at the end of each test, so that no thread is left behind. */
  private final CompletableFuture<Void> release = new CompletableFuture<>();

  @AfterEach
  void close() {
    release.complete(null);
    engines.forEach(BatchEngine::close);
    assertThat(MemoryInvariants.violations(memory)).isEmpty();
  }

  private BatchEngine started(ItemProcessor<String, String> processor, JobOptions options) {
    return started(
        BatchEngine.builder(memory)
            .pollInterval(Duration.ofMillis(10))
            .register(WORK, processor, options));
  }

  private BatchEngine started(BatchEngine.Builder builder) {
    var engine = Engine.build(builder.config(), Duration.ofMillis(100));
    engines.add(engine);
    engine.start();
    return engine;
  }

  /** Host code that no interrupt reaches. */
  private void hang() {
    release.join();
  }

  private static List<String> errorTypes(Batches batches, BatchId id, int index) {
    return batches.errors(id, index).stream().map(ItemError::type).toList();
  }

  @Nested
  class Interrupts {

    @Test
    void endTheCall() throws Exception {
      var engine = started((input, context) -> blocked(), QUICK);

      var id = engine.submit(WORK, texts(1));

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
      assertThat(engine.errors(id, 0))
          .singleElement()
          .satisfies(error -> assertThat(error.type()).isEqualTo("TIMEOUT"))
          .extracting(ItemError::message)
          .isEqualTo("the call took longer than its timeout of PT0.05S");
    }

    @Test
    @DisplayName("REQ-M3 a batch's own timeout replaces the node's default, up to its maximum")
    void comeWithTheBatchsOwnTimeout() throws Exception {
      var options = JobOptions.defaults().concurrency(1).retry(RetryPolicy.none());
      var client = BatchEngine.builder(memory).build();
      engines.add(client);
      started(
          (input, context) -> blocked(),
          options.timeout(Duration.ofMillis(200)).maxTimeout(Duration.ofMillis(300)));

      var shorter = client.submit(BatchRequest.of(WORK, texts(1)).timeout(SHORT));
      var longer = client.submit(BatchRequest.of(WORK, texts(1)).timeout(Duration.ofMillis(250)));
      var above = client.submit(BatchRequest.of(WORK, texts(1)).timeout(Duration.ofDays(1)));

      for (var id : List.of(shorter, longer, above)) {
        assertThat(client.await(id).counts().failed()).isEqualTo(1);
      }
      assertThat(client.errors(shorter, 0).get(0).message()).endsWith("timeout of PT0.05S");
      assertThat(client.errors(longer, 0).get(0).message()).endsWith("timeout of PT0.25S");
      assertThat(client.errors(above, 0).get(0).message()).endsWith("timeout of PT0.3S");
    }

    @Test
    void failAnAttemptLikeAnyOther() throws Exception {
      var engine =
          started(
              (input, context) -> context.attempt() < 3 ? blocked() : "third",
              QUICK.retry(RetryPolicy.fixed(Duration.ofMillis(1))));

      var id = engine.submit(WORK, texts(1));

      assertThat(engine.await(id).isSuccess()).isTrue();
      assertThat(errorTypes(engine, id, 0)).containsExactly("TIMEOUT", "TIMEOUT");
    }

    @Test
    void mayBeExcludedFromRetries() throws Exception {
      var policy = RetryPolicy.fixed(Duration.ofMillis(1)).neverOnCode("TIMEOUT");
      var engine = started((input, context) -> blocked(), QUICK.retry(policy));

      var id = engine.submit(WORK, texts(1));

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
      assertThat(errorTypes(engine, id, 0)).containsExactly("TIMEOUT");
    }

    @Test
    void areSeenByTheProcessor() throws Exception {
      var cancelled = new AtomicBoolean();
      var engine =
          started(
              (input, context) -> {
                while (!context.isCancelled()) {
                  Thread.onSpinWait();
                }
                cancelled.set(true);
                return "late";
              },
              QUICK);

      var id = engine.submit(WORK, texts(1));

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
      assertThat(cancelled).isTrue();
      assertThat(engine.item(id, 0).orElseThrow().output()).isEmpty();
    }

    @Test
    void doNotReachTheNextItem() throws Exception {
      var flags = new CopyOnWriteArrayList<Boolean>();
      var engine =
          started(
              (input, context) -> {
                flags.add(Thread.currentThread().isInterrupted());
                if (context.index() % 2 == 0) {
                  while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                  }
                }
                return input;
              },
              QUICK);

      var id = engine.submit(WORK, texts(10));

      assertThat(engine.await(id).counts().failed()).isEqualTo(5);
      assertThat(flags).hasSize(10).containsOnly(false);
    }

    @Test
    void leaveAVerdictThatWasNoted() throws Exception {
      var engine =
          started(
              (input, context) -> {
                try {
                  return context.skip("noted");
                } catch (RuntimeException e) {
                  return blocked();
                }
              },
              QUICK);

      var id = engine.submit(WORK, texts(1));

      assertThat(engine.await(id).counts().skipped()).isEqualTo(1);
    }

    @Test
    void touchOnlyWhatHasNoVerdictInBulk() throws Exception {
      BatchProcessor<String, String> processor =
          chunk -> {
            chunk.items().get(0).succeed("done");
            blocked();
          };
      var engine =
          started(BatchEngine.builder(memory).registerBulk(WORK, processor, QUICK.chunkSize(3)));

      var id = engine.submit(WORK, texts(3));

      engine.await(id);
      assertThat(EngineFixture.states(engine, id))
          .containsExactly(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.FAILED);
      assertThat(errorTypes(engine, id, 2)).containsExactly("TIMEOUT");
    }

    @Test
    void comeThoughTheStoreHangs() throws Exception {
      var way = new Faults(memory);
      var interrupted = new CountDownLatch(1);
      var engine =
          started(
              BatchEngine.builder(way.store())
                  .register(
                      WORK,
                      (input, context) -> {
                        if (context.index() == 0) {
                          return input;
                        }
                        try {
                          return blocked();
                        } finally {
                          interrupted.countDown();
                        }
                      },
                      QUICK));
      var goOn = new CountDownLatch(1);
      way.instead(
          "settle",
          (arguments, arrive) -> {
            goOn.await();
            return arrive.call();
          });

      var id = engine.submit(WORK, texts(2));

      assertThat(interrupted.await(10, SECONDS)).isTrue();
      goOn.countDown();
      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
    }

    private static String blocked() throws InterruptedException {
      new CountDownLatch(1).await();
      return "never";
    }
  }

  @Nested
  class Ignored {

    @Test
    void giveTheItemUp() throws Exception {
      var engine = hangingOn(List.of("item-0"));

      var id = engine.submit(WORK, texts(1));

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
      assertThat(engine.errors(id, 0))
          .singleElement()
          .satisfies(error -> assertThat(error.type()).isEqualTo("TIMEOUT"))
          .extracting(ItemError::message)
          .asString()
          .contains("ignored its interrupt");
    }

    @Test
    void giveTheItemUpWhateverThePolicy() throws Exception {
      var engine =
          started(
              (input, context) -> {
                hang();
                return input;
              },
              QUICK.retry(RetryPolicy.fixed(Duration.ofMillis(1))));

      var id = engine.submit(WORK, texts(1));

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
      assertThat(engine.item(id, 0).orElseThrow().attempts()).isEqualTo(1);
    }

    @DisplayName("FAULT-P6 an endless loop does not take the place of the others")
    @Test
    void doNotTakeThePlaceOfTheOthers() throws Exception {
      var engine = hangingOn(List.of("item-0"));

      var id = engine.submit(WORK, texts(50));

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(49);
    }

    @DisplayName("FAULT-P6 endless loops take places up to a cap")
    @Test
    void takePlacesUpToACap() throws Exception {
      var engine = hangingOn(List.of("item-0", "item-1"));
      var id = engine.submit(WORK, texts(3));
      await().until(() -> engine.status(id).counts().failed() == 2);

      assertThat(engine.await(id, Duration.ofMillis(200)).counts().succeeded()).isZero();
      release.complete(null);

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(1);
    }

    @DisplayName("FAULT-P8 what comes back too late is dropped")
    @Test
    void giveBackWhatWaitsOnceEveryPlaceIsTaken() throws Exception {
      var stuck =
          started(
              (text, context) -> {
                hang();
                return text;
              },
              QUICK);
      var id = stuck.submit(WORK, texts(6));
      await().until(() -> stuck.status(id).counts().failed() == 2);

      var other = started((text, context) -> text, QUICK);

      assertThat(other.await(id).counts().succeeded()).isEqualTo(4);
    }

    @DisplayName("FAULT-P8 a suspect is left to others once every place is taken")
    @Test
    void leaveASuspectToOthersOnceEveryPlaceIsTaken() throws Exception {
      var way = new Faults(memory);
      var stuck =
          started(
              BatchEngine.builder(way.store())
                  .pollInterval(Duration.ofMillis(10))
                  .register(EngineFixture.ECHO, text -> text)
                  .register(
                      WORK,
                      text -> {
                        hang();
                        return text;
                      },
                      QUICK));
      var id = stuck.submit(WORK, texts(2));
      await().until(() -> stuck.status(id).counts().failed() == 2);
      MemorySabotage.suspect(memory, stuck.submit(WORK, texts(1)));
      long asked = way.calls("claimSuspect");
      await().until(() -> way.calls("claimSuspect") > asked + 3);

      assertThat(way.sent("settle", Settlement.class))
          .allSatisfy(settlement -> assertThat(settlement.returnedItems()).isEmpty());
    }

    @Test
    void dropALateReturn() throws Exception {
      var engine = hangingOn(List.of("item-0"));
      var id = engine.submit(WORK, texts(1));
      engine.await(id);

      release.complete(null);
      var next = engine.submit(WORK, List.of("a", "b"));

      assertThat(engine.await(next).isSuccess()).isTrue();
      assertThat(engine.item(id, 0).orElseThrow().state()).isEqualTo(ItemState.FAILED);
      assertThat(engine.item(id, 0).orElseThrow().output()).isEmpty();
    }

    @Test
    void giveUpTheUnsettledItemsOfABulkCall() throws Exception {
      BatchProcessor<String, String> processor =
          chunk -> {
            chunk.items().get(0).succeed("done");
            hang();
            chunk.items().get(1).succeed("late");
          };
      var engine =
          started(BatchEngine.builder(memory).registerBulk(WORK, processor, QUICK.chunkSize(2)));

      var id = engine.submit(WORK, texts(2));

      engine.await(id);
      assertThat(EngineFixture.states(engine, id))
          .containsExactly(ItemState.SUCCEEDED, ItemState.FAILED);
    }

    @Test
    void goOnOnThreadsOfTheSystem() throws Exception {
      var virtual = new CopyOnWriteArrayList<String>();
      var engine =
          started(
              (input, context) -> {
                if (context.index() == 0) {
                  hang();
                }
                virtual.add(Thread.currentThread().getClass().getSimpleName());
                return input;
              },
              QUICK);

      var id = engine.submit(WORK, texts(2));

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(1);
      assertThat(virtual).containsExactly("Thread");
    }

    private BatchEngine hangingOn(List<String> inputs) {
      return started(
          (input, context) -> {
            if (inputs.contains(input)) {
              hang();
            }
            return input;
          },
          QUICK);
    }
  }
}
