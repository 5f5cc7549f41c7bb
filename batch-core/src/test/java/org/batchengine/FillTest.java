package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Batches that are made of others, in an engine. */
@DisplayName("REQ-M17 batches are made of others")
class FillTest {
  private static final JobType<String, Integer> MEASURE =
      JobType.of("measure", String.class, Integer.class);

  private static final JobType<Integer, Integer> DOUBLE =
      JobType.of("double", Integer.class, Integer.class);

  private static final JobType<String, String> AGAIN =
      JobType.of("again", String.class, String.class);

  /** Code at the end of a batch. */
  private static final JobType<String, String> AT_END =
      JobType.of("at-end", String.class, String.class);

  private static final JobType<BatchEnd, String> TELL =
      JobType.of("tell", BatchEnd.class, String.class);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<Object> ran = new ArrayList<>();
  private ManualEngine engine;

  @BeforeEach
  void open() {
    engine = anEngine();
  }

  private ManualEngine anEngine() {
    JobOptions once = JobOptions.defaults().retry(RetryPolicy.none());
    return world.engine(
        builder ->
            builder
                .register(MEASURE, FillTest::measured, once)
                .register(
                    DOUBLE,
                    number -> {
                      ran.add(number * 2);
                      return number * 2;
                    })
                .register(
                    AGAIN,
                    text -> {
                      ran.add(text);
                      return text;
                    })
                .register(
                    AT_END,
                    batch -> {
                      ran.add(state(BatchId.of(batch)));
                      return batch;
                    }));
  }

