package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.START;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventsTest {
  private static final JobOptions ONE_BY_ONE = JobOptions.defaults().concurrency(1).claim(1, 100);

  @RegisterExtension final EngineFixture world = new EngineFixture();

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
                    text -> text.equals("bad") ? EngineFixture.thrown(new IOException("bad")) : 1,
                    JobOptions.defaults().retry(RetryPolicy.none())));
  }

  private <T> T only(Class<T> type) {
    return heard.stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
  }

  @Test
  @DisplayName("REQ-U13 listeners hear the life of a batch")
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

  /** Each item takes a while, and is settled alone. */
  @Nested
  class Progress {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private ManualEngine slow(Faults way, Duration each, List<BatchEvent> heard) {
      return world.engine(
          way, builder -> builder.listener(heard::add).register(ECHO, slowly(each), ONE_BY_ONE));
    }

    private ItemFunction<String, String> slowly(Duration each) {
      return input -> {
        world.pass(each);
        return input;
      };
    }

    private static void assertASecondApart(List<BatchEvent> progress) {
      for (int i = 1; i < progress.size(); i++) {
        assertThat(progress.get(i).at()).isAfterOrEqualTo(progress.get(i - 1).at().plus(SECOND));
      }
    }

    private static List<BatchEvent> progress(List<BatchEvent> heard, BatchId id) {
      return heard.stream()
          .filter(event -> event instanceof BatchEvent.Progressed && event.batchId().equals(id))
          .toList();
    }

    @Test
    void isToldOnceASecondHoweverManyItemsAreSettled() {
      var slow = slow(way, Duration.ofMillis(50), heard);
      way.forgetCalls();
      var id = slow.submit(ECHO, texts(200));
      slow.await(id);

      assertThat(way.calls("settle")).isGreaterThan(150);
      assertThat(progress(heard, id)).hasSizeBetween(8, 10);
      assertASecondApart(progress(heard, id));
    }

    @Test
    void isToldASecondApartThoughTheStoreIsSlowNowAndThen() {
      var slow = slow(way, Duration.ofMillis(50), heard);
      way.always(
          "find",
          (arguments, arrive) -> {
            if (way.calls("find") % 2 == 0) {
              world.pass(Duration.ofMillis(700));
            }
            return arrive.call();
          });
      var id = slow.submit(ECHO, texts(200));
      while (!world.memory.reading().find(id, null).orElseThrow().isTerminal()) {
        slow.runOnce();
      }

      assertThat(progress(heard, id)).hasSizeGreaterThan(4);
      assertASecondApart(progress(heard, id));
    }

    @Test
    void isToldOfEachBatchByEachEngineThatWorksOnIt() {
      var heardByOther = new ArrayList<BatchEvent>();
      var slow = slow(way, Duration.ofMillis(50), heard);
      var other = slow(new Faults(world.memory), Duration.ofMillis(50), heardByOther);
      var first = slow.submit(BatchRequest.of(ECHO, texts(300)));
      var second = slow.submit(BatchRequest.of(ECHO, texts(300)));
      boolean more = true;
      while (more) {
        more = slow.runOnce();
        more |= other.runOnce();
      }

      for (var id : List.of(first, second)) {
        for (var listener : List.of(heard, heardByOther)) {
          assertThat(progress(listener, id)).isNotEmpty();
          assertASecondApart(progress(listener, id));
        }
      }
    }

    @Test
    void isNotToldAfterTheEnd() {
      var slow = slow(way, SECOND.multipliedBy(2), heard);
      slow.await(slow.submit(ECHO, texts(5)));
      slow.runUntilIdle();

      assertThat(heard)
          .extracting(event -> event.getClass().getSimpleName())
          .startsWith("Submitted", "Started", "Progressed")
          .endsWith("Progressed", "Completed")
          .containsOnlyOnce("Completed");
    }

    @Test
    void isNotToldAfterAnEndThatAnotherEngineSaw() {
      var slow = slow(way, SECOND.multipliedBy(2), heard);
      var other = world.engine(builder -> builder);
      way.before("completeIfDone", other::runUntilIdle);
      var id = slow.submit(ECHO, texts(1));
      slow.runUntilIdle();

      assertThat(slow.status(id).isSuccess()).isTrue();
      assertThat(heard)
          .extracting(event -> event.getClass().getSimpleName())
          .containsExactly("Submitted", "Started");
    }

    @Test
    void costsOneLookUpEachAndNothingWithoutListeners() {
      var slow = slow(way, Duration.ofMillis(50), heard);
      way.forgetCalls();
      var id = slow.submit(ECHO, texts(200));
      slow.runUntilIdle();
      int told = progress(heard, id).size();
      // Of the submit and of the start, which listeners hear of as well.
      assertThat(way.calls("find")).isEqualTo(2 + told);

      var quietWay = new Faults(world.memory);
      var quiet =
          world.engine(
              quietWay,
              builder -> builder.register(ECHO, slowly(Duration.ofMillis(50)), ONE_BY_ONE));
      quiet.submit(ECHO, texts(200));
      quiet.runUntilIdle();
      assertThat(quietWay.calls("find")).isZero();
    }
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

    @DisplayName("FAULT-P13 listeners may throw whatever they like")
    @ParameterizedTest
    @MethodSource("throwables")
    void mayFail(Throwable thrown) throws Exception {
      var engine = listened(new Faults(world.memory), event -> EngineFixture.<Void>thrown(thrown));

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
                  builder
                      .listener(event -> EngineFixture.<Void>thrown(new Error()))
                      .listener(second::add));

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
