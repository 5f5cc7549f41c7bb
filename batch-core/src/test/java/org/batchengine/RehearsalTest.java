package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rehearsals, in an engine. */
@DisplayName("REQ-M21 a sample runs before the batch does")
class RehearsalTest {
  private static final JobType<String, Integer> MEASURE =
      JobType.of("measure", String.class, Integer.class);

  private static final JobType<String, String> IN_ORDER =
      JobType.of("in-order", String.class, String.class).sequential();

  private static final JobType<String, String> IN_BULK =
      JobType.of("in-bulk", String.class, String.class);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();
  private final List<BatchEvent> heard = new ArrayList<>();
  private final AtomicBoolean fails = new AtomicBoolean();
  private final ManualEngine engine = anEngine();

  private ManualEngine anEngine() {
    return world.engine(
        builder ->
            builder
                .listener(heard::add)
                .register(MEASURE, this::measured)
                .register(
                    IN_ORDER,
                    text -> {
                      ran.add(text);
                      return text;
                    })
                .registerBulk(
                    IN_BULK,
                    chunk -> chunk.forEach(item -> item.succeed(remembered(item.input())))));
  }

  private String remembered(String text) {
    ran.add(text);
    return text;
  }

  private int measured(String text) {
    ran.add(text);
    if (fails.get()) {
      throw new IllegalStateException("no");
    }
    return text.length();
  }

  private static BatchRequest<String> measuring(int items) {
    return BatchRequest.of(MEASURE, EngineFixture.texts(items));
  }

  private BatchId submit(BatchRequest<String> request) {
    BatchId id = engine.submit(request);
    engine.runUntilIdle();
    return id;
  }

  private void isRehearsed(BatchId id) {
    BatchJob job = engine.status(id);
    assertThat(job.state()).isEqualTo(BatchState.PAUSED);
    assertThat(job.stateReason()).contains("REHEARSED");
  }

  @Test
  @DisplayName("the first items run, then the batch is paused, and a resume confirms")
  void theFirst() {
    BatchId id = submit(measuring(100).rehearse(3));

    isRehearsed(id);
    assertThat(ran).containsExactlyInAnyOrder("item-0", "item-1", "item-2");
    assertThat(engine.status(id).rehearses()).hasValue(3);
    assertThat(engine.status(id).counts().succeeded()).isEqualTo(3);
    assertThat(engine.reports().of(id).batch().counts().succeeded()).isEqualTo(3);
    assertThat(heard)
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("Submitted", "Started", "Paused");
    world.pass(Duration.ofMinutes(1), engine);
    assertThat(ran).hasSize(3);

    engine.resume(id, "it looks right");

    assertThat(engine.await(id).counts().succeeded()).isEqualTo(100);
    assertThat(ran).hasSize(100).doesNotHaveDuplicates();
    assertThat(engine.status(id).rehearses()).isEmpty();
  }

  @Test
  void thoseThatAreDrawn() {
    BatchId id = submit(measuring(1_000).rehearseAtRandom(20));

    isRehearsed(id);
    assertThat(ran).hasSize(20).doesNotHaveDuplicates();
    assertThat(EngineFixture.texts(20)).isNotEqualTo(ran);
    engine.resume(id, "it looks right");
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(1_000);
    assertThat(ran).hasSize(1_000).doesNotHaveDuplicates();
  }

  @Test
  void inBulk() {
    BatchId id = submit(BatchRequest.of(IN_BULK, EngineFixture.texts(50)).rehearse(10));

    isRehearsed(id);
    assertThat(ran).hasSize(10);
    engine.resume(id, "it looks right");
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(50);
  }

  @Test
  void oneAfterTheOther() {
    BatchId id = submit(BatchRequest.of(IN_ORDER, EngineFixture.texts(6)).rehearse(2));

    isRehearsed(id);
    assertThat(ran).containsExactly("item-0", "item-1");
    engine.resume(id, "it looks right");
    assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(ran).isEqualTo(EngineFixture.texts(6));
  }

  @Test
  @DisplayName("of a large batch, which is submitted in pages")
  void ofPages() {
    BatchId id = submit(measuring(20_500).rehearseAtRandom(5));

    isRehearsed(id);
    assertThat(ran).hasSize(5);
  }

