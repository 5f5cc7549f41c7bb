package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.batchengine.EngineMetrics.Recorder;
import org.batchengine.engine.run.Worker;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MetricsTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final List<String> told = new ArrayList<>();

  private final class Told implements Recorder {
    @Override
    public void attempted(String type, ItemState state, long nanos) {
      told.add(type + " " + state + " " + Duration.ofNanos(nanos));
    }

    @Override
    public void settled(int items, long nanos) {
      told.add("settled " + items + " " + Duration.ofNanos(nanos));
    }

    @Override
    public void claimed(int items, long nanos) {
      told.add("claimed " + items + " " + Duration.ofNanos(nanos));
    }
  }

  private ManualEngine engine(ItemProcessor<String, String> processor) {
    var options = JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofSeconds(1)).jitter(0));
    return world.engine(way, builder -> builder.register(ECHO, processor, options));
  }

  /** In bulk, so that what is settled together does not depend on how fast items are. */
  private ManualEngine bulkEngine() {
    return world.engine(
        way,
        builder ->
            builder.registerBulk(ECHO, chunk -> chunk.forEach(item -> item.succeed(item.input()))));
  }

  private void slow(String verb, Duration time) {
    way.before(verb, () -> world.pass(time));
  }

  @Nested
  class Recorders {

    @Test
    void ofWhatBecameOfEachAttempt() {
      var engine =
          engine(
              (text, context) -> {
                world.pass(Duration.ofMillis(10));
                return switch (context.index()) {
                  case 0 -> text;
                  case 1 -> context.skip("empty");
                  case 2 -> context.giveUp("BAD", "bad");
                  default -> context.attempt() == 1 ? context.retryAfter(Duration.ZERO) : text;
                };
              });
      engine.metrics().tell(new Told());

      engine.submit(ECHO, texts(4));
      engine.runUntilIdle();
      world.pass(Duration.ofSeconds(2), engine);

      assertThat(told.stream().filter(line -> line.startsWith("echo")))
          .containsExactlyInAnyOrder(
              "echo SUCCEEDED PT0.01S",
              "echo SKIPPED PT0.01S",
              "echo FAILED PT0.01S",
              "echo RETRYING PT0.01S",
              "echo SUCCEEDED PT0.01S");
    }

    @Test
    void ofItemsThatEndWithTheirBatch() {
      var engine = engine((text, context) -> text);
      engine.metrics().tell(new Told());
      var id = engine.submit(ECHO, texts(3));
      way.before("load", () -> engine.cancel(id, "enough"));

      engine.runUntilIdle();

      assertThat(engine.status(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(told.stream().filter(line -> line.startsWith("echo")))
          .containsExactly("echo CANCELLED PT0S", "echo CANCELLED PT0S", "echo CANCELLED PT0S");
    }

    @Test
    void ofSettlementsAndClaims() {
      var engine = bulkEngine();
      engine.metrics().tell(new Told());
      engine.submit(ECHO, texts(30));
      slow("claim", Duration.ofMillis(5));
      slow("settle", Duration.ofMillis(7));

      engine.runUntilIdle();

      assertThat(told).contains("claimed 30 PT0.005S", "settled 30 PT0.007S", "claimed 0 PT0S");
      assertThat(told.stream().filter(line -> line.startsWith("settled"))).hasSize(1);
    }

    @Test
    void onceThoughAnAnswerIsLost() {
      var engine = bulkEngine();
      engine.metrics().tell(new Told());
      engine.submit(ECHO, texts(2));
      way.loseAnswer("settle");

      while (EngineFixture.tryOnce(engine)) {}

      assertThat(told.stream().filter(line -> line.startsWith("echo"))).hasSize(2);
      assertThat(told.stream().filter(line -> line.startsWith("settled"))).hasSize(1);
    }
  }

  @DisplayName("FAULT-P13 recorders that throw harm nothing")
  @Test
  void recordersThatThrowHarmNothing() {
    var engine = bulkEngine();
    engine
        .metrics()
        .tell(
            new Recorder() {
              @Override
              public void attempted(String type, ItemState state, long nanos) {
                throw new StackOverflowError("for a test");
              }

              @Override
              public void claimed(int items, long nanos) {
                EngineFixture.thrown(new Exception("for a test"));
              }
            });
    engine.metrics().tell(new Told());

    var id = engine.submit(ECHO, texts(3));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(told).contains("claimed 3 PT0S", "settled 3 PT0S");
  }

  @Nested
  class Read {

    @Test
    void namesTheTypes() {
      var engine =
          world.engine(builder -> builder.register(LENGTH, text -> 1).register(ECHO, text -> text));

      assertThat(engine.metrics().types()).containsExactly("echo", "length");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.metrics().waiting("other"))
          .withMessageContaining("other")
          .withMessageContaining("[echo, length]");
    }

    @Test
    @DisplayName("REQ-M26 what waits and runs")
    void whatWaitsAndRuns() {
      var seen = new ArrayList<Integer>();
      var parts =
          world.parts(
              way,
              builder ->
                  builder.register(ECHO, text -> text, JobOptions.defaults().concurrency(5)));
      var metrics = new EngineMetrics(parts);
      parts.submitter.submit(BatchRequest.of(ECHO, texts(5)));
      while (metrics.waiting("echo") == 0) {
        parts.dispatcher.runOnce();
      }
      seen.add(metrics.waiting("echo"));
      var worker = parts.workers.get("echo").newWorker();
      while (worker.runOnce() == Worker.Pass.WORKED) {
        seen.add(metrics.unsettled());
      }

      assertThat(seen.get(0)).isEqualTo(5);
      assertThat(metrics.waiting("echo")).isZero();
      assertThat(metrics.running("echo")).isZero();
      assertThat(metrics.unsettled()).isEqualTo(5);
      while (parts.settler.runOnce()) {}
      assertThat(metrics.unsettled()).isZero();
      parts.sessions.release();
    }

    @Test
    void theAgeOfTheSession() {
      var engine = engine((text, context) -> text);
      assertThat(engine.metrics().sessionAge()).isEmpty();
      engine.runUntilIdle();

      world.pass(Duration.ofMinutes(1), engine);
      world.pass(Duration.ofMillis(100));

      assertThat(engine.metrics().sessionAge())
          .contains(Duration.ofMinutes(1).plus(Duration.ofMillis(100)));
      assertThat(engine.metrics().sinceRenewal().orElseThrow())
          .isBetween(Duration.ofMillis(100), Duration.ofSeconds(4));

      way.instead("renew", (arguments, arrive) -> false);
      while (way.calls("renew") == 0 || engine.metrics().sessionAge().isPresent()) {
        way.forgetCalls();
        world.pass(Duration.ofSeconds(1));
        engine.runOnce();
        if (way.calls("open") > 0) {
          break;
        }
      }
      assertThat(engine.metrics().sessionAge()).contains(Duration.ZERO);
    }

    @Test
    void whatIsParkedIfSomebodyListens() {
      var engine =
          engine(
              (text, context) -> {
                return context.retryAfter(Duration.ofHours(1), HoldScope.ITEM);
              });
      engine.submit(ECHO, texts(3));
      engine.runUntilIdle();
      world.pass(Duration.ofSeconds(6), engine);
      assertThat(engine.metrics().parked()).isEqualTo(OptionalInt.empty());
      assertThat(way.calls("parked")).isZero();

      engine.metrics().tell(new Told());
      world.pass(Duration.ofSeconds(6), engine);

      assertThat(engine.metrics().parked()).hasValue(3);
      assertThat(way.calls("parked")).isBetween(1L, 2L);
      assertThat(Optional.of(engine.health().waiting())).contains(0);
    }
  }
}
