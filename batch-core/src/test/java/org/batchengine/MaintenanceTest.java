package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.memory.MemorySabotage;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MaintenanceTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration EXPIRY = Duration.ofSeconds(12);
  private static final Duration RENEWAL = Duration.ofSeconds(3);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();
  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine = worker(way);

  private ManualEngine worker(Faults way) {
    return world.engine(
        way,
        builder ->
            builder.register(
                ECHO,
                input -> {
                  ran.add(input);
                  return input;
                }));
  }

  /** An engine with a session, which has claimed a batch of ten items and settled none. */
  private ManualEngine holding(Faults way) {
    var holder = worker(way);
    holder.submit(ECHO, texts(10));
    while (MemoryInvariants.owned(world.memory) == 0) {
      holder.runOnce();
    }
    return holder;
  }

  @Nested
  class Renewing {

    @Test
    void happensFourTimesAnExpiry() {
      engine.runUntilIdle();
      way.forgetCalls();

      world.pass(Duration.ofMinutes(1), engine);

      assertThat(way.calls("renew")).isEqualTo(20);
    }

    @Test
    void keepsTheSession() {
      holding(way);
      var other = worker(new Faults(world.memory));
      for (int i = 0; i < 100; i++) {
        world.pass(SECOND);
        way.store().sessions().expired();
        engine.runOnce();
        other.runUntilIdle();
      }

      assertThat(way.calls("open")).isEqualTo(2);
    }

    @Test
    void findsOutThatTheSessionIsGone() {
      engine.runUntilIdle();
      var other = worker(new Faults(world.memory));
      world.pass(Duration.ofMinutes(1), other);

      engine.runUntilIdle();

      assertThat(way.calls("open")).isEqualTo(2);
    }

    @Test
    void endsWithTheEngine() {
      engine.runUntilIdle();
      assertThat(MemoryInvariants.sessions(world.memory)).isEqualTo(1);

      engine.close();

      assertThat(MemoryInvariants.sessions(world.memory)).isZero();
    }

    @Test
    void endsWhenTheVirtualMachineHasFailed() {
      var parts = world.parts(way, builder -> builder.register(LENGTH, String::length));
      parts.dispatcher.runOnce();
      parts.fail(new OutOfMemoryError("for a test"));
      way.forgetCalls();

      world.pass(EXPIRY);
      parts.maintenance.runOnce();

      assertThat(way.calls()).isEmpty();
    }
  }

  @Nested
  class Reaping {

    @Test
    @DisplayName("REQ-X3 what a dead engine held is taken over")
    void takesOverWhatADeadEngineHeld() {
      var dead = holding(new Faults(world.memory));
      world.kill(dead);

      world.pass(EXPIRY.plus(RENEWAL).plusSeconds(2), engine);

      assertThat(ran).hasSize(10);
      assertThat(MemoryInvariants.sessions(world.memory)).isEqualTo(1);
    }

    @Test
    void needsTwoLooksARenewalApart() {
      engine.runUntilIdle();
      world.kill(holding(new Faults(world.memory)));
      world.pass(EXPIRY.minus(SECOND), engine);
      way.forgetCalls();

      world.pass(RENEWAL, engine);
      assertThat(way.calls()).contains("expired").doesNotContain("reap");
      world.pass(RENEWAL, engine);
      assertThat(way.calls()).contains("reap");
    }

    @Test
    void countsFromTheAnswerOfALookThatHung() {
      engine.runUntilIdle();
      var other = holding(new Faults(world.memory));
      world.pass(RENEWAL);
      way.before("expired", () -> world.pass(EXPIRY.plus(SECOND)));

      engine.runUntilIdle();
      world.pass(SECOND, engine);

      assertThat(way.calls()).contains("expired").doesNotContain("reap");
      other.runUntilIdle();
      assertThat(ran).hasSize(10);
    }

    @Test
    void needsAnOwnRenewalBetweenTheLooks() {
      engine.runUntilIdle();
      world.kill(holding(new Faults(world.memory)));
      world.pass(EXPIRY.plus(SECOND));
      way.always("renew", (arguments, arrive) -> throwLost());

      for (int i = 0; i < 60; i++) {
        world.pass(SECOND);
        EngineFixture.tryOnce(engine);
      }

      assertThat(way.calls()).doesNotContain("reap");
    }

    @Test
    void leavesASessionAloneThatWasRenewedBetweenTheLooks() {
      var late = holding(new Faults(world.memory));
      world.pass(EXPIRY.plus(SECOND), engine);
      assertThat(way.calls()).doesNotContain("reap");

      late.runUntilIdle();
      world.pass(RENEWAL.plusSeconds(2), engine);

      assertThat(way.calls()).doesNotContain("reap");
      assertThat(ran).hasSize(10);
    }

    @Test
    void looksAgainAtTheExpiryWhenItReaps() {
      var late = holding(new Faults(world.memory));
      way.before("reap", late::runUntilIdle);

      world.pass(EXPIRY.plus(RENEWAL).plusSeconds(2), engine);

      assertThat(way.calls()).contains("reap");
      assertThat(ran).hasSize(10);
      assertThat(MemoryInvariants.sessions(world.memory)).isEqualTo(2);
    }

    @Test
    void doesNotTakeAnOutageForEverybodysDeath() {
      var otherWay = new Faults(world.memory);
      var other = holding(otherWay);
      engine.runUntilIdle();

      world.pass(Duration.ofMinutes(5));
      for (int i = 0; i < 20; i++) {
        engine.runOnce();
        world.pass(Duration.ofMillis(500));
        other.runOnce();
      }

      assertThat(way.calls()).contains("expired").doesNotContain("reap");
      assertThat(otherWay.calls("open")).isEqualTo(1);
    }

    @Test
    void isTriedAgainWhenItFails() {
      world.kill(holding(new Faults(world.memory)));
      way.loseCall("reap");

      assertThatThrownBy(() -> world.pass(Duration.ofMinutes(1), engine))
          .isInstanceOf(StoreException.class);
      world.pass(Duration.ofMinutes(1), engine);

      assertThat(ran).hasSize(10);
    }

    @Test
    void isLeftToEnginesThatWork() {
      var parts = world.parts(way, builder -> builder.register(LENGTH, String::length));
      parts.dispatcher.runOnce();
      world.kill(holding(new Faults(world.memory)));
      way.forgetCalls();

      for (int i = 0; i < 60; i++) {
        world.pass(SECOND);
        parts.renewal.runOnce();
        parts.maintenance.runOnce();
      }

      assertThat(way.calls()).containsOnly("renew", "trouble", "unserved");
    }
  }

  @Nested
  class Sweeping {

    @Test
    void endsWhatNobodyEnded() {
      var dyingWay = new Faults(world.memory);
      var dying = worker(dyingWay);
      var id = dying.submit(ECHO, texts(5));
      dyingWay.always("completeIfDone", (arguments, arrive) -> throwLost());
      assertThatThrownBy(dying::runUntilIdle).isInstanceOf(StoreException.class);
      world.kill(dying);
      assertThat(state(id)).isEqualTo(BatchState.RUNNING);

      world.pass(Duration.ofSeconds(5), engine);

      assertThat(state(id)).isEqualTo(BatchState.COMPLETED);
      assertThat(ran).hasSize(5);
    }

    @Test
    void isPartOfBeingIdle() {
      var dyingWay = new Faults(world.memory);
      var dying = worker(dyingWay);
      var id = dying.submit(ECHO, texts(5));
      dyingWay.loseCall("completeIfDone");
      assertThatThrownBy(dying::runUntilIdle).isInstanceOf(StoreException.class);
      world.kill(dying);

      engine.runUntilIdle();

      assertThat(state(id)).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void takesABatchToRunningWhoseEngineDiedBefore() {
      var dyingWay = new Faults(world.memory);
      var dying = worker(dyingWay);
      var id = dying.submit(ECHO, texts(10));
      dyingWay.always("markRunning", (arguments, arrive) -> throwLost());
      assertThatThrownBy(dying::runUntilIdle).isInstanceOf(StoreException.class);
      world.kill(dying);
      assertThat(state(id)).isEqualTo(BatchState.PENDING);

      engine.runUntilIdle();

      assertThat(state(id)).isEqualTo(BatchState.RUNNING);
    }

    @Test
    void freesWhatIsOwnedByASessionThatIsNotThere() {
      world.kill(holding(new Faults(world.memory)));
      MemorySabotage.loseSession(world.memory, 1);

      world.pass(Duration.ofSeconds(6), engine);

      assertThat(ran).hasSize(10);
    }

    @Test
    void removesHiddenBatchesInSlices() {
      var id = engine.submit(ECHO, texts(24_000));
      engine.runUntilIdle();
      way.forgetCalls();

      engine.delete(id);
      engine.runUntilIdle();

      assertThat(way.sent("removeHidden", Integer.class)).hasSize(5).containsOnly(10_000);
    }

    @Test
    void comesEveryFiveSeconds() {
      engine.runUntilIdle();
      way.forgetCalls();

      world.pass(Duration.ofMinutes(1), engine);

      assertThat(way.calls("repair")).isEqualTo(12);
      assertThat(way.calls("done")).isEqualTo(12);
    }
  }

  @Nested
  class Retiring {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration HALF_A_DAY = Duration.ofHours(12);

    private final Faults retiringWay = new Faults(world.memory);
    private final ManualEngine retiring = retiring();

    private ManualEngine retiring() {
      world.kill(engine);
      return world.engine(
          retiringWay,
          builder ->
              builder
                  .retention(DAY)
                  .payloadRetention(HALF_A_DAY)
                  .register(LENGTH, this::length, JobOptions.defaults().concurrency(1).claim(1, 1))
                  .register(
                      ECHO,
                      this::run,
                      JobOptions.defaults().concurrency(1).retry(RetryPolicy.none())));
    }

    private int length(String input) {
      ran.add(input);
      return input.length();
    }

    private String run(String input, ItemContext context) {
      ran.add(input);
      if (input.equals("bad") && context.attempt() == 1) {
        throw new IllegalStateException("fails once");
      }
      return input;
    }

    @Test
    void hidesInSlicesAndRemovesRecordsInSlices() {
      var large = retiring.submit(ECHO, texts(24_000));
      for (int i = 0; i < 250; i++) {
        retiring.submit(ECHO, List.of());
      }
      retiring.await(large);
      world.pass(DAY.plus(SECOND));
      retiringWay.forgetCalls();

      runUntilHidden(large);
      assertThat(retiringWay.calls("removeHidden")).as("records go later").isZero();
      assertThat(MemoryInvariants.batches(world.memory)).isEqualTo(251);
      retiring.runUntilIdle();

      assertThat(MemoryInvariants.batches(world.memory)).isZero();
      assertThat(retiringWay.calls("hideEnded")).isEqualTo(3);
      assertThat(retiringWay.sent("removeHidden", Integer.class))
          .hasSizeBetween(5, 6)
          .containsOnly(10_000);
    }

    @Test
    void takesNoPassFromABatchThatRunsMeanwhile() {
      retiring.runUntilIdle();
      world.pass(DAY.plus(SECOND));
      int alone = passesOfABatch();
      retiring.await(retiring.submit(ECHO, texts(24_000)));
      world.pass(DAY.plus(SECOND));
      retiringWay.forgetCalls();

      assertThat(passesOfABatch()).isEqualTo(alone);
      assertThat(retiringWay.calls("removeHidden")).isGreaterThanOrEqualTo(5);
      assertThat(MemoryInvariants.batches(world.memory)).isEqualTo(1);
    }

    @Test
    void removesPayloadsFirst() {
      var id = retiring.submit(ECHO, texts(12_000));
      retiring.await(id);
      world.pass(HALF_A_DAY);
      retiring.runUntilIdle();
      assertThat(retiring.item(id, 11_999).orElseThrow().isPurged()).isFalse();
      world.pass(SECOND.multipliedBy(6));
      retiringWay.forgetCalls();
      retiring.runUntilIdle();

      assertThat(retiring.item(id, 0).orElseThrow().isPurged()).isTrue();
      assertThat(retiring.item(id, 11_999).orElseThrow().isPurged()).isTrue();
      assertThat(retiringWay.calls("purgePayloads")).isEqualTo(3);
      assertThat(retiring.status(id).counts().succeeded()).isEqualTo(12_000);
    }

    @Test
    void removesPayloadsWhenAsked() {
      var id = retiring.submit(ECHO, texts(6_000));
      retiring.await(id);

      assertThat(retiring.purgePayloads(Duration.ofMinutes(1))).isZero();
      world.pass(SECOND.multipliedBy(61));
      assertThat(retiring.purgePayloads(Duration.ofMinutes(1))).isEqualTo(6_000);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> retiring.purgePayloads(Duration.ofSeconds(-1)))
          .withMessageContaining("olderThan");
    }

    private void runUntilHidden(BatchId id) {
      for (int passes = 0; retiring.find(id).isPresent(); passes++) {
        assertThat(passes).as("passes").isLessThan(1_000);
        retiring.runOnce();
      }
    }

    private int passesOfABatch() {
      var id = retiring.submit(LENGTH, texts(20));
      int passes = 0;
      while (!retiring.status(id).isTerminal()) {
        retiring.runOnce();
        passes++;
      }
      return passes;
    }

    @Test
    void leavesABatchAloneThatWasTakenUpAgainJustBefore() {
      var other = worker(new Faults(world.memory));
      var id = retiring.submit(ECHO, List.of("bad", "good"));
      assertThat(retiring.await(id).counts().failed()).isEqualTo(1);
      world.pass(DAY.plus(SECOND));
      retiringWay.forgetCalls();
      retiringWay.before("hideEnded", () -> other.retryFailed(id, "mended"));
      retiring.runUntilIdle();

      assertThat(retiringWay.calls("hideEnded")).isEqualTo(1);
      assertThat(retiring.status(id).counts().succeeded()).isEqualTo(2);
      assertThat(retiring.status(id).run()).isEqualTo(2);
    }

    @Test
    void freesTheKeyOfWhatItHides() {
      var request = BatchRequest.of(ECHO, texts(3)).idempotencyKey("key");
      var id = retiring.submit(request);
      retiring.await(id);
      world.pass(DAY);
      retiring.runUntilIdle();
      assertThat(retiring.submit(request)).isEqualTo(id);
      world.pass(SECOND.multipliedBy(6));
      runUntilHidden(id);

      assertThat(retiring.submit(request)).isNotEqualTo(id);
    }
  }

  @Nested
  class Outages {

    @Test
    void ofAnHourLoseNothing() throws Exception {
      var id = engine.submit(ECHO, texts(200));
      for (int i = 0; i < 50; i++) {
        engine.runOnce();
      }
      var other = worker(new Faults(world.memory));
      way.goAway();
      for (int i = 0; i < 600; i++) {
        world.pass(Duration.ofSeconds(6));
        assertThatThrownBy(engine::runOnce).isInstanceOf(StoreException.class);
        other.runUntilIdle();
      }
      assertThat(state(id)).isEqualTo(BatchState.COMPLETED);
      way.comeBack();
      engine.runUntilIdle();

      assertThat(engine.status(id).counts().succeeded()).isEqualTo(200);
      assertThat(engine.await(engine.submit(ECHO, texts(10))).isSuccess()).isTrue();
    }
  }

  private BatchState state(BatchId id) {
    return world.memory.reading().find(id, null).orElseThrow().state();
  }

  private static Object throwLost() {
    throw Faults.lost("it");
  }
}
