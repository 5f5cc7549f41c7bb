package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitState;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.Reason;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How a job type is held on all nodes when its attempts fail alike, and heals, on a virtual clock.
 */
class BreakerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration STEP = Duration.ofMillis(50);
  private static final JobOptions HALF_OF_TWENTY =
      JobOptions.defaults()
          .concurrency(4)
          .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(1_000))
          .holdOnFailures(0.5, 20);

  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private final List<Instant> begun = new ArrayList<>();
  private final List<Instant> failed = new ArrayList<>();
  private Instant downFrom = Instant.MAX;
  private Instant downUntil = Instant.MAX;

  /** What is thrown while the provider is down, by how often it has failed before. */
  private IntFunction<RuntimeException> failure = before -> new IllegalStateException("down");

  private ManualEngine engine() {
    return engine(HALF_OF_TWENTY);
  }

  private ManualEngine engine(JobOptions options) {
    return fixture.engine(of -> of.register(ECHO, this::call, options));
  }

  /** Each call takes 10 ms. */
  private String call(String input, ItemContext context) {
    Instant now = fixture.clock.instant();
    begun.add(now);
    fixture.pass(Duration.ofMillis(10));
    if (!now.isBefore(downFrom) && now.isBefore(downUntil)) {
      failed.add(now);
      throw failure.apply(failed.size());
    }
    return input;
  }

  private void down(Duration time) {
    downFrom = fixture.clock.instant();
    downUntil = downFrom.plus(time);
  }

  /** Engines take turns, so that none has all the time. */
  private void work(Duration time, ManualEngine... engines) {
    Instant end = fixture.clock.instant().plus(time);
    while (fixture.clock.instant().isBefore(end)) {
      boolean more = false;
      for (ManualEngine engine : engines) {
        for (int i = 0; i < 10; i++) {
          more |= engine.runOnce();
        }
      }
      fixture.pass(more ? Duration.ofMillis(1) : STEP);
    }
  }

  private List<FeedEvent> told() {
    return fixture.memory.feed().read(0, 1_000, null).events().stream()
        .filter(
            event ->
                event.kind() == EventKind.BREAKER_TRIPPED
                    || event.kind() == EventKind.BREAKER_CLOSED)
        .toList();
  }

  private static List<String> codes(Batches batches, BatchId id) {
    return batches.explain(id).stream().map(Reason::code).toList();
  }

  private long begunSince(Instant time) {
    return begun.stream().filter(at -> !at.isBefore(time)).count();
  }

  @Test
  @DisplayName("REQ-M19 while a provider is down a type is held, few calls fail, and it heals")
  void holdAndHeal() {
    ManualEngine engine = engine();
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(5_000)));
    work(SECOND, engine);
    down(Duration.ofSeconds(10));
    work(Duration.ofSeconds(5), engine);

    assertThat(failed.size()).isBetween(10, 25);
    assertThat(codes(engine, id)).contains("BREAKER").doesNotContain("HELD");
    LimitState state = engine.limits().all().get(0);
    assertThat(state.heldReason().orElseThrow()).startsWith("the breaker 0.5/20 tripped: ");
    Instant until = state.heldUntil().orElseThrow();
    assertThat(engine.explain(id).get(0).until()).contains(until);
    work(Duration.between(fixture.clock.instant(), until), engine);
    assertThat(begunSince(downFrom.plusSeconds(1))).isZero();

    work(Duration.ofMinutes(1), engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(told())
        .extracting(FeedEvent::kind)
        .containsExactly(EventKind.BREAKER_TRIPPED, EventKind.BREAKER_CLOSED);
    assertThat(told().get(0).reason()).contains("attempts failed with the fingerprint ");
  }

  @Test
  @DisplayName("REQ-M19 a trial has three calls over all nodes, and each hold is twice as long")
  void tryAgain() {
    ManualEngine one = engine();
    ManualEngine other = engine();
    BatchId id = one.submit(BatchRequest.of(ECHO, texts(5_000)));
    work(SECOND, one, other);
    down(Duration.ofSeconds(100));
    work(Duration.ofSeconds(5), one, other);
    int atFirst = failed.size();
    assertThat(atFirst).isBetween(10, 2 * 2 * (20 + 4));

    work(Duration.ofSeconds(90), one, other);
    assertThat(failed.size() - atFirst).isBetween(4, 6);
    assertThat(told()).extracting(FeedEvent::kind).containsOnly(EventKind.BREAKER_TRIPPED);
    assertThat(told()).hasSize(3);
    assertThat(Duration.between(told().get(1).happenedAt(), told().get(2).happenedAt()))
        .isBetween(Duration.ofMinutes(1), Duration.ofSeconds(63));

    work(Duration.ofMinutes(3), one, other);
    assertThat(one.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(told()).hasSize(4);
  }

  @Test
  @DisplayName("REQ-M19 failures of many kinds do not hold a type")
  void doNotTripOnDifferentFailures() {
    failure = before -> new CodedFailure("CODE_" + before % 3);
    ManualEngine engine =
        fixture.engine(
            of ->
                of.register(
                    ECHO,
                    (input, context) -> {
                      try {
                        return call(input, context);
                      } catch (CodedFailure e) {
                        return context.fail(e.getMessage(), "no");
                      }
                    },
                    HALF_OF_TWENTY));
    engine.submit(BatchRequest.of(ECHO, texts(5_000)));
    down(Duration.ofSeconds(5));
    work(Duration.ofSeconds(5), engine);

    assertThat(failed).hasSizeGreaterThan(400);
    assertThat(told()).isEmpty();
  }

  private static final class CodedFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CodedFailure(String code) {
      super(code);
    }
  }

  @Test
  @DisplayName("REQ-M19 with more successes in between than the share a type is not held")
  void doNotTripOnFewFailures() {
    int[] calls = {0};
    ManualEngine engine =
        fixture.engine(
            of ->
                of.register(
                    ECHO,
                    (input, context) -> {
                      call(input, context);
                      if (calls[0]++ % 5 < 2) {
                        throw new IllegalStateException("two of five");
                      }
                      return input;
                    },
                    HALF_OF_TWENTY));
    engine.submit(BatchRequest.of(ECHO, texts(5_000)));
    work(Duration.ofSeconds(5), engine);

    assertThat(begun).hasSizeGreaterThan(400);
    assertThat(told()).isEmpty();
  }

  @Test
  @DisplayName("REQ-M19 a node on which all fails does not hold a type that works elsewhere")
  void restWhereOnlyOneFails() {
    ManualEngine broken =
        fixture.engine(
            of ->
                of.register(
                    ECHO,
                    (input, context) -> {
                      failed.add(fixture.clock.instant());
                      throw new IllegalStateException("only here");
                    },
                    HALF_OF_TWENTY));
    ManualEngine one = engine();
    ManualEngine other = engine();
    one.submit(BatchRequest.of(ECHO, texts(50_000)));
    work(Duration.ofSeconds(2), one, other);
    work(Duration.ofSeconds(20), one, other, broken);

    assertThat(told()).isEmpty();
    assertThat(failed.size()).isBetween(20, 45);
  }

  @Test
  @DisplayName("REQ-M19 what asks to be called later has not failed")
  void doNotTripOnDeferrals() {
    ManualEngine engine =
        fixture.engine(
            of ->
                of.register(
                    ECHO,
                    (input, context) -> {
                      call(input, context);
                      return context.retryAfter(SECOND, HoldScope.ITEM);
                    },
                    HALF_OF_TWENTY));
    engine.submit(BatchRequest.of(ECHO, texts(50)));
    work(Duration.ofSeconds(10), engine);

    assertThat(begun).hasSizeGreaterThan(200);
    assertThat(told()).isEmpty();
  }

  @Test
  @DisplayName("REQ-M19 in bulk each item is an attempt, and a trial is three calls")
  void inBulk() {
    ManualEngine engine =
        fixture.engine(
            of ->
                of.registerBulk(
                    ECHO,
                    chunk -> {
                      begun.add(fixture.clock.instant());
                      fixture.pass(Duration.ofMillis(10));
                      if (fixture.clock.instant().isBefore(downUntil)) {
                        failed.add(fixture.clock.instant());
                        throw new IllegalStateException("down");
                      }
                      chunk.forEach(item -> item.succeed(item.input()));
                    },
                    HALF_OF_TWENTY.chunkSize(10)));
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(2_000)));
    down(Duration.ofSeconds(10));
    work(Duration.ofSeconds(5), engine);
    assertThat(failed.size()).isBetween(1, 6);
    assertThat(codes(engine, id)).contains("BREAKER");

    work(Duration.ofMinutes(1), engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(told()).hasSize(2);
  }

  @Test
  @DisplayName("REQ-M19 a release ends the hold and the trial")
  void release() {
    ManualEngine engine = engine();
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(2_000)));
    down(Duration.ofSeconds(2));
    work(Duration.ofSeconds(5), engine);
    assertThat(codes(engine, id)).contains("BREAKER");

    assertThat(engine.limits().release(ECHO, "the provider is up")).isTrue();
    work(Duration.ofMinutes(1), engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(taken()).isLessThan(Duration.ofSeconds(30));
    assertThat(told()).hasSize(1);
  }

  private Duration taken() {
    return Duration.between(begun.get(0), begun.get(begun.size() - 1));
  }

  @Test
  @DisplayName("REQ-M19 a release on another node is known here though nothing is in hand")
  void releaseElsewhere() {
    ManualEngine engine = engine();
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(2_000)));
    ManualEngine elsewhere = fixture.engine(UnaryOperator.identity());
    down(Duration.ofSeconds(2));
    work(Duration.ofSeconds(10), engine);
    elsewhere.limits().release(ECHO, "the provider is up");
    Instant released = fixture.clock.instant();
    work(Duration.ofSeconds(3), engine);

    assertThat(begunSince(released)).isGreaterThan(100);
    work(Duration.ofMinutes(1), engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 a breaker goes together with a rate and with a number of calls")
  void withOtherLimits() {
    ManualEngine engine = engine(HALF_OF_TWENTY.limit(Limit.none().rate(50, SECOND).running(2)));
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(300)));
    work(SECOND, engine);
    down(Duration.ofSeconds(10));
    work(Duration.ofSeconds(5), engine);
    assertThat(failed.size()).isBetween(10, 25);
    assertThat(codes(engine, id)).contains("BREAKER");

    work(Duration.ofMinutes(1), engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 a breaker is set while a batch runs, and taken away")
  void setAndReset() {
    ManualEngine engine = engine(JobOptions.defaults().retry(HALF_OF_TWENTY.retry()));
    engine.submit(BatchRequest.of(ECHO, texts(5_000)));
    down(Duration.ofHours(1));
    work(Duration.ofSeconds(3), engine);
    assertThat(failed).hasSizeGreaterThan(200);

    engine.limits().set(ECHO, Limit.none().breaker(0.5, 20), "it fails");
    int before = failed.size();
    work(Duration.ofSeconds(20), engine);
    assertThat(failed.size() - before).isBetween(10, 30);

    engine.limits().reset(ECHO, "as declared");
    engine.limits().release(ECHO, "as declared");
    work(Duration.ofSeconds(3), engine);
    assertThat(failed.size() - before).isGreaterThan(200);
  }

  @Test
  @DisplayName("REQ-M19 a node begins nothing before it knows of a trial of others")
  void askBeforeTheFirst() {
    ManualEngine one = engine();
    ManualEngine late = engine();
    work(SECOND, one, late);
    one.submit(BatchRequest.of(ECHO, texts(2_000)));
    down(Duration.ofSeconds(2));
    work(Duration.ofSeconds(5), one);
    int before = begun.size();
    work(Duration.ofSeconds(20), late);

    assertThat(begun).hasSize(before);
  }

  @Test
  @DisplayName("REQ-M19 while all is well a breaker asks once a second, and never without work")
  void costLittle() {
    Faults faults = new Faults(fixture.memory);
    ManualEngine engine =
        fixture.engine(faults, of -> of.register(ECHO, this::call, HALF_OF_TWENTY));
    work(Duration.ofSeconds(10), engine);
    assertThat(faults.calls("ask")).isZero();
    engine.submit(BatchRequest.of(ECHO, texts(900)));
    work(Duration.ofSeconds(20), engine);

    assertThat(begun).hasSize(900);
    assertThat(faults.calls("ask")).isBetween(9L, 13L);
  }

  @Test
  @DisplayName("REQ-M19 while a breaker holds a type nothing is claimed of it")
  void claimNothingMeanwhile() {
    Faults faults = new Faults(fixture.memory);
    ManualEngine engine =
        fixture.engine(faults, of -> of.register(ECHO, this::call, HALF_OF_TWENTY));
    engine.submit(BatchRequest.of(ECHO, texts(2_000)));
    down(Duration.ofSeconds(10));
    work(Duration.ofSeconds(5), engine);
    long before = faults.calls("claim");
    work(Duration.ofSeconds(20), engine);

    assertThat(told()).hasSize(1);
    assertThat(faults.calls("claim")).isEqualTo(before);
  }

  @Test
  @DisplayName("REQ-M19 a limit and a breaker are declared in any order")
  void declareInAnyOrder() {
    Limit both = Limit.none().running(3).breaker(0.5, 20);
    JobOptions options = JobOptions.defaults();
    assertThat(options.limit(Limit.none().running(3)).holdOnFailures(0.5, 20).limit())
        .isEqualTo(both);
    assertThat(options.holdOnFailures(0.5, 20).limit(Limit.none().running(3)).limit())
        .isEqualTo(both);
    assertThat(options.holdOnFailures(1, 7).limit(both).limit()).isEqualTo(both);
    assertThat(
            options.limit(Limit.none().running(3)).orElse(options.holdOnFailures(0.5, 20)).limit())
        .isEqualTo(both);
    assertThatIllegalArgumentException().isThrownBy(() -> options.holdOnFailures(0.5, 0));
  }

  @Test
  @DisplayName("REQ-M19 a batch of which too much fails is paused, and a trial follows its resume")
  void pauseABatch() {
    ManualEngine one = engine(HALF_OF_TWENTY.holdOnFailures(1, 1_000));
    ManualEngine other = engine(HALF_OF_TWENTY.holdOnFailures(1, 1_000));
    BatchId good = one.submit(BatchRequest.of(ECHO, texts(20)));
    BatchId bad =
        one.submit(
            BatchRequest.of(ECHO, texts(3_000))
                .pauseOnFailures(0.5, 20)
                .limit(Limit.none().running(5)));
    assertThat(one.status(bad).limit()).contains(Limit.none().running(5).breaker(0.5, 20));
    work(SECOND, one, other);
    down(Duration.ofMinutes(1));
    work(Duration.ofSeconds(5), one, other);
    assertThat(one.status(good).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(one.status(bad).state()).isEqualTo(BatchState.PAUSED);
    assertThat(one.status(bad).stateReason()).contains("BREAKER");
    assertThat(one.explain(bad))
        .extracting(Reason::code, Reason::needsPerson)
        .contains(tuple("BREAKER", true));
    int atFirst = failed.size();
    assertThat(atFirst).isBetween(10, 2 * 2 * (20 + 4));

    one.resume(bad, "try");
    work(Duration.ofSeconds(10), one, other);
    assertThat(one.status(bad).state()).isEqualTo(BatchState.PAUSED);
    assertThat(failed.size() - atFirst).isBetween(2, 3);
    work(Duration.ofMinutes(1), one, other);
    assertThat(failed.size() - atFirst).isLessThanOrEqualTo(3);

    one.resume(bad, "it is up");
    work(Duration.ofMinutes(2), one, other);
    assertThat(one.status(bad).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 a tenant cannot have a breaker")
  void refuseOfATenant() {
    ManualEngine engine = engine();
    Limit limit = Limit.none().breaker(0.5, 50);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.limits().setTenant("acme", limit, "no"))
        .withMessage(
            "limit \"breaker 0.5/50\" has a breaker, which tenants cannot have: set it for the job type, with limits().set or JobOptions.holdOnFailures");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.limits().setEachTenant(limit, "no"));
  }
}