  @Test
  void notIfThereAreNoOtherItems() {
    BatchId id = submit(measuring(3).rehearse(3));

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("what is to be retried waits as well")
  void withoutRetries() {
    fails.set(true);
    BatchId id =
        submit(
            measuring(10)
                .rehearse(2)
                .retry(RetryPolicy.fixed(Duration.ofSeconds(5)).maxRetries(1)));

    isRehearsed(id);
    assertThat(engine.status(id).counts().retrying()).isEqualTo(2);
    world.pass(Duration.ofSeconds(30), engine);
    assertThat(ran).hasSize(2);

    fails.set(false);
    engine.resume(id, "it looks right");
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(10);
  }

  @Test
  void isGivenUpWithItsFailures() {
    fails.set(true);
    BatchId id = submit(measuring(10).rehearse(2).tolerateFailures(1).retry(RetryPolicy.none()));

    assertThat(engine.status(id).state()).isEqualTo(BatchState.FAILED);
    assertThat(engine.status(id).counts().cancelled()).isEqualTo(8);
  }

  @Test
  @DisplayName("failed items of the sample that are retried run with the others")
  void failedItems() {
    fails.set(true);
    BatchId id = submit(measuring(10).rehearse(2).retry(RetryPolicy.none()));
    isRehearsed(id);
    fails.set(false);
    assertThat(engine.retryFailed(id, "again").items()).isEqualTo(2);
    engine.runUntilIdle();
    isRehearsed(id);
    assertThat(ran).hasSize(2);

    engine.resume(id, "it looks right");
    assertThat(engine.await(id).counts().succeeded()).isEqualTo(10);
  }

  @Test
  void isCancelled() {
    BatchId id = submit(measuring(10).rehearse(2));
    engine.cancel(id, "the sample looks wrong");
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.CANCELLED);
    assertThat(engine.status(id).counts().cancelled()).isEqualTo(8);
  }

  @Test
  void failsAtItsDeadline() {
    BatchId id = submit(measuring(10).rehearse(2).deadline(Duration.ofMinutes(1)));
    isRehearsed(id);
    world.pass(Duration.ofMinutes(2), engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.FAILED);
  }

  @Test
  void onceAnotherBatchHasEnded() {
    BatchId first = engine.submit(measuring(1));
    BatchId id = engine.submit(measuring(10).rehearse(2).after(first));
    engine.runUntilIdle();

    isRehearsed(id);
    assertThat(ran).hasSize(3);
  }

  @Test
  void whenItIsDue() {
    BatchId id = submit(measuring(10).rehearse(2).startAt(EngineFixture.START.plusSeconds(60)));
    assertThat(ran).isEmpty();
    world.pass(Duration.ofSeconds(70), engine);

    isRehearsed(id);
    assertThat(ran).hasSize(2);
  }

  @Test
  @DisplayName("who pauses and resumes it before its end confirms nothing")
  void isPausedMeanwhile() {
    BatchId id = engine.submit(measuring(10).rehearse(2));
    engine.pause(id, "wait");
    engine.runUntilIdle();
    engine.resume(id, "it looks right");
    engine.runUntilIdle();

    isRehearsed(id);
    assertThat(ran).hasSize(2);
  }

  @Test
  void isExplained() {
    BatchId id = engine.submit(measuring(10).rehearse(2));
    assertThat(engine.explain(id))
        .extracting(Reason::code)
        .containsExactlyInAnyOrder("NO_NODE", "REHEARSING");
    engine.runUntilIdle();

    assertThat(engine.explain(id))
        .singleElement()
        .returns("REHEARSED", Reason::code)
        .returns(8L, Reason::items)
        .returns(true, Reason::needsPerson);
  }

  @Test
  @DisplayName("by another node, if the first dies before it can pause the batch")
  void isPausedByTheSweep() {
    Faults way = new Faults(world.memory);
    way.always("completeIfDone", (arguments, arrive) -> List.of());
    ManualEngine dying = world.engine(way, builder -> builder.register(MEASURE, this::measured));
    BatchId id = dying.submit(measuring(10).rehearse(2));
    dying.runUntilIdle();
    assertThat(dying.status(id).state()).isEqualTo(BatchState.RUNNING);
    world.kill(dying);
    world.pass(Duration.ofSeconds(30), engine);

    isRehearsed(id);
    assertThat(ran).hasSize(2);
    assertThat(heard).hasOnlyElementsOfType(BatchEvent.Paused.class);
  }

  @Test
  void isKeptInATemplate() {
    engine.templates().put("monthly", measuring(10).rehearse(2));

    BatchId id = submit(engine.templates().request("monthly", MEASURE, EngineFixture.texts(8)));

    isRehearsed(id);
    assertThat(engine.items(id, ItemQuery.inState(ItemState.SUCCEEDED))).hasSize(2);
  }

  @Test
  void isRefused() {
    BatchId other = submit(measuring(1));
    BatchRequest<String> inOrder = BatchRequest.of(IN_ORDER, List.of("a"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> measuring(1).rehearse(0))
        .withMessage("rehearse 0 is out of range: 1 to 10000");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> measuring(1).rehearseAtRandom(10_001))
        .withMessageStartingWith("rehearseAtRandom 10001 is out of range");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> inOrder.rehearseAtRandom(1))
        .withMessageContaining("use rehearse");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchRequest.ofInputs(MEASURE, other).rehearse(1))
        .withMessageContaining("items of another batch");
  }
}
