package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.engine.run.Worker;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DispatcherTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();
  private final Faults way = new Faults(world.memory);

  private String noted(String input) {
    ran.add(input);
    return input;
  }

  @Test
  void waitsForNothingOnceItHasStopped() {
    EngineParts parts = world.parts(way, builder -> builder.register(ECHO, this::noted));
    new EngineBatches(parts, null).submit(ECHO, texts(10));
    for (int i = 0; i < 20; i++) {
      parts.dispatcher.runOnce();
    }
    world.pass(SECOND);
    assertThat(parts.dispatcher.idleNanos()).isZero(); // items wait, and may have to go back

    parts.dispatcher.stop();

    assertThat(parts.dispatcher.runOnce()).isFalse();
    assertThat(parts.dispatcher.idleNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Nested
  class WhenTheWayFails {
    private final ManualEngine engine =
        world.engine(way, builder -> builder.register(ECHO, DispatcherTest.this::noted));

    @ParameterizedTest
    @ValueSource(strings = {"claim", "claimSuspect", "headers", "markRunning", "load"})
    void losesNothingWithACall(String verb) {
      way.loseCall(verb);

      assertAllRunOnce(engine.submit(ECHO, texts(500)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"claim", "claimSuspect", "headers", "markRunning", "load"})
    void losesNothingWithAnAnswer(String verb) {
      way.loseAnswer(verb);

      assertAllRunOnce(engine.submit(ECHO, texts(500)));
    }

    @Test
    void losesNothingWithTheAnswerAndTheLookForWhatItWas() {
      way.loseAnswer("claim");
      way.loseCall("owned");
      way.loseAnswer("owned");

      assertAllRunOnce(engine.submit(ECHO, texts(500)));
      assertThat(way.calls("owned")).isEqualTo(3);
    }

    @Test
    void losesNoRetryWithTheAnswerOfItsClaim() {
      var failing =
          world.engine(
              way,
              builder ->
                  builder.register(
                      EngineFixture.LENGTH,
                      (text, context) ->
                          context.attempt() == 1 ? EngineFixture.thrown(new IOException()) : 1,
                      JobOptions.defaults().retry(RetryPolicy.fixed(SECOND))));
      var id = failing.submit(EngineFixture.LENGTH, List.of("a"));
      failing.runUntilIdle();
      world.pass(SECOND);
      way.loseAnswer("claim");

      work(failing);

      assertThat(failing.status(id).counts().succeeded()).isEqualTo(1);
    }

    @Test
    void doesNotRunTwiceWhatItHoldsAlready() {
      engine.submit(ECHO, texts(500));
      engine.runOnce();
      engine.runOnce();
      var second = engine.submit(ECHO, texts(500));
      way.loseAnswer("claim");

      work(engine);

      assertThat(engine.status(second).isSuccess()).isTrue();
      assertThat(ran).hasSize(1_000);
    }

    @Test
    void losesNothingInAnHour() {
      var id = engine.submit(ECHO, texts(500));
      for (int i = 0; i < 10; i++) {
        engine.runOnce();
      }
      way.goAway();
      for (int i = 0; i < 3_600; i++) {
        world.pass(SECOND);
        EngineFixture.tryOnce(engine);
      }
      way.comeBack();

      assertAllRunOnce(id);
    }

    private void assertAllRunOnce(BatchId id) {
      work(engine);
      assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(engine.status(id).counts().succeeded()).isEqualTo(500);
      assertThat(ran).hasSize(500).doesNotHaveDuplicates();
    }
  }

  @Nested
  class WhenTheSessionIsGone {

    @ParameterizedTest
    @ValueSource(strings = {"claim", "claimSuspect"})
    void opensAnotherAndGoesOn(String verb) {
      var engine = world.engine(way, builder -> builder.register(ECHO, DispatcherTest.this::noted));
      var other = world.engine(builder -> builder.register(EngineFixture.LENGTH, String::length));
      way.before(verb, () -> world.pass(Duration.ofMinutes(1), other));

      var id = engine.submit(ECHO, texts(10));
      work(engine);

      assertThat(engine.status(id).isSuccess()).isTrue();
      assertThat(way.calls("open")).isEqualTo(2);
    }

    @Test
    void startsNothingThatMayBeWithOthersAlready() {
      var parts = world.parts(way, builder -> builder.register(ECHO, DispatcherTest.this::noted));
      submit(parts, 10);
      drive(parts);
      var worker = parts.workers.get("echo").newWorker();

      world.pass(Duration.ofSeconds(12));
      assertThat(worker.runOnce()).isEqualTo(Worker.Pass.HELD);
      assertThat(ran).isEmpty();
      parts.sessions.renewIfDue();
      assertThat(worker.runOnce()).isEqualTo(Worker.Pass.WORKED);
    }

    @Test
    void claimsNothingWithASessionThatMayHaveExpired() {
      var parts = world.parts(way, builder -> builder.register(ECHO, DispatcherTest.this::noted));
      parts.dispatcher.runOnce();
      world.pass(Duration.ofSeconds(12));
      way.forgetCalls();

      assertThat(parts.dispatcher.runOnce()).isFalse();
      assertThat(way.calls()).isEmpty();
    }
  }

  @Nested
  class Claims {

    @Test
    void areNoLargerThanTheOptionsSay() {
      var options = JobOptions.defaults().concurrency(1).claim(1, 10);
      var engine = world.engine(way, b -> b.register(ECHO, DispatcherTest.this::noted, options));
      engine.submit(ECHO, texts(1_000));
      boolean worked = true;
      while (worked) {
        worked = engine.runOnce();
        assertThat(MemoryInvariants.owned(world.memory)).isLessThanOrEqualTo(5);
      }

      assertThat(way.sent("claim", ClaimRequest.class))
          .flatMap(ClaimRequest::wanted)
          .allMatch(wanted -> wanted.chunkItems() <= 10);
      assertThat(ran).hasSize(1_000);
    }

    @Test
    @DisplayName("REQ-D6 claims become small when items turn out slow")
    void areSmallForSlowItems() {
      var engine =
          world.engine(
              way,
              builder ->
                  builder.register(
                      ECHO,
                      input -> {
                        world.pass(SECOND);
                        return noted(input);
                      },
                      JobOptions.defaults().concurrency(4)));

      engine.submit(ECHO, texts(1_000));
      for (int i = 0; i < 900; i++) {
        engine.runOnce();
      }
      way.forgetCalls();
      for (int i = 0; i < 50; i++) {
        engine.runOnce();
      }

      assertThat(way.sent("claim", ClaimRequest.class))
          .isNotEmpty()
          .flatMap(ClaimRequest::wanted)
          .allMatch(wanted -> wanted.chunkItems() <= 4);
    }

    @Test
    void areTriedAgainSoonWhenOthersWereQuicker() {
      var parts = world.parts(way, builder -> builder.register(ECHO, DispatcherTest.this::noted));
      drive(parts);
      way.answer("claim", Claim.class, claim -> new Claim(List.of(), List.of(), true));
      parts.looking.look();

      assertThat(parts.dispatcher.runOnce()).isFalse();
      assertThat(millis(parts)).isBetween(5L, 20L);
    }

    @Test
    @DisplayName("FAULT-M3 workers that lack items are no reason for a claim, a poll is")
    void areNotSentWithoutAReason() {
      var parts = world.parts(way, builder -> builder.register(ECHO, DispatcherTest.this::noted));
      drive(parts);
      int claims = (int) way.calls("claim");
      drive(parts);
      drive(parts);
      assertThat((int) way.calls("claim")).isEqualTo(claims);
      world.pass(SECOND);
      drive(parts);

      assertThat((int) way.calls("claim")).isEqualTo(claims + 1);
    }

    @Test
    void areTriedAgainAfterAPollIntervalWhenThereIsNothing() {
      var parts =
          world.parts(
              way,
              builder ->
                  builder
                      .register(ECHO, DispatcherTest.this::noted)
                      .pollInterval(Duration.ofSeconds(4)));

      drive(parts);

      assertThat(millis(parts)).isEqualTo(4_000);
    }

    @Test
    void areTriedAgainWhenARetryIsDue() {
      var parts =
          world.parts(
              way,
              builder ->
                  builder
                      .pollInterval(Duration.ofSeconds(60))
                      .register(
                          ECHO,
                          input -> EngineFixture.thrown(new IOException()),
                          JobOptions.defaults().retry(RetryPolicy.fixed(SECOND.multipliedBy(2)))));
      submit(parts, 1);
      drive(parts);
      parts.workers.get("echo").newWorker().runOnce();
      parts.settler.runOnce();
      drive(parts);

      assertThat(millis(parts)).isBetween(2_000L, 2_010L);
    }

    @Test
    void areNotMadeWithoutProcessors() {
      var engine = world.engine(way, builder -> builder);
      engine.submit(ECHO, texts(1));
      world.pass(Duration.ofMinutes(1), engine);

      assertThat(way.calls()).doesNotContain("claim", "claimSuspect", "open");
    }

    private static long millis(EngineParts parts) {
      return Duration.ofNanos(parts.dispatcher.idleNanos()).toMillis();
    }
  }

  private static void submit(EngineParts parts, int items) {
    parts.submitter.submit(BatchRequest.of(ECHO, texts(items)));
  }

  private static void drive(EngineParts parts) {
    boolean worked = true;
    while (worked) {
      worked = parts.dispatcher.runOnce();
    }
  }

  /** Drives the engine, whatever fails, until there is nothing left to do. */
  private void work(ManualEngine engine) {
    while (EngineFixture.tryOnce(engine)) {
      world.pass(Duration.ofMillis(1));
    }
  }
}
