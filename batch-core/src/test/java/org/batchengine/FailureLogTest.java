package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.batchengine.engine.loop.FailureLog;
import org.batchengine.engine.loop.Loop;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.loop.StepOf;
import org.batchengine.engine.mend.Unserved;
import org.batchengine.engine.run.Worker;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** What fails in the background is logged once a cause, and once when it is over. */
class FailureLogTest {
  private static final int TRIES = 100;
  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Logger root = (Logger) LoggerFactory.getLogger("org.batchengine");
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    root.setLevel(Level.INFO);
    log.start();
    root.addAppender(log);
  }

  @AfterEach
  void hearNoMore() {
    root.detachAppender(log);
    root.setLevel(null);
  }

  private List<String> lines(Level level) {
    return log.list.stream()
        .filter(line -> line.getLevel() == level)
        .filter(line -> !line.getLoggerName().equals(Unserved.class.getName()))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Nested
  class OfALoop {
    private final Faults way = new Faults(world.memory);
    private final EngineParts parts =
        world.parts(way, builder -> builder.register(ECHO, text -> text));
    private final BatchRequest<String> request = BatchRequest.of(ECHO, texts(1));

    private Loop loop(String name, BooleanSupplier body) {
      return loop(name, new StepOf(name, body, () -> 1));
    }

    private Loop loop(String name, Step step) {
      return new Loop(
          body -> new Thread(body, name), step, new Signal(), parts.failures, failure -> {});
    }

    private void tries(Loop... loops) {
      for (int i = 0; i < TRIES; i++) {
        for (Loop loop : loops) {
          for (int busy = 0; busy < 50 && loop.pass() == Loop.Pass.BUSY; busy++) {}
        }
        world.pass(SECOND);
      }
    }

    private void isToldOnce(Loop loop, String... verbs) {
      for (String verb : verbs) {
        way.always(
            verb,
            (arguments, arrive) -> {
              throw StoreException.ofTransient("away since try " + way.calls().size(), null);
            });
      }
      tries(loop);
      assertThat(way.calls(verbs[0])).isGreaterThan(TRIES / 6);
      assertThat(lines(Level.WARN)).hasSize(1);
      assertThat(lines(Level.INFO)).isEmpty();

      for (String verb : verbs) {
        way.always(verb, (arguments, arrive) -> arrive.call());
      }
      tries(loop);

      assertThat(lines(Level.WARN)).hasSize(1).first().asString().contains(loop.name(), "away");
      assertThat(lines(Level.INFO)).hasSize(1).first().asString().contains("recovered");
    }

    @Test
    void thatClaims() {
      keepAlive();
      isToldOnce(loop("dispatcher", this::dispatch), "claim");
    }

    /** Every other pass goes well: reading back what a lost claim may have taken. */
    private boolean dispatch() {
      parts.sessions.renewIfDue();
      return parts.dispatcher.runOnce();
    }

    private void keepAlive() {
      parts.submitter.submit(request);
      parts.sessions.open();
    }

    @Test
    void thatSettles() {
      parts.submitter.submit(request);
      var worker = parts.workers.get("echo").newWorker();
      for (int i = 0; i < 10; i++) {
        parts.dispatcher.runOnce();
      }
      assertThat(worker.runOnce()).isEqualTo(Worker.Pass.WORKED);

      isToldOnce(loop("settler", parts.settler), "settle");
    }

    @Test
    void thatLooksWhetherBatchesAreDone() {
      parts.submitter.submit(request);
      var worker = parts.workers.get("echo").newWorker();
      for (int i = 0; i < 10; i++) {
        parts.dispatcher.runOnce();
      }
      assertThat(worker.runOnce()).isEqualTo(Worker.Pass.WORKED);

      isToldOnce(loop("settler", parts.settler), "completeIfDone");
    }

    @Test
    void thatRenews() {
      parts.sessions.open();
      isToldOnce(loop("renewal", parts.renewal), "renew");
    }

    @Test
    void thatSweeps() {
      parts.maintenance.start();
      isToldOnce(loop("maintenance", parts.maintenance), "repair");
    }

    @Test
    void thatAsksForThoseWhoWait() {
      var id = parts.submitter.submit(request).id();
      var unused = parts.completions.awaited(id);
      isToldOnce(loop("maintenance", parts.maintenance), "states");
    }

    @Test
    void thatRemovesWhatASubmitLeft() {
      way.loseCall("finish");
      way.loseCall("states");
      way.loseCall("abandon");
      try {
        parts.submitter.submit(BatchRequest.of(ECHO, texts(24_000)));
      } catch (StoreException lost) {
        // It is the host's, which is told by this.
      }
      isToldOnce(loop("maintenance", parts.maintenance), "abandon");
      assertThat(way.calls("abandon")).isGreaterThan(TRIES);
    }

    @Test
    void byAllLoopsTogether() {
      parts.submitter.submit(request);
      parts.sessions.open();
      parts.maintenance.start();
      var dispatcher = loop("dispatcher", parts.dispatcher);
      var maintenance = loop("maintenance", parts.maintenance);
      for (String verb : List.of("claim", "renew", "repair", "open")) {
        way.always(
            verb,
            (arguments, arrive) -> {
              throw StoreException.ofTransient("away", null);
            });
      }

      tries(dispatcher, maintenance, loop("renewal", parts.renewal));

      assertThat(lines(Level.WARN)).hasSize(1);
      assertThat(lines(Level.INFO)).isEmpty();
    }
  }

  @Nested
  class OfItsOwn {
    private final FailureLog outage =
        new FailureLog(
            SECOND.multipliedBy(10),
            () -> Duration.between(EngineFixture.START, world.clock.instant()).toNanos());

    @Test
    void tellsEachCause() {
      for (int i = 0; i < TRIES; i++) {
        outage.failed("loop", new IllegalStateException("locked after " + i + " ms"));
        outage.failed("loop", new IllegalStateException("refused"));
        outage.failed("loop", new IllegalArgumentException("refused"));
      }

      assertThat(lines(Level.WARN)).hasSize(3);
    }

    @Test
    void tellsOfNoMoreCausesThanAPersonReads() {
      for (int i = 0; i < TRIES; i++) {
        outage.failed("loop", new IllegalStateException("x".repeat(i)));
      }

      assertThat(lines(Level.WARN)).hasSize(20);
    }

    @Test
    void isOverOnlyAfterItsQuietTime() {
      outage.failed("loop", new IllegalStateException("away"));
      world.pass(Duration.ofMillis(9_999));
      outage.passed();
      assertThat(lines(Level.INFO)).isEmpty();
      assertThat(outage.untilOver()).isEqualTo(Duration.ofMillis(1).toNanos());

      world.pass(Duration.ofMillis(1));
      outage.passed();
      outage.passed();

      assertThat(lines(Level.INFO)).hasSize(1);
      assertThat(outage.untilOver()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void isToldAgainWhenItComesAgain() {
      outage.failed("loop", new IllegalStateException("away"));
      world.pass(Duration.ofSeconds(10));
      outage.passed();

      outage.failed("loop", new IllegalStateException("away"));

      assertThat(lines(Level.WARN)).hasSize(2);
    }
  }
}
