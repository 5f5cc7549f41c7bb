package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.batchengine.engine.loop.Loop;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.EngineHealth;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthTest {
  private static final Duration EXPIRY = Duration.ofSeconds(12);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(way, builder -> builder.sessionExpiry(EXPIRY).register(ECHO, text -> text));

  /** Drives the engine for so long, whatever fails. */
  private void drive(Duration time) {
    Instant end = world.clock.instant().plus(time);
    while (world.clock.instant().isBefore(end)) {
      world.pass(Duration.ofMillis(500));
      for (int i = 0; i < 20 && EngineFixture.tryOnce(engine); i++) {}
    }
  }

  private void standing(String verb) {
    way.always(
        verb,
        (arguments, arrive) -> {
          throw Faults.lost(verb);
        });
  }

  private void mend(String verb) {
    way.always(verb, (arguments, arrive) -> arrive.call());
  }

  private void assertUp() {
    assertThat(engine.health().problems()).isEmpty();
    assertThat(engine.health().isUp()).isTrue();
  }

  private String onlyProblem() {
    EngineHealth health = engine.health();
    assertThat(health.isUp()).isFalse();
    assertThat(health.problems()).hasSize(1);
    return health.problems().get(0);
  }

  @Nested
  class WhileItWorks {

    @Test
    void isUpAtOnce() {
      assertUp();
      assertThat(engine.health().isStarted()).isTrue();
      assertThat(engine.health().isSessionLive()).isFalse();
      assertThat(engine.health().claims()).isEqualTo(EngineHealth.Activity.NONE);
    }

    @Test
    void tellsWhenEachWentWell() {
      engine.submit(ECHO, texts(3));
      engine.runUntilIdle();
      Instant worked = world.clock.instant();
      drive(Duration.ofSeconds(5));

      EngineHealth health = engine.health();
      assertUp();
      assertThat(health.isSessionLive()).isTrue();
      assertThat(health.settles().succeededAt()).contains(worked);
      assertThat(health.claims().succeededAt().orElseThrow()).isAfter(worked);
      assertThat(health.renewals().succeededAt().orElseThrow()).isAfter(worked);
      assertThat(health.asOf()).isEqualTo(world.clock.instant());
    }

    @Test
    void isUpThoughNothingHappensForHours() {
      drive(Duration.ofHours(1));

      assertUp();
    }

    @Test
    void isNotUpIfNobodyDrivesIt() {
      engine.runUntilIdle();
      world.pass(EXPIRY);

      assertThat(onlyProblem()).contains("session").contains("PT12S");
    }

    @Test
    void tellsWhatWaits() {
      way.goAway();
      way.comeBack();
      engine.submit(ECHO, texts(5));
      standing("settle");
      drive(Duration.ofSeconds(1));

      assertThat(engine.health().unsettled()).isEqualTo(5);
      assertThat(engine.health().waiting()).isZero();
      assertUp();
      mend("settle");
    }
  }

  @Nested
  class WhenTheStoreIsAway {

    @Test
    void isUpUntilTheSessionsExpiryAndAgainOnceItIsBack() {
      engine.submit(ECHO, texts(3));
      engine.runUntilIdle();
      way.goAway();

      drive(EXPIRY.minusSeconds(1));
      assertUp();
      assertThat(engine.health().renewals().failuresInARow()).isPositive();
      assertThat(engine.health().renewals().failure().orElseThrow()).contains("renew");

      drive(Duration.ofSeconds(2));
      assertThat(engine.health().isUp()).isFalse();
      assertThat(engine.health().isSessionLive()).isFalse();
      assertThat(engine.health().problems().get(0)).contains("session").contains("renew");

      way.comeBack();
      drive(Duration.ofSeconds(2));
      assertUp();
      assertThat(engine.health().isSessionLive()).isTrue();
      assertThat(engine.health().renewals().failuresInARow()).isZero();
      assertThat(engine.health().renewals().failure()).isPresent();
    }

    @Test
    void isNotUpIfNoSessionCanBeOpened() {
      standing("open");
      drive(EXPIRY.plusSeconds(1));

      assertThat(onlyProblem()).contains("open");

      mend("open");
      drive(Duration.ofSeconds(2));
      assertUp();
    }

    @Test
    void isNotUpIfNothingCanBeSettled() {
      engine.submit(ECHO, texts(3));
      standing("settle");
      drive(EXPIRY.plusSeconds(1));

      assertThat(onlyProblem()).contains("3 items").contains("settle");
      assertThat(engine.health().settles().failuresInARow()).isGreaterThan(5);

      mend("settle");
      drive(Duration.ofSeconds(2));
      assertUp();
      assertThat(engine.health().unsettled()).isZero();
    }

    @Test
    void isNotUpIfNothingCanBeClaimed() {
      engine.runUntilIdle();
      standing("claim");
      drive(EXPIRY.plusSeconds(2));

      assertThat(onlyProblem()).contains("claims").contains("claim");

      mend("claim");
      drive(Duration.ofSeconds(2));
      assertUp();
    }

    @Test
    void isNotUpIfWhatIsClaimedCannotBeLoaded() {
      engine.submit(ECHO, texts(3));
      standing("load");
      drive(EXPIRY.plusSeconds(2));

      assertThat(onlyProblem()).contains("claims").contains("load");
      mend("load");
    }

    @Test
    void isNotUpIfSessionAfterSessionIsGivenUp() {
      engine.submit(ECHO, texts(3));
      way.always(
          "settle",
          (arguments, arrive) -> {
            throw new IllegalStateException("names a chunk that the session does not own");
          });
      drive(Duration.ofSeconds(1));
      assertUp();
      drive(EXPIRY.multipliedBy(3));

      assertThat(onlyProblem()).contains("sessions in a row were given up").contains("not own");

      mend("settle");
      drive(EXPIRY.multipliedBy(8));
      assertUp();
    }

    @Test
    void isUpAfterASingleFailure() {
      engine.submit(ECHO, texts(3));
      way.loseAnswer("claim");
      way.loseCall("settle");
      drive(EXPIRY.multipliedBy(2));

      assertUp();
      assertThat(engine.health().claims().failure()).isPresent();
      assertThat(engine.health().claims().failuresInARow()).isZero();
    }

    @Test
    void isUpWithASessionThatWasTakenAway() {
      engine.runUntilIdle();
      way.instead("renew", (arguments, arrive) -> false);
      drive(EXPIRY.multipliedBy(2));

      assertUp();
      assertThat(engine.health().isSessionLive()).isTrue();
    }
  }

  @Nested
  @Timeout(30)
  class OfAnEngineWithThreads {
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Test
    void saysThatItIsNotStarted() {
      try (var idle =
          BatchEngine.builder(new InMemoryBatchStore()).register(ECHO, text -> text).build()) {
        assertThat(idle.health().isStarted()).isFalse();
        assertThat(idle.health().isUp()).isTrue();

        idle.start();

        assertThat(idle.health().isStarted()).isTrue();
        assertThat(idle.health().isUp()).isTrue();
      }
    }

    @Test
    void saysThatItIsClosed() {
      var closed = BatchEngine.builder(new InMemoryBatchStore()).start();
      closed.close();

      assertThat(closed.health().isUp()).isFalse();
      assertThat(closed.health().isStarted()).isFalse();
      assertThat(closed.health().problems()).containsExactly("the engine is closed");
    }

    @Test
    void saysThatTheVirtualMachineHasFailed() throws Exception {
      var failed = new CountDownLatch(1);
      var store = new Faults(new InMemoryBatchStore());
      store.instead(
          "open",
          (arguments, arrive) -> {
            failed.countDown();
            throw new OutOfMemoryError("for a test");
          });
      try (var engine = BatchEngine.builder(store.store()).register(ECHO, text -> text).start()) {
        assertThat(failed.await(10, TimeUnit.SECONDS)).isTrue();
        while (engine.health().isUp()) {
          Thread.onSpinWait();
        }
        assertThat(engine.health().problems())
            .first()
            .asString()
            .contains("virtual machine", "the heap, or other memory, ran out", "for a test");
      }
    }

    @Test
    void saysThatAllWorkersOfATypeHang() throws Exception {
      var builder =
          BatchEngine.builder(new InMemoryBatchStore())
              .pollInterval(Duration.ofMillis(10))
              .register(
                  ECHO,
                  text -> {
                    while (goOn.getCount() > 0) {
                      Thread.onSpinWait();
                    }
                    return text;
                  },
                  JobOptions.defaults().concurrency(1).timeout(Duration.ofMillis(50)));
      try (var stuck = Engine.build(builder.config(), Duration.ofMillis(50))) {
        stuck.start();
        stuck.submit(ECHO, texts(3));
        while (stuck.health().isUp()) {
          Thread.onSpinWait();
        }

        assertThat(stuck.health().problems())
            .containsExactly(
                "all workers of type \"echo\" hang in calls that ignore their interrupt");
        goOn.countDown();
        while (!stuck.health().isUp()) {
          Thread.onSpinWait();
        }
      }
    }

    @Test
    void countsWhatRuns() throws Exception {
      var entered = new CountDownLatch(1);
      try (var busy =
          BatchEngine.builder(new InMemoryBatchStore())
              .register(
                  ECHO,
                  text -> {
                    entered.countDown();
                    goOn.await();
                    return text;
                  },
                  JobOptions.defaults().concurrency(1))
              .start()) {
        busy.submit(ECHO, texts(2));
        assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
        EngineHealth health = busy.health();
        assertThat(health.running()).isEqualTo(1);
        assertThat(health.waiting()).isEqualTo(1);
        goOn.countDown();
      }
    }
  }

  /** A call of the store has no answer; time goes on. */
  @Nested
  @Timeout(30)
  class WhileAThreadWaits {
    private final CountDownLatch called = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final EngineParts parts =
        world.parts(way, builder -> builder.sessionExpiry(EXPIRY).register(ECHO, text -> text));

    private List<String> problemsOnceStuck(String verb, Step step) throws Exception {
      way.always(
          verb,
          (arguments, arrive) -> {
            called.countDown();
            goOn.await();
            return arrive.call();
          });
      Loop loop =
          new Loop(
              body -> new Thread(body, "its-thread"),
              step,
              new Signal(),
              parts.failures,
              how -> {});
      loop.start();
      try {
        assertThat(called.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(problems(loop)).isEmpty();
        world.pass(EXPIRY);
        return problems(loop);
      } finally {
        goOn.countDown();
        assertThat(loop.stop(Duration.ofSeconds(10))).isTrue();
        assertThat(loop.passNanos()).isZero();
      }
    }

    private List<String> problems(Loop loop) {
      return parts
          .health
          .now(true, null, Optional.empty(), List.of(), List.of(), List.of(loop))
          .problems();
    }

    @Test
    void saysThatASettleHasNoAnswer() throws Exception {
      engine.submit(ECHO, texts(3));
      while (parts.dispatcher.runOnce()) {}
      parts.workers.values().iterator().next().newWorker().runOnce();

      assertThat(problemsOnceStuck("settle", parts.settler))
          .anyMatch(problem -> problem.contains("its-thread has been settling for 12 s"));
    }

    @ParameterizedTest
    @CsvSource({"claim,claiming", "load,loading inputs"})
    void saysThatAClaimOrALoadHasNoAnswer(String verb, String doing) throws Exception {
      engine.submit(ECHO, texts(3));

      assertThat(problemsOnceStuck(verb, parts.dispatcher))
          .anyMatch(problem -> problem.contains("its-thread has been " + doing + " for 12 s"));
    }
  }

  @Test
  void isNotUpIfTheStoreIsInTrouble() {
    way.always("trouble", (arguments, arrive) -> Optional.of("its file is gone"));
    drive(Duration.ofSeconds(6));

    assertThat(onlyProblem()).isEqualTo("its file is gone");

    mend("trouble");
    drive(Duration.ofSeconds(6));
    assertUp();
  }

  @Nested
  class AsAMap {

    @Test
    void isFlat() {
      engine.runUntilIdle();

      assertThat(engine.health().toMap())
          .containsEntry("status", "UP")
          .containsEntry("started", true)
          .containsEntry("session_live", true)
          .containsEntry("as_of", EngineFixture.START.toString())
          .containsEntry("claim_succeeded_at", EngineFixture.START.toString())
          .containsEntry("claim_failures_in_a_row", 0)
          .containsEntry("waiting", 0)
          .doesNotContainKey("problem")
          .doesNotContainKey("settle_failure");
    }

    @Test
    void namesTheProblem() {
      way.goAway();
      drive(EXPIRY.plusSeconds(1));

      assertThat(engine.health().toMap())
          .containsEntry("status", "DOWN")
          .containsKeys("problem", "renewal_failure", "renewal_failed_at");
      assertThat(engine.health().toString()).contains("DOWN");
      way.comeBack();
    }
  }
}
