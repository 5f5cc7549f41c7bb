package org.batchengine.engine.limit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.engine.loop.Signal;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.Attempts;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** When a session asks. */
class AllowanceTest {
  private static final LimitName SEND = LimitName.ofType("send");
  private static final double EACH = 1e9;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static LimitAnswer nothing(Limit limit, int target, Duration nextIn) {
    return new LimitAnswer(limit, target, 0, 0, 1, 0, nextIn, nextIn, 0, 0, 0);
  }

  @Test
  @DisplayName("who was told to come back after a hold asks soon once it is released")
  void askAfterARelease() {
    Limit limit = Limit.none().rate(10, Duration.ofSeconds(1));
    Allowance allowance = new Allowance(SEND, limit, 0);
    LimitAsk ask = allowance.ask(1, 1, 5, 8, EACH, Duration.ZERO, 0);
    allowance.answered(ask, nothing(limit, Integer.MAX_VALUE, Duration.ofHours(1)), 0);
    assertThat(allowance.untilAsk(5, 8, EACH, 0)).isGreaterThan(60 * SECOND);

    allowance.changed(new StoredLimit(SEND, limit, Duration.ZERO, 7));

    assertThat(allowance.untilAsk(5, 8, EACH, 0)).isLessThan(SECOND);
    assertThat(allowance.room(EACH, 0)).isPositive();
  }

  @Test
  @DisplayName("it asks at once by a clock that began far below zero, too")
  void askByAnyClock() {
    long now = -1_000_000 * SECOND;
    Allowances allowances = new Allowances(new Signal(), () -> now);
    Limit limit = Limit.none().rate(10, Duration.ofSeconds(1)).running(1);
    allowances.changed(List.of(new StoredLimit(SEND, limit, Duration.ZERO, 1)), 0);

    assertThat(allowances.room(SEND, EACH, now)).isPositive();
  }

  /** Five calls of one batch. */
  private record FiveCalls(Runnable looked) implements Allowances.Waiting {
    FiveCalls() {
      this(() -> {});
    }

    @Override
    public List<Part> parts(String type) {
      looked.run();
      return List.of(new Part(BreakerSimulation.BATCH, 5));
    }

    @Override
    public int workers(String type) {
      return 8;
    }

    @Override
    public double nanosBetween(String type) {
      return EACH;
    }

    @Override
    public Duration patience(String type) {
      return Duration.ZERO;
    }

    @Override
    public Collection<String> types() {
      return List.of(BreakerSimulation.BATCH.type());
    }
  }

  /** A queue's lock is taken first, then that of the allowances: never the other way round. */
  @Test
  @DisplayName("queues are asked what waits while no lock is held")
  void lookAtQueuesWithoutTheLock() {
    Allowances allowances = new Allowances(new Signal(), () -> 0);
    allowances.changed(
        List.of(
            new StoredLimit(
                LimitName.ofTenant(BreakerSimulation.BATCH.tenant()),
                Limit.none().running(1),
                Duration.ZERO,
                1)),
        1);
    AtomicInteger looks = new AtomicInteger();
    Allowances.Waiting queues =
        new FiveCalls(
            () -> {
              looks.incrementAndGet();
              CompletableFuture.supplyAsync(() -> allowances.open(BreakerSimulation.BATCH, 0))
                  .orTimeout(5, TimeUnit.SECONDS)
                  .join();
            });

    allowances.untilDue(queues, 0);
    allowances.waiting(LimitScope.TENANT, queues, 0);
    assertThat(allowances.ask(1, queues, 0)).isNotNull();
    assertThat(looks).hasValue(3);
  }

