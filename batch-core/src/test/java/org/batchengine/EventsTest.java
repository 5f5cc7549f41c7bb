package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.World.LENGTH;
import static org.batchengine.World.START;
import static org.batchengine.World.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventsTest {
  @RegisterExtension final World world = new World();

  private final List<BatchEvent> heard = new ArrayList<>();
  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine = listened(way, heard::add);

  private ManualEngine listened(Faults way, BatchListener listener) {
    return world.engine(
        way,
        builder ->
            builder
                .listener(listener)
                .register(
                    LENGTH,
                    text -> text.equals("bad") ? World.thrown(new IOException("bad")) : 1,
                    JobOptions.defaults().retry(RetryPolicy.none())));
  }

  private <T> T only(Class<T> type) {
    return heard.stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
  }

  @Test
  void tellTheLifeOfABatch() throws Exception {
    var id = engine.submit(LENGTH, List.of("a", "b"));
    engine.await(id);

    assertThat(heard)
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("Submitted", "Started", "Completed");
    assertThat(heard).extracting(BatchEvent::batchId).containsOnly(id);
    assertThat(heard).extracting(BatchEvent::at).containsOnly(START);
  }

  @Test
  void showTheBatchAsItThenStood() throws Exception {
    engine.await(engine.submit(LENGTH, List.of("a", "bad")));

    assertThat(only(BatchEvent.Submitted.class).job().state()).isEqualTo(BatchState.PENDING);
    assertThat(only(BatchEvent.Started.class).job().state()).isEqualTo(BatchState.RUNNING);
    assertThat(only(BatchEvent.Completed.class).job().counts().failed()).isEqualTo(1);
    assertThat(only(BatchEvent.Ended.class).job().hasFailures()).isTrue();
  }

  @Test
  void tellOfItemsThatFailedForGood() throws Exception {
    var id =
        engine.submit(
            BatchRequest.of(LENGTH, List.of("a", "bad"))
                .keyedBy(text -> "k-" + text)
                .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(1)));
    engine.runUntilIdle();
    assertThat(heard).noneMatch(BatchEvent.ItemFailed.class::isInstance);
    world.pass(Duration.ofSeconds(1), engine);

    var item = only(BatchEvent.ItemFailed.class).item();
    assertThat(item.batchId()).isEqualTo(id);
    assertThat(item.index()).isEqualTo(1);
    assertThat(item.key()).contains("k-bad");
    assertThat(item.state()).isEqualTo(ItemState.FAILED);
    assertThat(item.attempts()).isEqualTo(2);
    assertThat(item.error()).map(ItemError::message).contains("bad");
  }

  @Test
  void tellTheEndOfAnEmptyBatch() {
    engine.submit(LENGTH, List.of());

    assertThat(heard)
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("Submitted", "Completed");
  }

  @Test
  void comeOnceEach() {
    var id = engine.submit(LENGTH, texts(3_000));
    engine.runUntilIdle();
    world.pass(Duration.ofMinutes(1), engine);

    assertThat(engine.status(id).isSuccess()).isTrue();
    assertThat(heard).hasSize(3);
  }

  @Test
  void doNotTellOfABatchThatWasThereBefore() {
    var request = BatchRequest.of(LENGTH, List.of("a")).idempotencyKey("key");
    engine.submit(request);
    heard.clear();

    engine.submit(request);

    assertThat(heard).isEmpty();
  }

  @Test
  void reachListenersInTheirOrder() {
    var order = new ArrayList<String>();
    var engine =
        world.engine(
            builder ->
                builder
                    .listener(event -> order.add("first"))
                    .listener(event -> order.add("second")));

    engine.submit(LENGTH, List.of("a"));

    assertThat(order).containsExactly("first", "second");
  }

  @Test
  void costNoCallWhenNobodyListens() throws Exception {
    var quiet = new Faults(world.memory);
    var engine = world.engine(quiet, b -> b.register(LENGTH, String::length));

    engine.submit(LENGTH, List.of("a"));
    engine.runUntilIdle();

    assertThat(quiet.calls("find")).isZero();
  }

  @Test
  void areLostWithTheLookUpButNothingElseIs() throws Exception {
    var id = engine.submit(LENGTH, List.of("a"));
    way.fail("find", Faults.lost("find"));
    while (way.calls("markRunning") == 0) {
      engine.runOnce();
    }
    try {
      engine.runOnce();
    } catch (RuntimeException lost) {
      assertThat(lost).hasMessageContaining("find");
    }

    assertThat(engine.await(id).isSuccess()).isTrue();
    assertThat(heard).noneMatch(BatchEvent.Started.class::isInstance);
  }

  @Nested
  class Listeners {

    static Stream<Throwable> throwables() {
      return Stream.of(
          new IOException("checked"),
          new IllegalStateException("unchecked"),
          new StackOverflowError("deep"),
          new AssertionError("assertion"),
          new NoClassDefFoundError("class"),
          new Error("other"));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void mayFail(Throwable thrown) throws Exception {
      var engine = listened(new Faults(world.memory), event -> World.<Void>thrown(thrown));

      var job = engine.await(engine.submit(LENGTH, List.of("a", "bad", "c")));

      assertThat(job.counts().succeeded()).isEqualTo(2);
      assertThat(job.counts().failed()).isEqualTo(1);
    }

    @Test
    void mayFailAndTheOthersHear() {
      var second = new ArrayList<BatchEvent>();
      var engine =
          world.engine(
              builder ->
                  builder.listener(event -> World.<Void>thrown(new Error())).listener(second::add));

      engine.submit(LENGTH, List.of("a"));

      assertThat(second).hasSize(1);
    }

    @Test
    void mayUseTheEngine() throws Exception {
      var follow = new ArrayList<Batches>();
      var engine =
          listened(
              new Faults(world.memory),
              event -> {
                if (event instanceof BatchEvent.Completed done && done.job().name().isEmpty()) {
                  follow.get(0).submit(BatchRequest.of(LENGTH, List.of("b")).name("follow-up"));
                }
              });
      follow.add(engine);

      engine.await(engine.submit(LENGTH, List.of("a")));
      engine.runUntilIdle();

      var followed = engine.history(HistoryQuery.all().nameContains("follow"));
      assertThat(followed).singleElement().matches(job -> job.isSuccess());
    }

    @Test
    void keepTheInterruptOfAHostsThread() {
      var engine =
          world.engine(
              builder ->
                  builder.listener(
                      event -> {
                        throw new InterruptedException();
                      }));

      engine.submit(LENGTH, List.of("a"));

      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
