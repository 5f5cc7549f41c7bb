package org.batchengine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An engine that stops, stays a client, and may be started again. */
@Timeout(60)
class StopTest {

  @Nested
  class WithThreads {
    private static final JobOptions ONE =
        JobOptions.defaults().concurrency(1).retry(RetryPolicy.none());
    private static final Duration EXPIRY = Duration.ofSeconds(2);

    private final InMemoryBatchStore memory = new InMemoryBatchStore();
    private final Faults way = new Faults(memory);
    private final List<BatchEngine> engines = new ArrayList<>();

    /** Counted down by the first item that runs. */
    private final CountDownLatch running = new CountDownLatch(1);

    private final CompletableFuture<Void> release = new CompletableFuture<>();

    @AfterEach
    void close() {
      release.complete(null);
      engines.forEach(BatchEngine::close);
      assertThat(MemoryInvariants.violations(memory)).isEmpty();
      assertThat(MemoryInvariants.owned(memory)).isZero();
      assertThat(MemoryInvariants.sessions(memory)).isZero();
    }

    private BatchEngine started(Faults way, UnaryOperator<BatchEngine.Builder> options) {
      var builder =
          BatchEngine.builder(way.store())
              .pollInterval(Duration.ofMillis(10))
              .sessionExpiry(EXPIRY);
      var engine = options.apply(builder).start();
      engines.add(engine);
      return engine;
    }

    private BatchEngine held() {
      return started(
          way,
          b ->
              b.register(
                  ECHO,
                  (input, context) -> {
                    running.countDown();
                    release.get();
                    return input;
                  },
                  ONE));
    }

    /** Its first call ignores interrupts, and is not waited for. */
    private BatchEngine hanging() {
      return started(
          way,
          b ->
              b.drainTimeout(Duration.ZERO)
                  .register(
                      ECHO,
                      input -> {
                        if (running.getCount() > 0) {
                          running.countDown();
                          release.join();
                        }
                        return input;
                      },
                      ONE));
    }

    private static CompletableFuture<Void> stopping(BatchEngine engine) {
      var stopping = CompletableFuture.runAsync(engine::stop, EngineFixture::onAThread);
      await().until(() -> !engine.isStarted());
      return stopping;
    }

    @Test
    void waitsForTheCallsThatRunAndGivesTheRestToOthers() throws Exception {
      var engine = held();
      var id = engine.submit(ECHO, texts(100));
      running.await();

      var stopping = stopping(engine);
      assertThat(stopping).isNotDone();
      release.complete(null);
      stopping.get(10, SECONDS);

      var counts = engine.status(id).counts();
      assertThat(counts.succeeded()).isEqualTo(1);
      assertThat(counts.pending()).isEqualTo(99);
      assertThat(MemoryInvariants.sessions(memory)).isZero();
      started(new Faults(memory), b -> b.register(ECHO, input -> input));
      assertThat(engine.await(id).counts().succeeded()).isEqualTo(100);
    }

    @Test
    void canBeStartedAgain() throws Exception {
      var engine = held();
      release.complete(null);
      for (int i = 0; i < 3; i++) {
        engine.stop();
        var id = engine.submit(ECHO, texts(10));
        assertThat(engine.status(id).state()).isEqualTo(BatchState.PENDING);
        engine.start();

        assertThat(engine.await(id).isSuccess()).isTrue();
        assertThat(engine.health().isUp()).isTrue();
      }
    }

    @Test
    void interruptsWhatTakesTooLong() throws Exception {
      var engine =
          started(
              way,
              b ->
                  b.drainTimeout(Duration.ofMillis(50))
                      .register(
                          ECHO,
                          input -> {
                            running.countDown();
                            release.get();
                            return input;
                          },
                          ONE));
      var id = engine.submit(ECHO, texts(3));
      running.await();

      engine.stop();

      assertThat(engine.status(id).counts().pending()).isEqualTo(3);
      release.complete(null);
      engine.start();
      assertThat(engine.await(id).counts().succeeded()).isEqualTo(3);
      assertThat(engine.errors(id, 0)).isEmpty();
    }

    @Test
    void leavesWhatIgnoresItsInterruptAsIfTheProcessHadDied() throws Exception {
      var engine = hanging();
      var id = engine.submit(ECHO, texts(3));
      running.await();

      engine.stop();
      assertThat(MemoryInvariants.sessions(memory)).as("left to lapse").isOne();
      var other = started(new Faults(memory), b -> b.register(ECHO, input -> "by the other"));
      assertThat(other.await(id).counts().succeeded()).isEqualTo(3);
      release.complete(null);

      engine.start();
      assertThat(engine.item(id, 0).orElseThrow().output()).contains("by the other");
      assertThat(engine.await(engine.submit(ECHO, texts(3))).isSuccess()).isTrue();
    }

