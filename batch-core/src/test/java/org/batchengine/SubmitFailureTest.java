package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of a submit that fails nothing remains, wherever it fails. */
class SubmitFailureTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(way, builder -> builder.register(LENGTH, String::length));

  private void assertNothingRemains() {
    assertThat(world.engine(builder -> builder).history(HistoryQuery.all())).isEmpty();
  }

  @Nested
  class Source {

    @DisplayName("FAULT-B6 REQ-B5 nothing remains of a submit whose source throws")
    @ParameterizedTest
    @ValueSource(ints = {0, 3, 20_000, 28_000})
    void mayFail(int at) {
      var failure = new IllegalStateException("line " + at);

      assertThatThrownBy(() -> engine.submit(LENGTH, failing(at, failure))).isSameAs(failure);
      assertNothingRemains();
    }

    @Test
    void mayFailWithAnError() {
      var failure = new AssertionError("line 28000");

      assertThatThrownBy(() -> engine.submit(LENGTH, failing(28_000, failure))).isSameAs(failure);
      assertNothingRemains();
    }

    @Test
    void failsTheSubmitThoughTheRestCannotBeRemovedAtOnce() {
      var failure = new IllegalStateException("line 28000");
      way.loseCall("abandon");

      assertThatThrownBy(() -> engine.submit(LENGTH, failing(28_000, failure)))
          .isSameAs(failure)
          .hasSuppressedException(Faults.lost("abandon"));
      world.pass(Duration.ofSeconds(1));
      engine.runUntilIdle();
      assertNothingRemains();
    }

    @Test
    void keepsNothingElseFromBeingDoneThoughTheRestCanNeverBeRemoved() {
      var failure = new IllegalStateException("line 28000");
      for (int i = 0; i < 2; i++) {
        way.loseCall("abandon");
        assertThatThrownBy(() -> engine.submit(LENGTH, failing(28_000, failure))).isSameAs(failure);
      }
      var stuck = way.sent("abandon", Long.class).get(0);
      way.always(
          "abandon",
          (arguments, arrive) -> {
            if (arguments[0].equals(stuck)) {
              throw Faults.lost("abandon");
            }
            return arrive.call();
          });

      for (int i = 0; i < 5; i++) {
        world.pass(Duration.ofSeconds(1));
        EngineFixture.tryOnce(engine);
        EngineFixture.tryOnce(engine);
      }

      assertThat(engine.history(HistoryQuery.all())).hasSize(1);
      assertThat(way.calls("repair")).isPositive();
    }

    @DisplayName("FAULT-B6 nothing remains of a submit whose source says that it has more")
    @Test
    void mayLieAboutItsEnd() {
      Iterable<String> lying = () -> new Lying(List.of("a", "b").iterator());

      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(() -> engine.submit(LENGTH, lying));
      assertNothingRemains();
    }

    /** Has always more, and does not give it. */
    private record Lying(Iterator<String> items) implements Iterator<String> {
      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public String next() {
        return items.next();
      }
    }

    private static Iterable<String> failing(int at, Throwable failure) {
      return () ->
          IntStream.iterate(0, i -> i + 1)
              .mapToObj(i -> i == at ? EngineFixture.<String>thrown(failure) : "item-" + i)
              .iterator();
    }
  }

  @Nested
  class Store {

    @ParameterizedTest
    @ValueSource(strings = {"begin", "append", "finish", "open"})
    void mayFailBeforeACall(String verb) {
      way.loseCall(verb);

      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> engine.submit(LENGTH, texts(24_000)));
      assertNothingRemains();
    }

    @Test
    void mayFailBeforeTheOnlyCall() {
      way.loseCall("submit");

      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> engine.submit(LENGTH, texts(10)));
      assertNothingRemains();
    }

    @ParameterizedTest
    @ValueSource(strings = {"begin", "append"})
    void mayLoseAnAnswer(String verb) {
      way.loseAnswer(verb);

      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> engine.submit(LENGTH, texts(24_000)));
      assertNothingRemains();
    }

    @Test
    void mayLoseAnAnswerAndBeAwayThen() {
      way.loseAnswer("begin");
      way.loseCall("header");
      var request = BatchRequest.of(LENGTH, texts(10)).idempotencyKey("key");
      assertThatExceptionOfType(StoreException.class).isThrownBy(() -> engine.submit(request));

      world.pass(Duration.ofSeconds(1));
      engine.runUntilIdle();

      assertNothingRemains();
    }

    @ParameterizedTest
    @ValueSource(strings = {"submit", "finish"})
    void mayLoseTheLastAnswer(String verb) throws Exception {
      way.loseAnswer(verb);

      var id = engine.submit(LENGTH, texts(verb.equals("submit") ? 10 : 24_000));

      assertThat(engine.await(id).isSuccess()).isTrue();
      assertThat(engine.history(HistoryQuery.all())).hasSize(1);
    }

    @Test
    void mayLoseTheLastAnswerAndBeAwayThen() throws Exception {
      way.loseAnswer("finish");
      way.loseCall("states");
      var request = BatchRequest.of(LENGTH, texts(10)).idempotencyKey("key");
      assertThatExceptionOfType(StoreException.class).isThrownBy(() -> engine.submit(request));

      assertThat(engine.await(engine.submit(request)).counts().succeeded()).isEqualTo(10);
      assertThat(engine.history(HistoryQuery.all())).hasSize(1);
    }

    @Test
    void failsNoSubmitThatItHasKeptOnlyBecauseAListenerWantsToSeeIt() {
      var listening = new Faults(world.memory);
      var heard = world.engine(listening, builder -> builder.listener(event -> {}));
      listening.loseCall("find");

      assertThat(heard.status(heard.submit(LENGTH, List.of("a"))).state())
          .isEqualTo(BatchState.PENDING);
    }
  }

  @Nested
  class Session {

    @DisplayName("FAULT-B6 a source that is slow keeps its session")
    @Test
    void isRenewedWhileTheSourceIsSlow() throws Exception {
      var other = world.engine(builder -> builder.register(ECHO, text -> text));
      other.submit(ECHO, List.of("so that it has a session"));
      var id =
          engine.submit(
              LENGTH,
              slow(
                  20_000,
                  () -> {
                    world.pass(Duration.ofSeconds(5));
                    other.runUntilIdle();
                  }));

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(20_000);
    }

    @Test
    void isOpenedAnewIfItWasLostBefore() {
      var other = world.engine(builder -> builder.register(ECHO, text -> text));
      engine.submit(LENGTH, texts(24_000));
      world.pass(Duration.ofMinutes(1), other);

      assertThat(engine.status(engine.submit(LENGTH, texts(24_000))).counts().total())
          .isEqualTo(24_000);
    }

    @Test
    void isTheEndOfTheSubmitWhenItIsLost() {
      var other = world.engine(builder -> builder.register(ECHO, text -> text));
      var request =
          BatchRequest.of(LENGTH, slow(20_000, () -> world.pass(Duration.ofMinutes(1), other)))
              .idempotencyKey("key");

      assertThatExceptionOfType(BatchException.class)
          .isThrownBy(() -> engine.submit(request))
          .withMessageContaining("submit again");
      assertNothingRemains();
    }

    /** A source that does something after each 4,000 items. */
    private static Iterable<String> slow(int items, Runnable step) {
      return () ->
          IntStream.range(0, items)
              .mapToObj(
                  i -> {
                    if (i % 4_000 == 3_999) {
                      step.run();
                    }
                    return "item-" + i;
                  })
              .iterator();
    }
  }

  @Test
  void isMendedByOthersWhenTheProcessDies() {
    var other = world.engine(builder -> builder.register(ECHO, text -> text));
    way.instead(
        "finish",
        (arguments, arrive) -> {
          way.goAway();
          throw Faults.lost("finish");
        });
    var request = BatchRequest.of(LENGTH, texts(24_000)).idempotencyKey("key");
    assertThatThrownBy(() -> engine.submit(request)).isInstanceOf(StoreException.class);
    world.kill(engine);

    world.pass(Duration.ofMinutes(1), other);

    assertNothingRemains();
    assertThat(other.status(other.submit(request)).counts().total()).isEqualTo(24_000);
  }
}
