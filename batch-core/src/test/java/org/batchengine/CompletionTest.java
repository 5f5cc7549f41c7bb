package org.batchengine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.LENGTH;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CompletionTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(way, builder -> builder.register(LENGTH, String::length));

  private BatchId submitted() {
    return engine.submit(LENGTH, List.of("a"));
  }

  @Test
  void comesWithTheBatchAtItsEnd() throws Exception {
    var completion = engine.completion(submitted());
    assertThat(completion).isNotDone();

    engine.runUntilIdle();

    assertThat(completion).isDone();
    assertThat(completion.get().state()).isEqualTo(BatchState.COMPLETED);
    assertThat(completion.get().counts().succeeded()).isEqualTo(1);
  }

  @Test
  void isThereAtOnceIfTheBatchHasEnded() throws Exception {
    var id = submitted();
    engine.await(id);

    assertThat(engine.completion(id)).isCompleted();
  }

  @Test
  void comesThoughAnotherNodeEndsTheBatch() {
    var client = world.engine(builder -> builder);
    var completion = client.completion(submitted());

    engine.runUntilIdle();
    assertThat(completion).isNotDone();
    world.pass(Duration.ofSeconds(1), client);

    assertThat(completion).isCompletedWithValueMatching(BatchJob::isSuccess);
  }

  @Test
  void comesThoughTheAnswerOfTheEndWasLost() {
    var completion = engine.completion(submitted());
    way.loseAnswer("completeIfDone");

    assertThatExceptionOfType(RuntimeException.class).isThrownBy(engine::runUntilIdle);
    engine.runUntilIdle();
    world.pass(Duration.ofSeconds(1), engine);

    assertThat(completion).isCompletedWithValueMatching(BatchJob::isSuccess);
  }

  @Test
  void failsWhenTheBatchIsDeletedElsewhere() throws Exception {
    var id = submitted();
    var client = world.engine(builder -> builder);
    var completion = client.completion(id);
    engine.await(id);
    engine.delete(id);

    world.pass(Duration.ofSeconds(1), client);

    assertFailed(completion, BatchNotFoundException.class);
  }

  @Test
  void failsWhenTheEngineCloses() {
    var completion = engine.completion(submitted());

    engine.close();

    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(completion::get)
        .withStackTraceContaining("the engine was closed before batch"); // JDK 25 wraps it
    assertThat(completion).isCancelled();
  }

  @Test
  void isRefusedWhereThereIsNoBatch() {
    var unknown = BatchId.of("018f0000-0000-7000-8000-00000000dead");

    assertThatExceptionOfType(BatchNotFoundException.class)
        .isThrownBy(() -> engine.completion(unknown));
  }

  @Test
  void mayBeCancelledAlone() {
    var id = submitted();
    var cancelled = engine.completion(id);
    var kept = engine.completion(id);

    cancelled.cancel(true);
    engine.runUntilIdle();

    assertThat(kept).isCompletedWithValueMatching(BatchJob::isSuccess);
    assertThat(engine.status(id).isSuccess()).isTrue();
  }

  @Test
  void mayBeCompletedByAHostAlone() {
    var id = submitted();
    var completed = engine.completion(id);
    var kept = engine.completion(id);

    completed.complete(null);

    assertThat(kept).isNotDone();
  }

  @Test
  void maySubmitTheNext() {
    var next = engine.completion(submitted()).thenApply(job -> submitted());

    engine.runUntilIdle();

    assertThat(next).isCompletedWithValueMatching(id -> engine.status(id).isSuccess());
  }

  @Test
  void survivesALookThatFails() {
    var client = new Faults(world.memory);
    var waiting = world.engine(client, builder -> builder);
    var completion = waiting.completion(submitted());
    engine.runUntilIdle();
    client.loseCall("states");
    world.pass(Duration.ofSeconds(1));

    assertThatExceptionOfType(RuntimeException.class).isThrownBy(waiting::runOnce);
    world.pass(Duration.ofSeconds(1), waiting);

    assertThat(completion).isCompleted();
  }

  @Test
  void asksNothingWhileNobodyWaits() {
    world.pass(Duration.ofSeconds(30), engine);

    assertThat(way.calls("states")).isZero();
  }

  @Test
  void isHeldByNobodyOnceItIsCancelled() {
    var id = submitted();
    for (int i = 0; i < 100; i++) {
      engine.completion(id).cancel(false);
    }
    var cancelled = new WeakReference<>(engine.completion(id));
    cancelAll(cancelled);

    await()
        .until(
            () -> {
              System.gc();
              return cancelled.get() == null;
            });
  }

  private static void cancelAll(WeakReference<CompletableFuture<BatchJob>> futures) {
    requireNonNull(futures.get()).cancel(false);
  }

  @Test
  void isNotAskedForOnceItIsCancelled() {
    var kept = engine.completion(submitted());
    engine.completion(submitted()).cancel(false);
    kept.completeExceptionally(new TimeoutException()); // as orTimeout does, on a thread of its own

    world.pass(Duration.ofSeconds(30), engine);

    assertThat(way.calls("states")).isZero();
  }

  @Test
  void isNotAskedForOnceAWaitIsOver() throws Exception {
    var parts = world.parts(way, builder -> builder);
    var batches = new EngineBatches(parts, null);

    assertThat(batches.await(submitted(), Duration.ofNanos(1)).isTerminal()).isFalse();
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> batches.await(submitted()));
    world.pass(Duration.ofSeconds(30));
    while (parts.maintenance.runOnce()) {}

    assertThat(way.calls("states")).isZero();
  }

  @Test
  void isNotHeldIfTheStoreDidNotAnswer() {
    var id = submitted();
    way.loseCall("find");

    assertThatExceptionOfType(StoreException.class).isThrownBy(() -> engine.completion(id));
    world.pass(Duration.ofSeconds(30));
    engine.runOnce();

    assertThat(way.calls("states")).isZero();
  }

  private static void assertFailed(
      CompletableFuture<BatchJob> completion, Class<? extends Throwable> cause) {
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(completion::get)
        .withCauseInstanceOf(cause);
  }
}