  @Test
  @DisplayName("a place of the type is wanted only for calls that their tenant lets through")
  void wantOfTheWiderWhatTheNarrowerLetsThrough() {
    LimitName type = LimitName.ofType(BreakerSimulation.BATCH.type());
    LimitName tenant = LimitName.ofTenant(BreakerSimulation.BATCH.tenant());
    Limit one = Limit.none().running(1);
    Allowances allowances = new Allowances(new Signal(), () -> 0);
    allowances.changed(
        List.of(
            new StoredLimit(type, one, Duration.ZERO, 1),
            new StoredLimit(tenant, one, Duration.ZERO, 2)),
        2);

    LimitAsk first = requireNonNull(allowances.ask(1, new FiveCalls(), 0));
    assertThat(first.name()).isEqualTo(tenant);
    allowances.answered(first, nothing(one, 0, Duration.ofMillis(100)), 0);
    LimitAsk second = requireNonNull(allowances.ask(1, new FiveCalls(), SECOND));
    assertThat(second.name()).isEqualTo(tenant);
    allowances.answered(second, nothing(one, 1, Duration.ofSeconds(1)), SECOND);
    LimitAsk third = requireNonNull(allowances.ask(1, new FiveCalls(), SECOND));
    assertThat(third.name()).isEqualTo(type);
    assertThat(third.wanted()).isEqualTo(1);
  }

  @Test
  @DisplayName("no more places are wanted than there are workers")
  void wantNoMoreThanWorkers() {
    Allowance allowance = new Allowance(SEND, Limit.none().running(100), 0);

    assertThat(allowance.ask(1, 1, 1_000, 8, EACH, Duration.ZERO, 0).wanted()).isEqualTo(8);
  }

  @Test
  @DisplayName("that nothing is wanted any more is said again until it is heard")
  void sayAgainThatNothingIsWanted() {
    Limit limit = Limit.none().running(2);
    Allowance allowance = new Allowance(SEND, limit, 0);
    LimitAsk ask = allowance.ask(1, 1, 1, 8, EACH, Duration.ZERO, 0);
    allowance.answered(ask, nothing(limit, 1, Duration.ofSeconds(1)), 0);
    LimitAsk last = allowance.ask(1, 2, 0, 8, EACH, Duration.ZERO, SECOND);
    assertThat(allowance.untilAsk(0, 8, EACH, SECOND)).isLessThan(SECOND);

    allowance.answered(last, nothing(limit, 0, Duration.ofSeconds(1)), SECOND);

    assertThat(allowance.untilAsk(0, 8, EACH, SECOND)).isEqualTo(Long.MAX_VALUE);
  }

  // --- With a breaker ---

  private static final Limit BREAKER = Limit.none().breaker(0.5, 4);

  private static LimitAnswer mayTry(int trial, int calls) {
    return new LimitAnswer(
        BREAKER,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        0,
        0,
        Long.MAX_VALUE,
        Duration.ofSeconds(1),
        Duration.ZERO,
        trial,
        calls,
        0);
  }

  /** It was told at this time how many calls may try. */
  private static Allowance told(int trial, int calls, long now) {
    Allowance allowance = new Allowance(SEND, BREAKER, 0);
    LimitAsk ask = allowance.ask(1, 1, 5, 8, EACH, Duration.ZERO, now);
    allowance.answered(ask, mayTry(trial, calls), now);
    return allowance;
  }

  private static void run(Allowance allowance, String end, long now) {
    int trial = allowance.trial();
    allowance.use(1, now);
    allowance.ended(List.of(end), trial);
    allowance.released(0, trial);
  }

