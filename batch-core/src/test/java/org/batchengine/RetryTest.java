package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.batchengine.EngineFixture.START;
import static org.batchengine.EngineFixture.texts;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobType<String, String> OTHER =
      JobType.of("other", String.class, String.class);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final RetryPolicy EVERY_SECOND = RetryPolicy.fixed(SECOND);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  /** When attempts were made. */
  private final List<Instant> calls = new ArrayList<>();

  private ManualEngine failing(RetryPolicy policy, Throwable thrown) {
    return engine(
        JobOptions.defaults().retry(policy), (input, context) -> EngineFixture.thrown(thrown));
  }

  private ManualEngine engine(JobOptions options, ItemProcessor<String, String> processor) {
    return world.engine(
        builder ->
            builder.register(
                WORK,
                (input, context) -> {
                  calls.add(world.clock.instant());
                  return processor.process(input, context);
                },
                options));
  }

  /** Submits an item and lets two minutes pass, second by second. */
  private BatchId worked(ManualEngine engine) {
    var id = engine.submit(WORK, List.of("input"));
    work(engine);
    return id;
  }

  private void work(ManualEngine engine) {
    engine.runUntilIdle();
    world.pass(Duration.ofMinutes(2), engine);
  }

  private List<Long> secondsOfCalls() {
    return calls.stream().map(at -> Duration.between(START, at).toSeconds()).toList();
  }

  @Nested
  @DisplayName("REQ-U12 how often, and after how long")
  class Policy {

    @Test
    void ofNoneFailsAfterTheFirstAttempt() {
      var engine = failing(RetryPolicy.none(), new IOException());

      var id = worked(engine);

      assertThat(secondsOfCalls()).containsExactly(0L);
      assertThat(engine.item(id, 0).orElseThrow().state()).isEqualTo(ItemState.FAILED);
      assertThat(engine.item(id, 0).orElseThrow().retries()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 100})
    @DisplayName("REQ-D4 REQ-X6 a retry is an attempt after the first, and the last one is final")
    void countsRetriesAfterTheFirstAttempt(int retries) {
      var engine = failing(EVERY_SECOND.maxRetries(retries), new IOException());

      var id = worked(engine);

      assertThat(calls).hasSize(retries + 1);
      assertThat(engine.item(id, 0).orElseThrow().attempts()).isEqualTo(retries + 1);
      assertThat(engine.item(id, 0).orElseThrow().retries()).isEqualTo(retries);
      assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void waitsEquallyLongIfItIsFixed() {
      worked(failing(RetryPolicy.fixed(Duration.ofSeconds(10)), new IOException()));

      assertThat(secondsOfCalls()).containsExactly(0L, 10L, 20L, 30L);
    }

    @Test
    void waitsTwiceAsLongEachTimeIfItIsExponential() {
      var policy = RetryPolicy.exponential(SECOND.multipliedBy(2)).jitter(0).maxRetries(4);

      worked(failing(policy, new IOException()));

      assertThat(secondsOfCalls()).containsExactly(0L, 2L, 6L, 14L, 30L);
    }

    @Test
    void isExponentialFromOneSecondOnByDefault() {
      var engine =
          engine(JobOptions.defaults(), (input, context) -> EngineFixture.thrown(new Error()));

      var id = worked(engine);

      assertThat(calls).hasSize(4);
      assertThat(engine.errors(id, 0)).hasSize(4);
    }

    @Test
    @DisplayName("REQ-M3 a batch's own retry policy replaces that of the type")
    void ofTheBatchComesBeforeThatOfTheType() {
      var engine = failing(EVERY_SECOND.maxRetries(5), new IOException());

      engine.submit(BatchRequest.of(WORK, List.of("a")).retry(EVERY_SECOND.maxRetries(1)));
      work(engine);

      assertThat(calls).hasSize(2);
    }

    @Test
    void ofTheTypeComesBeforeThatOfTheEngine() {
      var engine =
          world.engine(
              builder ->
                  builder
                      .defaults(JobOptions.defaults().retry(EVERY_SECOND.maxRetries(5)))
                      .register(
                          WORK,
                          input -> thrown(),
                          JobOptions.defaults().retry(EVERY_SECOND.maxRetries(2))));

      worked(engine);

      assertThat(calls).hasSize(3);
    }

    @Test
    void ofTheEngineHoldsWhereNoneIsGiven() {
      var engine =
          world.engine(
              builder ->
                  builder
                      .register(WORK, input -> thrown())
                      .defaults(JobOptions.defaults().retry(EVERY_SECOND.maxRetries(5))));

      worked(engine);

      assertThat(calls).hasSize(6);
    }

    private String thrown() {
      calls.add(world.clock.instant());
      throw new IllegalStateException("again");
    }
  }

  @Nested
  @DisplayName("REQ-U12 which errors are worth a retry")
  class WorthIt {

    @Test
    void areOnlyThoseThatThePolicyNames() {
      var policy = EVERY_SECOND.retryOn(IOException.class);

      worked(failing(policy, new IllegalStateException()));
      assertThat(calls).hasSize(1);
      calls.clear();
      worked(failing(policy, new FileNotFoundException()));
      assertThat(calls).hasSize(4);
    }

    @Test
    void areNotThoseThatThePolicyExcludes() {
      worked(failing(EVERY_SECOND.neverOn(IOException.class), new FileNotFoundException()));

      assertThat(calls).hasSize(1);
    }

    @Test
    void areNotCodesThatThePolicyExcludes() {
      var engine =
          world.engine(
              builder ->
                  builder.registerBulk(
                      WORK,
                      chunk ->
                          chunk.forEach(
                              item -> {
                                calls.add(world.clock.instant());
                                item.fail("HTTP_404", "gone");
                              }),
                      JobOptions.defaults().retry(EVERY_SECOND.neverOnCode("HTTP_404"))));

      worked(engine);

      assertThat(calls).hasSize(1);
    }

    @Test
    void areNotThoseThatThePredicateExcludes() {
      var options =
          JobOptions.defaults()
              .retry(EVERY_SECOND)
              .retryIf(thrown -> !"hopeless".equals(thrown.getMessage()));

      worked(
          engine(options, (input, context) -> EngineFixture.thrown(new IOException("hopeless"))));
      assertThat(calls).hasSize(1);
      calls.clear();
      worked(
          engine(options, (input, context) -> EngineFixture.thrown(new IOException("transient"))));
      assertThat(calls).hasSize(4);
    }

    @Test
    void areJudgedByWhatAFutureOrAProxyWraps() {
      var wrapped = new CompletionException(new ExecutionException(new IOException("hopeless")));
      var options =
          JobOptions.defaults()
              .retry(EVERY_SECOND)
              .retryIf(thrown -> !"hopeless".equals(thrown.getMessage()));

      worked(engine(options, (input, context) -> EngineFixture.thrown(wrapped)));
      worked(failing(EVERY_SECOND.neverOn(IOException.class), wrapped));

      assertThat(calls).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(classes = {IllegalStateException.class, StackOverflowError.class, Error.class})
    void areAllIfThePredicateFails(Class<? extends Throwable> type) throws Exception {
      var failure = type.getDeclaredConstructor().newInstance();
      var options =
          JobOptions.defaults()
              .retry(EVERY_SECOND)
              .retryIf(thrown -> EngineFixture.<Boolean>thrown(failure));

      worked(engine(options, (input, context) -> EngineFixture.thrown(new IOException())));

      assertThat(calls).hasSize(4);
    }

    @Test
    void isNothingThatWasGivenUp() {
      var options = JobOptions.defaults().retry(EVERY_SECOND);

      worked(engine(options, (input, context) -> context.giveUp("HTTP_404", "gone")));

      assertThat(calls).hasSize(1);
    }
  }

  @Nested
  class RetryAfter {

    @Test
    void waitsAsLongAsTheProcessorSays() {
      var options = JobOptions.defaults().retry(EVERY_SECOND);
      var engine =
          engine(
              options,
              (input, context) ->
                  context.attempt() == 1
                      ? context.retryAfter(Duration.ofSeconds(42))
                      : "attempt " + context.attempt());

      var id = worked(engine);

      assertThat(secondsOfCalls()).containsExactly(0L, 42L);
      assertThat(engine.item(id, 0).orElseThrow().output()).contains("attempt 2");
      assertThat(engine.errors(id, 0)).isEmpty();
      assertThat(engine.item(id, 0).orElseThrow().attempts()).isEqualTo(2);
    }

    /** Of five attempts, the policy judges the first, the third and the last. */
    @Test
    void usesUpNoRetry() {
      var last = new ArrayList<Boolean>();
      var options = JobOptions.defaults().retry(EVERY_SECOND.maxRetries(2));
      var engine =
          engine(
              options,
              (input, context) -> {
                last.add(context.isLastAttempt());
                return context.attempt() % 2 == 0
                    ? context.retryAfter(SECOND)
                    : context.fail("HTTP_500", "attempt " + context.attempt());
              });

      var id = worked(engine);

      assertThat(last).containsExactly(false, false, false, true, true);
      assertThat(engine.errors(id, 0)).extracting(ItemError::attempt).containsExactly(1, 3, 5);
      assertThat(engine.item(id, 0).orElseThrow().state()).isEqualTo(ItemState.FAILED);
      assertThat(engine.item(id, 0).orElseThrow().attempts()).isEqualTo(5);
    }

    @Test
    void isLeftToThePolicyAfterAThousandTimes() {
      var options = JobOptions.defaults().retry(EVERY_SECOND.maxRetries(2));
      var engine = engine(options, (input, context) -> context.retryAfter(Duration.ZERO));

      var id = worked(engine);

      assertThat(calls).hasSize(1_003);
      assertThat(engine.errors(id, 0))
          .extracting(ItemError::attempt, ItemError::type)
          .containsExactly(
              tuple(1_001, "RETRY_LATER"),
              tuple(1_002, "RETRY_LATER"),
              tuple(1_003, "RETRY_LATER"));
      assertThat(engine.errors(id, 0).get(0).message())
          .isEqualTo(
              "the processor asked to be called again after PT0S, and has done so 1,000 times");
    }

    /** What is called meanwhile would only be refused too. */
    @Test
    void holdsOthersOfItsTypeBack() {
      var engine = busyUntil(Duration.ofSeconds(5), HoldScope.TYPE);

      var id = engine.submit(WORK, texts(20));
      var other = engine.submit(OTHER, texts(3));
      work(engine);

      assertThat(secondsOfCalls()).hasSize(21).startsWith(0L, 5L, 5L).endsWith(5L);
      assertThat(engine.status(id).isSuccess()).isTrue();
      assertThat(engine.status(other).endedAt()).contains(START);
    }

    @Test
    void holdsThemBackForAMinuteAtMost() {
      var engine = busyUntil(Duration.ofMinutes(90), HoldScope.TYPE);

      engine.submit(WORK, texts(3));
      work(engine);

      assertThat(secondsOfCalls()).containsExactly(0L, 60L, 120L);
    }

    @Test
    void holdsNobodyBackIfOnlyTheItemIsToWait() {
      var engine = busyUntil(Duration.ofSeconds(5), HoldScope.ITEM);

      engine.submit(WORK, texts(3));
      work(engine);

      assertThat(secondsOfCalls()).containsExactly(0L, 0L, 0L, 5L, 5L, 5L);
    }

    /** Items of a type that is held back do not keep others from running where they can. */
    @Test
    void givesBackWhatWaitsForLong() {
      var engine = busyUntil(Duration.ofSeconds(30), HoldScope.TYPE);
      var id = engine.submit(WORK, texts(20));
      engine.runUntilIdle();
      world.pass(Duration.ofSeconds(5), engine);

      assertThat(engine.status(id).counts().running()).isZero();
      assertThat(engine.health().waiting()).isZero();
    }

    private ManualEngine busyUntil(Duration time, HoldScope scope) {
      return world.engine(
          builder ->
              builder
                  .register(
                      WORK,
                      (input, context) -> {
                        calls.add(world.clock.instant());
                        var left = Duration.between(world.clock.instant(), START.plus(time));
                        return left.toNanos() > 0 ? context.retryAfter(left, scope) : input;
                      },
                      JobOptions.defaults().retry(RetryPolicy.none()))
                  .register(OTHER, input -> input));
    }

    @Test
    void cannotBeLongerThanAnyoneWaits() {
      var options = JobOptions.defaults().retry(RetryPolicy.none());
      var engine =
          engine(
              options, (input, context) -> context.retryAfter(Duration.ofSeconds(Long.MAX_VALUE)));

      var id = worked(engine);

      assertThat(engine.errors(id, 0))
          .extracting(ItemError::type)
          .containsExactly("java.lang.IllegalArgumentException");
    }
  }

  @Test
  void keepsEveryFailedAttempt() {
    var options = JobOptions.defaults().retry(EVERY_SECOND);
    var engine =
        engine(
            options,
            (input, context) ->
                context.attempt() < 4
                    ? EngineFixture.thrown(new IOException("attempt " + context.attempt()))
                    : "done");

    var id = worked(engine);

    assertThat(engine.errors(id, 0))
        .extracting(ItemError::attempt, ItemError::message)
        .containsExactly(tuple(1, "attempt 1"), tuple(2, "attempt 2"), tuple(3, "attempt 3"));
    assertThat(engine.item(id, 0).orElseThrow().state()).isEqualTo(ItemState.SUCCEEDED);
    assertThat(engine.item(id, 0).orElseThrow().attempts()).isEqualTo(4);
  }

  @Test
  void tellsTheProcessorWhichAttemptIsTheLast() {
    var last = new ArrayList<Boolean>();
    var options = JobOptions.defaults().retry(EVERY_SECOND.maxRetries(2));

    worked(
        engine(
            options,
            (input, context) -> {
              last.add(context.isLastAttempt());
              throw new IOException();
            }));

    assertThat(last).containsExactly(false, false, true);
  }

  @Test
  void keepsTheIdempotencyKeyOverAttempts() {
    var keys = new ArrayList<String>();

    worked(
        engine(
            JobOptions.defaults().retry(EVERY_SECOND),
            (input, context) -> {
              keys.add(context.idempotencyKey());
              throw new IOException();
            }));

    assertThat(keys).hasSize(4).containsOnly(keys.get(0));
  }

  @Test
  void doesNotHoldUpTheOthers() throws Exception {
    var options = JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofHours(1)));
    var engine =
        engine(
            options,
            (input, context) ->
                context.index() % 2 == 0 ? EngineFixture.thrown(new IOException()) : "fine");

    var id = engine.submit(WORK, texts(1_000));
    engine.runUntilIdle();

    assertThat(engine.status(id).counts().succeeded()).isEqualTo(500);
    assertThat(engine.status(id).counts().retrying()).isEqualTo(500);
  }

  @Test
  void survivesARestart() throws Exception {
    var options = JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofHours(1)));
    ItemProcessor<String, String> processor =
        (input, context) ->
            context.attempt() == 1 ? EngineFixture.thrown(new IOException()) : "done";
    var first = engine(options, processor);
    var id = first.submit(WORK, List.of("a"));
    first.runUntilIdle();
    first.close();

    var second = engine(options, processor);
    world.pass(Duration.ofMinutes(59));
    second.runUntilIdle();
    assertThat(second.item(id, 0).orElseThrow().state()).isEqualTo(ItemState.RETRYING);
    world.pass(Duration.ofMinutes(1));
    second.runUntilIdle();

    assertThat(second.item(id, 0).orElseThrow().output()).contains("done");
    assertThat(secondsOfCalls()).containsExactly(0L, 3_600L);
  }
}
