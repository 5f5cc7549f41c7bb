package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("FAULT-H5 an item that waits for a batch of its own type")
@Timeout(30)
class AwaitInItemTest {
  private static final JobType<String, String> OUTER =
      JobType.of("outer", String.class, String.class);
  private static final JobType<String, String> INNER =
      JobType.of("inner", String.class, String.class);
  private static final JobOptions ONE =
      JobOptions.defaults().concurrency(1).retry(RetryPolicy.none());

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final AtomicReference<BatchEngine> running = new AtomicReference<>();

  /** A way to wait for a batch. */
  private interface Wait {
    BatchJob of(Batches batches, BatchId id) throws Exception;
  }

  static Stream<Arguments> waits() {
    return Stream.of(
        wait("await", Batches::await),
        wait("await for an hour", (batches, id) -> batches.await(id, Duration.ofHours(1))),
        wait("await of a tenant", (batches, id) -> batches.forTenant("default").await(id)),
        wait("join", (batches, id) -> batches.completion(id).join()),
        wait("get", (batches, id) -> batches.completion(id).get()),
        wait("get for an hour", (batches, id) -> batches.completion(id).get(1, TimeUnit.HOURS)));
  }

  private static Arguments wait(String name, Wait wait) {
    return Arguments.of(name, wait);
  }

  private BatchEngine started(UnaryOperator<BatchEngine.Builder> options) {
    var builder = BatchEngine.builder(new InMemoryBatchStore()).pollInterval(Duration.ofMillis(10));
    var engine = options.apply(builder).start();
    running.set(engine);
    return engine;
  }

  private String waiting(JobType<String, String> type, String input, Wait wait) throws Exception {
    if (input.equals("inner")) {
      return "done";
    }
    var batches = running.get();
    return wait.of(batches, batches.submit(type, List.of("inner"))).state().name();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waits")
  void isToldTheWayOut(String name, Wait wait) throws Exception {
    try (var engine =
        started(b -> b.register(OUTER, (input, context) -> waiting(OUTER, input, wait), ONE))) {
      var id = engine.submit(OUTER, List.of("outer"));

      assertThat(engine.await(id, Duration.ofSeconds(5)).isTerminal()).isTrue();
      assertThat(engine.errors(id, 0).get(0).message())
          .contains("an item of outer cannot wait for batch")
          .contains("give the batch a type of its own")
          .contains("retryAfter");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waits")
  void mayWaitForOneOfAnotherType(String name, Wait wait) throws Exception {
    try (var engine =
        started(
            b ->
                b.register(OUTER, (input, context) -> waiting(INNER, input, wait), ONE)
                    .register(INNER, input -> input, ONE))) {
      assertThat(engine.await(engine.submit(OUTER, List.of("outer"))).isSuccess()).isTrue();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("waits")
  void mayWaitForOneThatHasEnded(String name, Wait wait) throws Exception {
    var ended = new AtomicReference<BatchId>();
    ItemProcessor<String, String> processor =
        (input, context) ->
            input.equals("outer") ? wait.of(running.get(), ended.get()).state().name() : input;
    try (var engine = started(b -> b.register(OUTER, processor, ONE))) {
      ended.set(engine.submit(OUTER, List.of("inner")));
      engine.await(ended.get());

      assertThat(engine.await(engine.submit(OUTER, List.of("outer"))).isSuccess()).isTrue();
    }
  }

  @Test
  void mayLookWithoutWaiting() throws Exception {
    Wait look = (batches, id) -> batches.await(id, Duration.ZERO);
    try (var engine =
        started(b -> b.register(OUTER, (input, context) -> waiting(OUTER, input, look), ONE))) {
      assertThat(engine.await(engine.submit(OUTER, List.of("outer"))).isSuccess()).isTrue();
    }
  }

  @Test
  void isToldInBulkToo() throws Exception {
    BatchProcessor<String, String> processor =
        chunk -> {
          for (var item : chunk) {
            item.succeed(waiting(OUTER, item.input(), Batches::await));
          }
        };
    try (var engine = started(b -> b.registerBulk(OUTER, processor, ONE))) {
      var id = engine.submit(OUTER, List.of("outer"));

      assertThat(engine.await(id, Duration.ofSeconds(5)).isTerminal()).isTrue();
      assertThat(engine.errors(id, 0).get(0).message()).contains("of the same type");
    }
  }

  @Test
  void isToldByAnEngineThatIsDriven() {
    var driven = new AtomicReference<ManualEngine>();
    ItemProcessor<String, String> processor =
        (input, context) -> driven.get().await(driven.get().submit(ECHO, texts(1))).type();
    var engine = world.engine(b -> b.register(ECHO, processor, ONE));
    driven.set(engine);

    var id = engine.submit(ECHO, texts(1));
    for (int i = 0; i < 20; i++) {
      engine.runOnce();
    }

    assertThat(engine.errors(id, 0).get(0).message()).contains("of the same type");
  }
}