  @Test
  @DisplayName("nothing begins before the store has said whether the breaker is closed")
  void askFirst() {
    assertThat(new Allowance(SEND, BREAKER, 0).open(0)).isZero();

    Allowance allowance = told(0, Integer.MAX_VALUE, 0);
    assertThat(allowance.open(2 * SECOND)).isEqualTo(Integer.MAX_VALUE);
    assertThat(allowance.open(3 * SECOND)).isZero();
    assertThat(allowance.untilAsk(5, 8, EACH, 3 * SECOND)).isNotPositive();
    assertThat(allowance.untilAsk(0, 8, EACH, 3 * SECOND)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @DisplayName("calls of a trial are used up, and those that have not begun come back")
  void useATrial() {
    Allowance allowance = told(1, 3, 0);
    assertThat(allowance.room(EACH, 0)).isEqualTo(3);
    allowance.use(2, 0);
    assertThat(allowance.open(0)).isEqualTo(1);
    allowance.released(1, 1);
    assertThat(allowance.open(0)).isEqualTo(2);
    allowance.use(1, 0);
    allowance.released(1, 0);
    assertThat(allowance.open(0)).isEqualTo(1);
  }

  @Test
  @DisplayName("how a trial went is told though no work is left, and that all is well is not")
  void tellOfATrial() {
    Allowance trying = told(1, 3, 0);
    run(trying, LastAttempts.GOOD, 0);
    assertThat(trying.untilAsk(5, 8, EACH, SECOND / 5)).isNotPositive();
    assertThat(trying.untilAsk(0, 8, EACH, SECOND)).isNotPositive();
    assertThat(trying.ask(1, 2, 0, 8, EACH, Duration.ZERO, SECOND).attempts())
        .isEqualTo(new Attempts(1, 1, 0, null));

    Allowance closed = told(1, Integer.MAX_VALUE, 0);
    run(closed, LastAttempts.GOOD, 0);
    assertThat(closed.untilAsk(0, 8, EACH, SECOND)).isEqualTo(Long.MAX_VALUE);
    run(closed, "down", 0);
    assertThat(closed.untilAsk(0, 8, EACH, SECOND)).isLessThan(SECOND);
  }

  @Test
  @DisplayName(
      "a session whose last attempts fail rests until it has told, then begins one a second")
  void rest() {
    Allowance allowance = told(0, Integer.MAX_VALUE, 0);
    int before = allowance.stops();
    run(allowance, "down", 0);
    assertThat(allowance.open(0)).isEqualTo(Integer.MAX_VALUE);
    run(allowance, "down", 0);
    assertThat(allowance.open(0)).isZero();
    assertThat(allowance.stops()).isGreaterThan(before);
    assertThat(allowance.open(2 * SECOND)).isZero();
    LimitAsk ask = allowance.ask(1, 2, 5, 8, EACH, Duration.ZERO, SECOND / 2);
    assertThat(ask.attempts()).isEqualTo(new Attempts(0, 2, 2, "down"));
    allowance.answered(ask, mayTry(0, Integer.MAX_VALUE), SECOND / 2);

    assertThat(allowance.open(SECOND / 2)).isZero();
    assertThat(allowance.untilPlace(SECOND / 2)).isEqualTo(SECOND / 2);
    assertThat(allowance.open(SECOND)).isEqualTo(1);
  }

  @Test
  @DisplayName("what began before the breaker tripped is not told, and what has not begun stops")
  void forgetWhatWasBefore() {
    Allowance allowance = told(0, Integer.MAX_VALUE, 0);
    run(allowance, "down", 0);
    int before = allowance.stops();
    LimitAsk ask = allowance.ask(1, 2, 5, 8, EACH, Duration.ZERO, SECOND);
    allowance.answered(ask, mayTry(1, 0), SECOND);
    allowance.ended(List.of("down"), 0);

    assertThat(allowance.stops()).isGreaterThan(before);
    assertThat(allowance.ask(1, 3, 5, 8, EACH, Duration.ZERO, 2 * SECOND).attempts())
        .isEqualTo(new Attempts(1, 0, 0, null));
  }

  @Test
  @DisplayName("only the last attempts count, with the failures that are most frequent")
  void countTheLast() {
    LastAttempts last = new LastAttempts();
    List.of("a", "a", "b", LastAttempts.GOOD, "b", "c").forEach(each -> last.add(each, 5));
    assertThat(last.told(7)).isEqualTo(new Attempts(7, 5, 2, "b"));
    last.add(LastAttempts.GOOD, 2);
    assertThat(last.told(7)).isEqualTo(new Attempts(7, 2, 1, "c"));
  }
}
