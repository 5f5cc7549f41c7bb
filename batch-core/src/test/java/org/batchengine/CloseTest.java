package org.batchengine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CloseTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobOptions ONE =
      JobOptions.defaults().concurrency(1).retry(RetryPolicy.none());
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration EXPIRY = Duration.ofSeconds(2);

  private final InMemoryBatchStore memory = new InMemoryBatchStore();
  private final Faults way = new Faults(memory);
  private final List<BatchEngine> engines = new ArrayList<>();

  /** Counted down by the first item that runs. */
  private final CountDownLatch running = new CountDownLatch(1);

  /** Opened at the end of each test, so that no thread is left behind. */
  private final CompletableFuture<Void> release = new CompletableFuture<>();

  @AfterEach
  void close() {
    release.complete(null);
    engines.forEach(BatchEngine::close);
    assertThat(MemoryInvariants.violations(memory)).isEmpty();
    assertThat(MemoryInvariants.owned(memory)).isZero();
    assertThat(MemoryInvariants.sessions(memory)).isZero();
  }

  private BatchEngine started(UnaryOperator<BatchEngine.Builder> options) {
    return started(way, options);
  }

  private BatchEngine started(Faults way, UnaryOperator<BatchEngine.Builder> options) {
    var builder = BatchEngine.builder(way.store()).pollInterval(Duration.ofMillis(10));
    var engine = options.apply(builder).start();
    engines.add(engine);
    return engine;
  }

  private BatchEngine other() {
    return started(
        new Faults(memory),
        b -> b.sessionExpiry(EXPIRY).register(WORK, input -> "by the other", ONE));
  }

  private BatchEngine held() {
    return started(b -> b.register(WORK, (input, context) -> held(input), ONE));
  }

  private String held(String input) throws Exception {
    running.countDown();
    release.get();
    return input;
  }

  /** Host code that no interrupt reaches. */
  private String stubborn(String input) {
    running.countDown();
    release.join();
    return input;
  }

  @Nested
  class Draining {

    @Test
    void waitsForTheCallsThatRun() throws Exception {
      var engine = held();
      var id = engine.submit(WORK, texts(1));
      running.await();

      var closing = CompletableFuture.runAsync(engine::close, EngineFixture::onAThread);
      await().until(() -> !engine.isStarted());
      assertThat(closing).isNotDone();
      release.complete(null);
      closing.get(10, SECONDS);

      assertThat(memory.reading().find(id, null).orElseThrow().isSuccess()).isTrue();
    }

    @Test
    void startsNothingMore() throws Exception {
      var engine = held();
      var id = engine.submit(WORK, texts(100));
      running.await();

      var closing = CompletableFuture.runAsync(engine::close, EngineFixture::onAThread);
      await().until(() -> !engine.isStarted());
      release.complete(null);
      closing.get(10, SECONDS);

      var counts = memory.reading().find(id, null).orElseThrow().counts();
      assertThat(counts.succeeded()).isEqualTo(1);
      assertThat(counts.pending()).isEqualTo(99);
    }

    @Test
    void givesTheRestToOthersAtOnce() throws Exception {
      var engine = held();
      var id = engine.submit(WORK, texts(100));
      running.await();
      var other = other();
      var closing = CompletableFuture.runAsync(engine::close, EngineFixture::onAThread);
      await().until(() -> !engine.isStarted());
      release.complete(null);
      closing.get(10, SECONDS);

      // Well before the session would have expired.
      assertThat(other.await(id, Duration.ofSeconds(6)).counts().succeeded()).isEqualTo(100);
      assertThat(other.results(WORK, id).filter(i -> i.output().equals(ours(i.index()))))
          .hasSize(1);
    }

    @Test
    void interruptsWhatTakesTooLong() throws Exception {
      var engine =
          started(b -> b.drainTimeout(SHORT).register(WORK, (input, context) -> held(input), ONE));
      var id = engine.submit(WORK, texts(3));
      running.await();

      engine.close();
      var other = other();

      assertThat(other.await(id).counts().succeeded()).isEqualTo(3);
      assertThat(other.errors(id, 0)).isEmpty();
      assertThat(other.item(id, 0).orElseThrow().attempts()).isEqualTo(1);
    }

    @Test
    void keepsWhatAnInterruptedCallReturns() throws Exception {
      var engine =
          started(
              b ->
                  b.drainTimeout(SHORT)
                      .register(
                          WORK,
                          (input, context) -> {
                            running.countDown();
                            while (!context.isCancelled() || !Thread.interrupted()) {
                              Thread.onSpinWait();
                            }
                            return "in time";
                          },
                          ONE));
      var id = engine.submit(WORK, texts(1));
      running.await();

      engine.close();

      var item =
          memory.reading().item(memory.reading().header(id, null).orElseThrow(), 0).orElseThrow();
      assertThat(item.output()).contains("in time");
    }

    @Test
    @DisplayName("FAULT-P4 what ignores its interrupt may never return, and counts as lost")
    void leavesWhatIgnoresItsInterrupt() throws Exception {
      var engine =
          started(
              b ->
                  b.drainTimeout(SHORT)
                      .sessionExpiry(EXPIRY)
                      .register(WORK, (input, context) -> stubborn(input), ONE));
      var id = engine.submit(WORK, texts(3));
      running.await();

      engine.close();
      assertThat(MemoryInvariants.sessions(memory)).as("left to lapse").isOne();
      var other = other();
      assertThat(other.await(id).counts().succeeded()).isEqualTo(3);
      release.complete(null);

      assertThat(other.item(id, 0).orElseThrow().output()).contains("by the other");
    }

    @Test
    void keepsTheSessionAlive() throws Exception {
      var engine =
          started(
              b ->
                  b.sessionExpiry(Duration.ofSeconds(2))
                      .register(WORK, (input, context) -> held(input), ONE));
      var id = engine.submit(WORK, texts(1));
      running.await();
      var other =
          started(
              new Faults(memory),
              b ->
                  b.sessionExpiry(Duration.ofSeconds(2))
                      .register(WORK, input -> "by the other", ONE));
      var closing = CompletableFuture.runAsync(engine::close, EngineFixture::onAThread);
      await().during(Duration.ofSeconds(4)).until(() -> !closing.isDone());
      release.complete(null);
      closing.get(10, SECONDS);

      assertThat(other.item(id, 0).orElseThrow().output()).contains("item-0");
    }

    private static Optional<String> ours(int index) {
      return Optional.of("item-" + index);
    }
  }

  @Nested
  class Closing {

    @Test
    void isDoneOnce() {
      var engine = held();

      engine.close();
      engine.close();

      assertThat(way.calls("close")).isEqualTo(1);
    }

    @Test
    void isWaitedForByAll() throws Exception {
      var engine = held();
      engine.submit(WORK, texts(1));
      running.await();

      var first = CompletableFuture.runAsync(engine::close, EngineFixture::onAThread);
      var second = CompletableFuture.runAsync(engine::close, EngineFixture::onAThread);
      await().until(() -> !engine.isStarted());
      assertThat(first).isNotDone();
      assertThat(second).isNotDone();
      release.complete(null);

      first.get(10, SECONDS);
      second.get(10, SECONDS);
    }

    @Test
    void keepsTheInterruptOfItsCallerFromTheStore() {
      var flags = new CopyOnWriteArrayList<Boolean>();
      for (var verb : List.of("release", "close")) {
        way.before(verb, () -> flags.add(Thread.currentThread().isInterrupted()));
      }
      var engine = held();
      await().until(() -> way.calls("open") == 1);

      Thread.currentThread().interrupt();
      engine.close();

      assertThat(Thread.interrupted()).isTrue();
      assertThat(flags).containsExactly(false, false);
    }

    @Test
    void ofAnEngineThatWasNotStartedClosesItsStore() {
      var engine = BatchEngine.builder(way.store()).register(WORK, input -> input).build();
      engine.submit(WORK, texts(24_000));

      engine.close();

      assertThat(way.calls()).containsSubsequence("release", "close");
    }

    @Test
    void endsThoughTheStoreIsAway() {
      var engine = started(b -> b.register(WORK, input -> input, ONE));
      await().until(() -> way.calls("open") == 1);
      way.goAway();

      engine.close();

      assertThat(engine.isStarted()).isFalse();
      memory.sessions().release(1);
    }

    @Test
    void settlesWhatTheStoreDidNotTakeBefore() throws Exception {
      var engine = held();
      var id = engine.submit(WORK, texts(1));
      running.await();
      way.loseCall("settle");
      release.complete(null);
      await().until(() -> way.calls("settle") == 1);

      engine.close();

      assertThat(memory.reading().find(id, null).orElseThrow().isSuccess()).isTrue();
    }

    @Test
    void endsTheWaitOfOthers() throws Exception {
      var engine = held();
      var id = engine.submit(WORK, texts(2));
      running.await();
      var waiting =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return engine.await(id);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              EngineFixture::onAThread);
      var closing = CompletableFuture.runAsync(engine::close, EngineFixture::onAThread);
      await().until(() -> !engine.isStarted());
      release.complete(null);
      closing.get(10, SECONDS);

      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(() -> waiting.get(10, SECONDS))
          .havingRootCause()
          .isInstanceOfAny(CancellationException.class, IllegalStateException.class);
    }

    @Test
    void mayComeFromAProcessor() throws Exception {
      var engine = new AtomicReference<BatchEngine>();
      engine.set(
          started(
              b ->
                  b.drainTimeout(SHORT)
                      .sessionExpiry(EXPIRY)
                      .register(
                          WORK,
                          input -> {
                            engine.get().close();
                            running.countDown();
                            return input;
                          },
                          ONE)));
      var id = engine.get().submit(WORK, texts(1));

      assertThat(running.await(20, SECONDS)).isTrue();
      assertThat(engine.get().isStarted()).isFalse();
      assertThat(other().await(id).isSuccess()).isTrue();
    }
  }

  @Nested
  class Afterwards {
    private final BatchEngine engine = held();

    @Test
    void nothingIsAnswered() {
      var id = engine.submit(later());
      engine.close();

      assertThatIllegalStateException().isThrownBy(() -> engine.submit(WORK, texts(1)));
      assertThatIllegalStateException().isThrownBy(() -> engine.find(id));
      assertThatIllegalStateException().isThrownBy(() -> engine.status(id));
      assertThatIllegalStateException().isThrownBy(() -> engine.await(id));
      assertThatIllegalStateException().isThrownBy(() -> engine.completion(id));
      assertThatIllegalStateException().isThrownBy(() -> engine.history(HistoryQuery.all()));
      assertThatIllegalStateException().isThrownBy(() -> engine.results(WORK, id));
      assertThatIllegalStateException().isThrownBy(() -> engine.delete(id));
    }

    @Test
    void itIsNotStartedAgain() {
      engine.close();

      assertThatIllegalStateException()
          .isThrownBy(engine::start)
          .withMessageContaining("build another");
    }

    @Test
    void itIsNotStarted() {
      assertThat(engine.isStarted()).isTrue();
      engine.close();

      assertThat(engine.isStarted()).isFalse();
    }

    @Test
    void itemsAreAsTheyWere() {
      var id = engine.submit(later());
      engine.close();

      assertThat(other().items(id, ItemQuery.all()))
          .extracting(item -> item.state())
          .containsOnly(ItemState.PENDING);
    }

    private static BatchRequest<String> later() {
      return BatchRequest.of(WORK, texts(3)).startAt(Instant.now().plus(Duration.ofHours(1)));
    }
  }
}
