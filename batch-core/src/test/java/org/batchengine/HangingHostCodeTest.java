package org.batchengine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("FAULT-H4 host code that hangs harms only itself")
@Timeout(60)
class HangingHostCodeTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobType<String, String> OTHER =
      JobType.of("other", String.class, String.class);
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final JobOptions QUICK =
      JobOptions.defaults()
          .concurrency(1)
          .timeout(Duration.ofMillis(50))
          .retry(RetryPolicy.fixed(Duration.ofMillis(10)).maxRetries(1));

  private final InMemoryBatchStore memory = new InMemoryBatchStore();
  private final List<BatchEngine> engines = new ArrayList<>();

  /** Counted down when something hangs. */
  private final CountDownLatch hangs = new CountDownLatch(1);

  /** Opened at the end of each test, so that no thread is left behind. */
  private final CompletableFuture<Void> release = new CompletableFuture<>();

  @AfterEach
  void close() {
    release.complete(null);
    engines.forEach(BatchEngine::close);
    assertThat(MemoryInvariants.violations(memory)).isEmpty();
  }

  private BatchEngine started(UnaryOperator<BatchEngine.Builder> options) {
    var builder = BatchEngine.builder(memory).pollInterval(Duration.ofMillis(10));
    var engine = Engine.build(options.apply(builder).config(), Duration.ofMillis(100));
    engines.add(engine);
    engine.start();
    return engine;
  }

  /** No interrupt ends this. */
  private <T> T hang(T value) {
    hangs.countDown();
    release.join();
    return value;
  }

  private static boolean succeeds(BatchEngine engine, JobType<String, String> type)
      throws InterruptedException {
    return engine.await(engine.submit(type, texts(5)), SOON).isSuccess();
  }

  private static void closesSoon(BatchEngine engine) throws Exception {
    CompletableFuture.runAsync(engine::close, EngineFixture::onAThread).get(8, SECONDS);
  }

  @Nested
  class Listeners {

    @Test
    void thatHangDelayNoBatch() throws Exception {
      var engine = started(b -> b.register(WORK, input -> input).listener(event -> hang("")));

      assertThat(succeeds(engine, WORK)).isTrue();
      assertThat(succeeds(engine, WORK)).isTrue();
      hangs.await();
    }

    @Test
    void thatHangDelayNoOtherListener() throws Exception {
      var heard = new CopyOnWriteArrayList<BatchEvent>();
      var engine =
          started(
              b ->
                  b.register(WORK, input -> input)
                      .listener(event -> hang(""))
                      .listener(heard::add));

      assertThat(succeeds(engine, WORK)).isTrue();

      await().until(() -> heard.stream().anyMatch(BatchEvent.Completed.class::isInstance));
    }

    @Test
    void thatHangDelayNoClose() throws Exception {
      var engine = started(b -> b.register(WORK, input -> input).listener(event -> hang("")));
      engine.submit(WORK, texts(1));
      hangs.await();

      closesSoon(engine);
    }

    @Test
    void hearEverythingBeforeAClose() throws Exception {
      var heard = new CopyOnWriteArrayList<BatchEvent>();
      var engine = started(b -> b.register(WORK, input -> input).listener(heard::add));
      assertThat(succeeds(engine, WORK)).isTrue();

      engine.close();

      assertThat(heard).hasAtLeastOneElementOfType(BatchEvent.Completed.class);
    }
  }

  @Nested
  class Dependents {

    @Test
    void thatHangDelayNoBatch() throws Exception {
      var engine = started(b -> b.register(WORK, input -> input, QUICK.claim(1, 1)));
      dependOn(engine, this::hangs);

      assertThat(succeeds(engine, WORK)).isTrue();
    }

    @Test
    void thatHangDelayNoOtherFuture() throws Exception {
      var engine = started(b -> b.register(WORK, input -> input));
      for (int i = 0; i < 10; i++) {
        dependOn(engine, this::hangs);
      }

      var next = engine.completion(engine.submit(WORK, texts(1)));

      assertThat(next.get(8, SECONDS).isSuccess()).isTrue();
    }

    @Test
    void thatHangDelayNoClose() throws Exception {
      var engine = started(b -> b.register(WORK, input -> input));
      dependOn(engine, this::hangs);
      var waiting = engine.completion(engine.submit(OTHER, texts(1)));

      closesSoon(engine);

      assertThat(waiting).isCancelled();
    }

    private void hangs(BatchJob job) {
      hang(job);
    }

    private void dependOn(BatchEngine engine, Consumer<BatchJob> dependent)
        throws InterruptedException {
      // The dependent is there before it ends.
      var id =
          engine.submit(BatchRequest.of(WORK, texts(1)).startAt(Instant.now().plusMillis(300)));
      var unused = engine.completion(id).thenAccept(dependent);
      assertThat(engine.await(id, SOON).isSuccess()).isTrue();
      hangs.await();
    }
  }

  @Nested
  class Recorders {

    @Test
    void thatHangDelayNeitherABatchNorAClose() throws Exception {
      var engine = started(b -> b.register(WORK, input -> input));
      engine
          .metrics()
          .tell(
              new EngineMetrics.Recorder() {
                @Override
                public void settled(int items, long nanos) {
                  hang("");
                }

                @Override
                public void claimed(int items, long nanos) {
                  hang("");
                }
              });

      assertThat(succeeds(engine, WORK)).isTrue();
      assertThat(succeeds(engine, WORK)).isTrue();
      hangs.await();
      closesSoon(engine);
    }
  }

  @Nested
  class RetryIf {

    @Test
    void thatHangsIsTimedOutWithItsCall() throws Exception {
      var engine =
          started(
              b ->
                  b.register(
                      WORK,
                      input -> EngineFixture.thrown(new IllegalStateException(input)),
                      QUICK.retryIf(e -> interruptible())));

      assertThat(errorOf(engine, engine.submit(WORK, texts(1)))).isEqualTo("TIMEOUT");
    }

    @Test
    void thatHangsKeepsNoTimeout() throws Exception {
      var engine =
          started(
              b ->
                  b.registerBulk(WORK, this::failsAndHangs, QUICK.retryIf(this::hangsOnTheWatcher))
                      .register(OTHER, (input, context) -> interruptible(input), QUICK));
      engine.submit(WORK, texts(1));
      hangs.await();

      assertThat(errorOf(engine, engine.submit(OTHER, texts(1)))).isEqualTo("TIMEOUT");
    }

    private void failsAndHangs(Chunk<String, String> chunk) {
      chunk.items().get(0).fail(new IllegalStateException("for a test"));
      hang(chunk);
    }

    /** What the processor says itself is judged where it says it. */
    private boolean hangsOnTheWatcher(Throwable thrown) {
      return !Thread.currentThread().getName().startsWith("batch-watch") || hang(true);
    }

    @Test
    void mayLookAtAMessageThatHangs() throws Exception {
      var engine =
          started(
              b -> b.register(WORK, input -> EngineFixture.thrown(new MessageThatHangs()), QUICK));

      assertThat(errorOf(engine, engine.submit(WORK, texts(1)))).isEqualTo("TIMEOUT");
    }

    private final class MessageThatHangs extends RuntimeException {
      private static final long serialVersionUID = 1L;

      @Override
      public String getMessage() {
        return interruptible("an interrupt ends this");
      }
    }

    private boolean interruptible() {
      return interruptible("").isEmpty();
    }

    private <T> T interruptible(T value) {
      hangs.countDown();
      try {
        release.get();
        return value;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    private static String errorOf(BatchEngine engine, BatchId id) throws InterruptedException {
      assertThat(engine.await(id, SOON).isTerminal()).isTrue();
      var item = engine.item(id, 0).orElseThrow();
      assertThat(item.state()).isEqualTo(ItemState.FAILED);
      return item.error().orElseThrow().type();
    }
  }
}
