package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.engine.run.WorkQueue;
import org.batchengine.engine.run.Workers;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.limit.LimitState;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.store.Actor;
import org.batchengine.store.LimitStore;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What begins under a limit, on a virtual clock. */
class LimitedCallsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration STEP = Duration.ofMillis(10);

  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private final List<Instant> begun = new ArrayList<>();

  private ManualEngine engine(Limit declared) {
    return fixture.engine(
        options ->
            options.register(
                ECHO,
                (input, context) -> {
                  begun.add(fixture.clock.instant());
                  return input;
                },
                JobOptions.defaults().limit(declared)));
  }

  /** In steps of 10 ms. */
  private void work(Duration time, ManualEngine... engines) {
    for (Instant end = fixture.clock.instant().plus(time);
        fixture.clock.instant().isBefore(end);
        fixture.pass(STEP)) {
      for (ManualEngine engine : engines) {
        engine.runUntilIdle();
      }
    }
  }

  /** The most that began in a window of this length. */
  private int mostIn(Duration window) {
    int most = 0;
    for (int from = 0, to = 0; to < begun.size(); to++) {
      while (!begun.get(from).plus(window).isAfter(begun.get(to))) {
        from++;
      }
      most = Math.max(most, to - from + 1);
    }
    return most;
  }

  private static Duration taken(List<Instant> begun) {
    return Duration.between(begun.get(0), begun.get(begun.size() - 1));
  }

  @Test
  @DisplayName("REQ-M19 in no window do more calls begin than the rate allows, and it is used")
  void keepTheRate() {
    ManualEngine engine = engine(Limit.none().rate(10, SECOND));
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(100)));
    work(Duration.ofSeconds(14), engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(mostIn(SECOND)).isEqualTo(10);
    assertThat(taken(begun)).isLessThan(Duration.ofSeconds(12));
  }

  @Test
  @DisplayName("REQ-M19 all nodes share the rate")
  void shareTheRate() {
    Limit limit = Limit.none().rate(20, SECOND);
    ManualEngine one = engine(limit);
    ManualEngine other = engine(limit);
    BatchId id = one.submit(BatchRequest.of(ECHO, texts(200)));
    work(Duration.ofSeconds(15), one, other);

    assertThat(one.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(mostIn(SECOND)).isLessThanOrEqualTo(20);
    assertThat(taken(begun)).isLessThan(Duration.ofSeconds(13));
  }

  @Test
  @DisplayName("REQ-M19 a burst begins at once after quiet, and counts in each window")
  void allowABurst() {
    ManualEngine engine = engine(Limit.none().rate(10, SECOND).burst(5));
    work(SECOND, engine);
    engine.submit(BatchRequest.of(ECHO, texts(50)));
    work(Duration.ofMillis(200), engine);
    assertThat(begun).hasSizeGreaterThanOrEqualTo(5);

    work(Duration.ofSeconds(14), engine);
    assertThat(begun).hasSize(50);
    assertThat(mostIn(SECOND)).isLessThanOrEqualTo(10);
  }

  @Test
  @DisplayName("REQ-M19 a rate is changed while a batch runs")
  void changeTheRate() {
    ManualEngine engine = engine(Limit.none().rate(10, SECOND));
    engine.submit(BatchRequest.of(ECHO, texts(1_000)));
    work(Duration.ofSeconds(3), engine);
    int before = begun.size();
    assertThat(before).isBetween(20, 30);

    engine.limits().set(ECHO, Limit.none().rate(100, SECOND), "a larger contract");
    work(Duration.ofSeconds(3), engine);
    assertThat(begun.size() - before).isBetween(200, 300);

    engine.limits().set(ECHO, Limit.none(), "no bounds");
    work(Duration.ofMillis(100), engine);
    assertThat(begun).hasSize(1_000);
  }

  @Test
  @DisplayName("REQ-M19 each tenant has its rate, and one that waits keeps no other one back")
  void limitTenants() {
    ManualEngine engine = engine(Limit.none());
    engine.limits().setTenant("slow", Limit.none().rate(1, SECOND), "a small contract");
    BatchId slow = engine.forTenant("slow").submit(BatchRequest.of(ECHO, texts(3)));
    BatchId quick = engine.forTenant("quick").submit(BatchRequest.of(ECHO, texts(500)));
    work(SECOND, engine);

    assertThat(engine.status(quick).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(slow).counts().succeeded()).isBetween(1L, 2L);
    work(Duration.ofSeconds(4), engine);
    assertThat(engine.status(slow).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 each tenant without a limit of its own has that of each one")
  void limitEachTenant() {
    ManualEngine engine = engine(Limit.none());
    engine.limits().setEachTenant(Limit.none().rate(10, SECOND), "fair");
    engine.limits().setTenant("large", Limit.none().rate(100, SECOND), "pays");
    BatchId large = engine.forTenant("large").submit(BatchRequest.of(ECHO, texts(1_000)));
    BatchId one = engine.forTenant("one").submit(BatchRequest.of(ECHO, texts(1_000)));
    work(Duration.ofSeconds(3), engine);

    assertThat(engine.status(one).counts().succeeded()).isBetween(20L, 30L);
    assertThat(engine.status(large).counts().succeeded()).isBetween(200L, 300L);
  }

  @Test
  @DisplayName("REQ-M19 nothing begins of a type that is held, until it is released")
  void hold() {
    ManualEngine engine = engine(Limit.none());
    engine.limits().hold(ECHO, Duration.ofHours(1), "the provider is down");
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(10)));
    work(Duration.ofSeconds(5), engine);
    assertThat(begun).isEmpty();
    assertThat(engine.metrics().isHeld("echo")).isTrue();
    assertThat(engine.health().isUp()).isTrue();
    assertThat(engine.health().toMap())
        .containsEntry(
            "held_types", "echo until " + fixture.clock.instant().plusSeconds(3_600 - 5));

    assertThat(engine.limits().release(ECHO, "it is up")).isTrue();
    assertThat(engine.metrics().isHeld("echo")).isFalse();
    assertThat(engine.health().heldTypes()).isEmpty();
    work(SECOND, engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 a hold holds on other nodes within a poll, and ends by itself")
  void holdOnOtherNodes() {
    ManualEngine one = engine(Limit.none());
    ManualEngine other = engine(Limit.none());
    work(SECOND, other);
    one.limits().hold(ECHO, Duration.ofSeconds(30), "maintenance");
    work(SECOND, other);
    BatchId id = other.submit(BatchRequest.of(ECHO, texts(10)));
    work(Duration.ofSeconds(28), other);
    assertThat(begun).isEmpty();

    work(Duration.ofSeconds(2), other);
    assertThat(other.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 what asked during a hold that it did not know of goes on at once after it")
  void goOnAfterARelease() {
    ManualEngine engine = engine(Limit.none().rate(1, SECOND));
    engine.submit(BatchRequest.of(ECHO, texts(100)));
    work(Duration.ofSeconds(3), engine);
    LimitStore elsewhere = fixture.memory.limits();
    elsewhere.hold("echo", Duration.ofHours(1), null, "429");
    work(Duration.ofSeconds(5), engine);
    elsewhere.release("echo", new Actor(null, "other"), "up");
    int before = begun.size();
    work(Duration.ofSeconds(10), engine);

    assertThat(begun.size() - before).isGreaterThan(5);
  }

  @Test
  @DisplayName("REQ-M19 what a processor says of its service, other nodes hear")
  void slowDownEverywhere() {
    ManualEngine refused =
        fixture.engine(
            options ->
                options.register(
                    ECHO,
                    (input, context) ->
                        context.retryAfter(Duration.ofSeconds(30), HoldScope.TYPE)));
    refused.submit(BatchRequest.of(ECHO, texts(1)));
    work(SECOND, refused);
    ManualEngine other = engine(Limit.none());
    other.submit(BatchRequest.of(ECHO, texts(10)));
    work(Duration.ofSeconds(20), other);

    assertThat(begun).isEmpty();
    assertThat(other.limits().all())
        .singleElement()
        .satisfies(state -> assertThat(state.heldReason()).isPresent());
  }

  @Test
  @DisplayName("REQ-M19 no more calls run than allowed, over all nodes, and each place is used")
  void boundWhatRuns() {
    EngineParts one = fixture.parts(new Faults(fixture.memory), this::twoAtATime);
    EngineParts other = fixture.parts(new Faults(fixture.memory), this::twoAtATime);
    fixture.engine(options -> options).submit(BatchRequest.of(ECHO, texts(20)));
    List<WorkQueue.Taken> ofOne = new ArrayList<>();
    List<WorkQueue.Taken> ofOther = new ArrayList<>();

    pass(() -> take(one, ofOne));
    assertThat(ofOne).hasSize(2);
    pass(() -> take(other, ofOther));
    assertThat(ofOther).isEmpty();

    ofOne.remove(0).permit().release();
    pass(
        () -> {
          take(one, ofOne);
          take(other, ofOther);
        });
    assertThat(ofOne).hasSize(1);
    assertThat(ofOther).hasSize(1);
  }

  private BatchEngine.Builder twoAtATime(BatchEngine.Builder options) {
    return options.register(
        ECHO, input -> input, JobOptions.defaults().limit(Limit.none().running(2)));
  }

  /** Two seconds, in which calls begin and none ends. */
  private void pass(Runnable step) {
    for (int i = 0; i < 40; i++) {
      step.run();
      fixture.pass(Duration.ofMillis(50));
    }
  }

  private static void take(EngineParts parts, List<WorkQueue.Taken> taken) {
    boolean hasWork = true;
    while (hasWork) {
      hasWork = parts.settler.runOnce();
      hasWork |= parts.dispatcher.runOnce();
    }
    Workers workers = parts.workers.get("echo");
    for (WorkQueue.Taken some = workers.queue().take();
        !some.items().isEmpty();
        some = workers.queue().take()) {
      taken.add(some);
    }
  }

  @Test
  @DisplayName("REQ-M19 with each limit at its smallest a batch still ends")
  void endWithTheSmallest() {
    ManualEngine engine = engine(Limit.none().rate(1, Limit.SHORTEST).running(1));
    engine.limits().setEachTenant(Limit.none().rate(1, Limit.SHORTEST).running(1), "small");
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(20)));
    work(Duration.ofSeconds(10), engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 what is declared is listed, and set limits replace it")
  void list() {
    ManualEngine engine = engine(Limit.none().running(7));
    work(SECOND, engine);
    assertThat(engine.limits().all())
        .extracting(LimitState::scope, LimitState::name, LimitState::limit, LimitState::isSet)
        .containsExactly(tuple(LimitScope.TYPE, "echo", Limit.none().running(7), false));
    engine.limits().set(ECHO, Limit.none().running(3), "less");
    assertThat(engine.limits().all().get(0).limit()).isEqualTo(Limit.none().running(3));
    engine.limits().reset(ECHO, "as declared");
    assertThat(engine.limits().all().get(0).limit()).isEqualTo(Limit.none().running(7));
  }

  @Test
  @DisplayName("REQ-M19 code that says nothing takes back what it said before")
  void takeBack() {
    ManualEngine before = engine(Limit.none().rate(1, Duration.ofHours(1)));
    work(SECOND, before);
    before.close();
    ManualEngine engine = engine(Limit.none());
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(20)));
    work(SECOND, engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("what a type cannot have is refused, and a tenant's view has no limits")
  void refuse() {
    ManualEngine engine = engine(Limit.none());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.limits().set(ECHO, Limit.none().weight(3), "no"))
        .withMessage(
            "limit \"weight 3\" has what only tenants can have: of calls, set a rate or how many run");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.limits().setTenant("*", Limit.none().running(1), "no"))
        .withMessage("tenant \"*\" stands for each one: use setEachTenant");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.limits().hold(ECHO, Duration.ZERO, "no"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.limits().set(ECHO, Limit.none(), " "));
    assertThatIllegalStateException().isThrownBy(() -> engine.forTenant("acme").limits());
  }
}