  private static Integer measured(String text, ItemContext context) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("nothing to measure");
    }
    context.quality(text.length() / 10.0);
    return text.length();
  }

  private BatchId measure(String... texts) {
    return engine.submit(BatchRequest.of(MEASURE, List.of(texts)));
  }

  private BatchState state(BatchId id) {
    return engine.status(id).state();
  }

  @Test
  @DisplayName("a pipeline: outputs of one type are inputs of the next, without a sweep")
  void aPipeline() {
    engine.runUntilIdle();
    BatchId first = measure("a", "", "ccc");
    BatchId second =
        engine.submit(BatchRequest.ofOutputs(DOUBLE, first).after(first).name("doubled"));
    BatchId third = engine.submit(BatchRequest.ofOutputs(DOUBLE, second).after(second));
    engine.submit(BatchRequest.of(AT_END, List.of(third.toString())).afterEnd(third));
    assertThat(engine.status(second).filledFrom()).contains(first);
    engine.runUntilIdle();

    assertThat(ran).containsExactly(2, 6, 4, 12, BatchState.COMPLETED);
    assertThat(state(third)).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(second).counts().total()).isEqualTo(2);
  }

  @Test
  @DisplayName("a child batch of what has failed, as a type of its own")
  void aChildBatch() {
    BatchId first = measure("a", "", "ccc", "");
    engine.runUntilIdle();
    BatchId child = engine.submit(BatchRequest.ofInputs(AGAIN, first).priority(9));
    engine.runUntilIdle();

    assertThat(ran).containsExactly("", "");
    assertThat(state(child)).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("a batch of what has a low quality, or of what is in named states")
  void whatIsChosen() {
    BatchId first = measure("a", "", "ccc");
    engine.runUntilIdle();
    engine.submit(BatchRequest.ofInputsBelow(AGAIN, first, 0.3));
    engine.runUntilIdle();
    assertThat(ran).containsExactly("a");
    ran.clear();
    engine.submit(BatchRequest.ofInputs(AGAIN, first, ItemState.SUCCEEDED, ItemState.FAILED));
    engine.runUntilIdle();

    assertThat(ran).containsExactly("a", "", "ccc");
  }

  @Test
  @DisplayName("a batch of nothing is COMPLETED")
  void aBatchOfNothing() {
    BatchId first = measure("a");
    engine.runUntilIdle();
    BatchId child = engine.submit(BatchRequest.ofInputs(AGAIN, first));
    assertThat(state(child)).isEqualTo(BatchState.PENDING);
    engine.runUntilIdle();

    assertThat(state(child)).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(child).counts().total()).isZero();
  }

  @Test
  @DisplayName("what an engine that died has not copied, another one does")
  void goesOnAfterADeath() {
    BatchId first =
        engine.submit(
            BatchRequest.of(MEASURE, IntStream.range(0, 60_000).mapToObj(i -> "a" + i).toList()));
    engine.runUntilIdle();
    BatchId second = engine.submit(BatchRequest.ofOutputs(DOUBLE, first));
    while (engine.status(second).counts().total() == 0) {
      engine.runOnce();
    }
    BatchJob half = engine.status(second);
    assertThat(half.counts().total()).isEqualTo(10_000);
    assertThat(half.isFilling()).isTrue();
    engine.close();
    engine = anEngine();
    world.pass(Duration.ofSeconds(5), engine);

    assertThat(engine.status(second).counts().succeeded()).isEqualTo(60_000);
    assertThat(ran).hasSize(60_000);
  }

  @Test
  @DisplayName("a small batch has its turn while a large one is copied")
  void inTurn() {
    BatchId large =
        engine.submit(
            BatchRequest.of(MEASURE, IntStream.range(0, 60_000).mapToObj(i -> "a" + i).toList()));
    BatchId small = measure("a");
    engine.runUntilIdle();
    BatchId first = engine.submit(BatchRequest.ofOutputs(DOUBLE, large));
    while (engine.status(first).counts().total() == 0) {
      engine.runOnce();
    }
    BatchId second = engine.submit(BatchRequest.ofOutputs(DOUBLE, small));
    while (engine.status(second).counts().total() == 0) {
      engine.runOnce();
    }

    assertThat(engine.status(first).isFilling()).isTrue();
    engine.runUntilIdle();
    assertThat(ran).hasSize(60_001);
  }

  @Test
  @DisplayName("a batch whose items are gone fails, and says why")
  void aDeletedBatch() {
    BatchId first = measure("a");
    engine.runUntilIdle();
    BatchId second = engine.submit(BatchRequest.ofOutputs(DOUBLE, first));
    engine.delete(first);
    engine.runUntilIdle();

    BatchJob failed = engine.status(second);
    assertThat(failed.state()).isEqualTo(BatchState.FAILED);
    assertThat(failed.error())
        .contains(
            "it was to be made of batch "
                + first
                + ", which was deleted before its items were copied");
  }

  @Test
  @DisplayName("an item above maxPayload is not lost: the batch fails, and names it")
  void anItemThatIsTooLarge() {
    ManualEngine small = world.engine(builder -> builder.maxPayload(4));
    BatchId first = measure("", "12345");
    engine.runUntilIdle();
    BatchId second =
        small.submit(BatchRequest.ofInputs(AGAIN, first, ItemState.SUCCEEDED, ItemState.FAILED));
    small.runUntilIdle();

    assertThat(state(second)).isEqualTo(BatchState.FAILED);
    assertThat(engine.status(second).error())
        .contains(
            "item 1, copied from batch " + first + ", is over the limit of 4 bytes (maxPayload)");
    assertThat(engine.status(second).counts().cancelled()).isEqualTo(2);
    assertThat(ran).isEmpty();
  }

  @Test
  @DisplayName("an idempotency key finds the earlier one; of another batch it is a conflict")
  void anIdempotencyKey() {
    BatchId first = measure("a");
    BatchId other = measure("b");
    BatchId second = engine.submit(BatchRequest.ofOutputs(DOUBLE, first).idempotencyKey("once"));

    assertThat(engine.submit(BatchRequest.ofOutputs(DOUBLE, first).idempotencyKey("once")))
        .isEqualTo(second);
    assertThatExceptionOfType(IdempotencyConflictException.class)
        .isThrownBy(
            () -> engine.submit(BatchRequest.ofOutputs(DOUBLE, other).idempotencyKey("once")))
        .withMessageContaining("its items are not of the same batch");
  }

  @Test
  @DisplayName("what does not fit is refused at the submit")
  void refusesWhatDoesNotFit() {
    BatchId first = measure("a");

    assertThatExceptionOfType(BatchNotFoundException.class)
        .isThrownBy(
            () -> engine.submit(BatchRequest.ofOutputs(DOUBLE, first).tenant("another tenant")));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> engine.submit(BatchRequest.ofOutputs(TELL, first)))
        .withMessageContaining("ofOutputs of batch " + first + " has the format");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.templates().put("t", BatchRequest.ofOutputs(DOUBLE, first)))
        .withMessageContaining("a template has items of its own");
  }

  @Test
  @DisplayName("what no batch could be made of is refused at once")
  void refusesBadArguments() {
    BatchId first = measure("a");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchRequest.ofInputs(AGAIN, first, ItemState.RUNNING))
        .withMessageContaining("RUNNING");
    for (double quality : new double[] {0, 1.1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BatchRequest.ofInputsBelow(AGAIN, first, quality))
          .withMessageContaining("quality");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchRequest.ofOutputs(DOUBLE, first).keyedBy(String::valueOf))
        .withMessageContaining("keep the keys");
    assertThatNullPointerException().isThrownBy(() -> BatchRequest.ofOutputs(DOUBLE, null));
  }
}