    @Test
    void givesUpWhatStillHangsOnceItIsStartedAgain() throws Exception {
      var engine = hanging();
      var id = engine.submit(ECHO, texts(3));
      running.await();
      engine.stop();

      engine.start();
      assertThat(engine.await(engine.submit(ECHO, texts(3))).isSuccess()).isTrue();
      assertThat(engine.await(id).isSuccess()).isTrue();
      assertThat(release).as("the first call hangs").isNotDone();
    }

    @Test
    void isRefusedInAnItemForWhichItWouldWait() throws Exception {
      var of = new CompletableFuture<BatchEngine>();
      var engine =
          started(
              way,
              b ->
                  b.register(
                      ECHO,
                      input -> {
                        of.join().stop();
                        return input;
                      },
                      ONE));
      of.complete(engine);
      var id = engine.submit(ECHO, texts(1));

      assertThat(engine.await(id).counts().failed()).isOne();
      assertThat(engine.errors(id, 0).get(0).message()).contains("stop it on another thread");
      assertThat(engine.isStarted()).isTrue();
    }

    @Test
    void waitsForALargeSubmitThatIsUnderWay() throws Exception {
      var engine = held();
      Stream<String> slow =
          Stream.concat(
              texts(24_000).stream(),
              Stream.of("last")
                  .peek(
                      last -> {
                        running.countDown();
                        release.join();
                      }));
      var submitting =
          CompletableFuture.supplyAsync(() -> engine.submit(ECHO, slow), EngineFixture::onAThread);
      running.await();

      var stopping = stopping(engine);
      assertThat(stopping).isNotDone();
      release.complete(null);

      stopping.get(10, SECONDS);
      assertThat(engine.status(submitting.get(10, SECONDS)).counts().total()).isEqualTo(24_001);
    }

    @Test
    void endsThoughTheStoreIsAway() throws Exception {
      var engine = held();
      var id = engine.submit(ECHO, texts(3));
      running.await();
      way.goAway();
      release.complete(null);

      engine.stop();
      assertThat(engine.isStarted()).isFalse();
      assertThat(engine.health().unsettled()).isZero();

      way.comeBack();
      engine.start();
      assertThat(engine.await(id).isSuccess()).isTrue();
    }

    @Test
    void closesAfterwardsForGood() {
      var engine = held();
      engine.stop();
      engine.close();

      engine.stop();
      assertThatIllegalStateException()
          .isThrownBy(engine::start)
          .withMessageContaining("the engine is closed");
      assertThat(engine.health().problems()).containsExactly("the engine is closed");
    }
  }

  @Nested
  class Driven {
    @RegisterExtension final EngineFixture fixture = new EngineFixture();

    private final ManualEngine engine =
        fixture.engine(b -> b.register(ECHO, input -> input, JobOptions.defaults()));

    @Test
    void claimsNothingUntilItIsStarted() {
      var id = engine.submit(ECHO, texts(3));
      engine.stop();
      engine.runUntilIdle();
      assertThat(engine.status(id).counts().pending()).isEqualTo(3);

      engine.start();
      assertThat(engine.await(id).isSuccess()).isTrue();
    }

    @Test
    void staysAClient() {
      engine.runOnce();
      engine.stop();
      var large = engine.submit(ECHO, texts(24_000));
      var paused = engine.submit(ECHO, texts(1));

      assertThat(engine.pause(paused, "later").changed()).isTrue();
      assertThat(engine.cancel(large, "never").changed()).isTrue();
      engine.runUntilIdle();

      assertThat(engine.status(large).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(engine.status(paused).state()).isEqualTo(BatchState.PAUSED);
    }

    @Test
    void leavesItsTypesAndTheRepairsToOthers() {
      var repairing =
          fixture.engine(b -> b.register(LENGTH, String::length).retention(Duration.ofMinutes(1)));
      var ended = repairing.submit(LENGTH, texts(1));
      repairing.await(ended);
      repairing.stop();
      repairing.submit(LENGTH, texts(1));
      fixture.pass(Duration.ofMinutes(3), repairing);

      assertThat(repairing.find(ended)).isPresent();
      assertThat(repairing.health().unservedTypes()).containsExactly("length");
      repairing.start();
      fixture.pass(Duration.ofMinutes(3), repairing);
      assertThat(repairing.find(ended)).isEmpty();
    }

    @Test
    void isNotStartedAgainOnceTheVirtualMachineHasFailed() {
      var failing =
          fixture.engine(
              b ->
                  b.register(
                      LENGTH,
                      text -> {
                        throw new OutOfMemoryError("made up");
                      }));
      failing.submit(LENGTH, texts(1));
      failing.runUntilIdle();
      failing.stop();

      assertThatIllegalStateException()
          .isThrownBy(failing::start)
          .withMessageContaining("the virtual machine has failed");
    }

    @Test
    void isHealthyAndSaysThatItIsNotStarted() {
      assertThat(engine.health().isStarted()).isTrue();
      engine.stop();

      assertThat(engine.health().isUp()).isTrue();
      assertThat(engine.health().isStarted()).isFalse();
      assertThat(engine.nodes()).isEmpty();
    }
  }
}
