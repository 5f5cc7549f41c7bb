package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StateChange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches that are steered while engines have items of them in hand. */
class SteeringTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobOptions ONE_BY_ONE =
      JobOptions.defaults().concurrency(1).retry(RetryPolicy.none());

  @RegisterExtension final EngineFixture world = new EngineFixture();

  /** The indexes of the items that ran, in order. */
  private final List<Integer> ran = new ArrayList<>();

  /** What is done while an item runs, by its index. */
  private final Map<Integer, Consumer<ItemContext>> meanwhile = new HashMap<>();

  private final List<BatchEvent> events = new ArrayList<>();
  private final ManualEngine engine = engine(ONE_BY_ONE);

  private ManualEngine engine(JobOptions options) {
    return world.engine(
        builder -> builder.register(WORK, this::process, options).listener(events::add));
  }

  private String process(String input, ItemContext context) {
    ran.add(context.index());
    Consumer<ItemContext> step = meanwhile.remove(context.index());
    if (step != null) {
      step.accept(context);
    }
    return input;
  }

  /** Each of these items fails, once. */
  private void failOnce(int... indexes) {
    for (int index : indexes) {
      meanwhile.put(
          index,
          context -> {
            throw new IllegalStateException("item " + index + " fails once");
          });
    }
  }

  private void eachTakesASecond(int items) {
    for (int index = 0; index < items; index++) {
      meanwhile.put(index, context -> world.pass(Duration.ofSeconds(1)));
    }
  }

  /** Goes rounds until there is nothing left to do; a test ends though an engine does not. */
  private static void rounds(ManualEngine driven) {
    for (int rounds = 0; driven.runOnce(); rounds++) {
      assertThat(rounds).as("rounds without an end").isLessThan(10_000);
    }
  }

  private static List<Integer> upTo(int end) {
    return IntStream.range(0, end).boxed().toList();
  }

  private <E extends BatchEvent> List<E> events(Class<E> type) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Nested
  class Cancelling {

    @ParameterizedTest
    @EnumSource
    @DisplayName("REQ-M4 the item in hand finishes, and the rest is cancelled")
    void letsTheItemInHandFinishAndEndsTheRest(CancelMode mode) {
      meanwhile.put(3, context -> engine.cancel(context.batchId(), mode, "enough"));
      BatchId id = engine.submit(WORK, texts(10));

      assertThat(engine.await(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ran).isEqualTo(upTo(4));
      assertThat(engine.status(id).counts().succeeded()).isEqualTo(4);
      assertThat(engine.status(id).counts().cancelled()).isEqualTo(6);
      assertThat(engine.status(id).stateReason()).contains("enough");
      assertThat(events(BatchEvent.Cancelled.class)).hasSize(1);
    }

    @Test
    void tellsTheProcessor() {
      List<Boolean> seen = new ArrayList<>();
      meanwhile.put(
          0,
          context -> {
            seen.add(context.isCancelled());
            engine.cancel(context.batchId(), "enough");
            seen.add(context.isCancelled());
          });
      engine.await(engine.submit(WORK, texts(2)));

      assertThat(seen).containsExactly(false, true);
    }

    @Test
    void endsABatchThatNobodyHasBegun() {
      BatchId id = engine.submit(WORK, texts(500));

      assertThat(engine.cancel(id, "enough").changed()).isTrue();
      assertThat(engine.await(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ran).isEmpty();
      assertThat(engine.status(id).counts().cancelled()).isEqualTo(500);
    }

    @Test
    void endsRetriesThatWait() {
      ManualEngine retrying =
          engine(JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofHours(1))));
      failOnce(0);
      BatchId id = retrying.submit(WORK, texts(1));
      retrying.runUntilIdle();
      assertThat(retrying.status(id).counts().retrying()).isEqualTo(1);
      retrying.cancel(id, "enough");

      assertThat(retrying.await(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(retrying.item(id, 0).orElseThrow().attempts()).isEqualTo(1);
    }

    @Test
    @DisplayName("REQ-M4 a cancel says whether it did anything")
    void changesNothingTheSecondTime() {
      BatchId id = engine.submit(WORK, texts(1));
      engine.cancel(id, "enough");
      StateChange again = engine.cancel(id, "enough");

      assertThat(again.changed()).isFalse();
      assertThat(again.before()).isEqualTo(BatchState.STOPPING);
      engine.await(id);
      assertThat(engine.cancel(id, "enough").before()).isEqualTo(BatchState.CANCELLED);
    }

    @Test
    void isSeenByAnotherNodeWithinARenewal() {
      ManualEngine other = world.engine(builder -> builder);
      eachTakesASecond(30);
      meanwhile.put(5, context -> other.cancel(context.batchId(), "enough"));
      BatchId id = engine.submit(WORK, texts(30));
      rounds(engine);
      rounds(other);

      assertThat(engine.status(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ran.size()).isBetween(6, 12);
      assertThat(ran).isEqualTo(upTo(ran.size()));
    }

    @Test
    void isNotKeptWaitingByPolls() {
      ManualEngine client = world.engine(builder -> builder);
      client.runUntilIdle();
      BatchId id = client.submit(WORK, texts(500));
      client.cancel(id, "enough");
      world.pass(Duration.ofSeconds(1));
      client.runUntilIdle();

      assertThat(client.status(id).state()).isEqualTo(BatchState.CANCELLED);
    }

    @Test
    void endsWithinARenewalWhatANodeGivesBackAfterIt() {
      ManualEngine other = engine(ONE_BY_ONE);
      rounds(other);
      meanwhile.put(
          3,
          context -> {
            engine.pause(context.batchId(), "lunch");
            other.resume(context.batchId(), "back");
            other.cancel(context.batchId(), "enough");
            rounds(other);
          });
      BatchId id = engine.submit(WORK, texts(10));
      engine.runUntilIdle();
      assertThat(engine.status(id).counts().pending()).as("given back").isPositive();
      world.pass(Duration.ofSeconds(3), other);

      assertThat(other.status(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ran).isEqualTo(upTo(4));
    }

    @Test
    void isCarriedOnByAnotherNodeIfThisOneDies() {
      BatchId id = engine.submit(WORK, texts(10));
      while (ran.isEmpty()) {
        engine.runOnce();
      }
      engine.cancel(id, "enough");
      world.kill(engine);
      ManualEngine other = engine(ONE_BY_ONE);
      world.pass(Duration.ofSeconds(40), other);

      assertThat(other.status(id).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(other.status(id).counts().unfinished()).isZero();
    }
  }

  @Nested
  class Pausing {

    @Test
    @DisplayName("REQ-M6 a pause holds what was not begun")
    void givesBackWhatWasNotBegun() {
      meanwhile.put(3, context -> engine.pause(context.batchId(), "lunch"));
      BatchId id = engine.submit(WORK, texts(10));
      engine.runUntilIdle();

      assertThat(ran).isEqualTo(upTo(4));
      assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
      assertThat(engine.status(id).stateReason()).contains("lunch");
      assertThat(engine.status(id).counts().succeeded()).isEqualTo(4);
      assertThat(engine.status(id).counts().pending()).isEqualTo(6);
      assertThat(MemoryInvariants.owned(world.memory)).isZero();
      assertThat(events(BatchEvent.Paused.class)).hasSize(1);
    }

    @Test
    @DisplayName("REQ-M6 a batch that is resumed goes on")
    void isOverWhenItIsResumed() {
      meanwhile.put(3, context -> engine.pause(context.batchId(), "lunch"));
      BatchId id = engine.submit(WORK, texts(10));
      engine.runUntilIdle();

      assertThat(engine.resume(id, "back").after()).isEqualTo(BatchState.RUNNING);
      rounds(engine);
      assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(ran).isEqualTo(upTo(10));
      assertThat(events(BatchEvent.Resumed.class)).hasSize(1);
    }

    @Test
    void holdsUpABatchThatNobodyHasBegun() {
      BatchId id = engine.submit(WORK, texts(10));
      engine.pause(id, "lunch");
      engine.runUntilIdle();
      assertThat(ran).isEmpty();
      engine.resume(id, "back");

      assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void givesRetriesBackAsTheyWere() {
      ManualEngine retrying =
          engine(
              JobOptions.defaults()
                  .concurrency(1)
                  .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(1).jitter(0)));
      failOnce(0, 1, 2, 3);
      BatchId id = retrying.submit(WORK, texts(4));
      world.kill(engine);
      retrying.runUntilIdle();
      meanwhile.put(0, context -> retrying.pause(context.batchId(), "lunch"));
      world.pass(Duration.ofSeconds(2), retrying);

      assertThat(retrying.status(id).state()).isEqualTo(BatchState.PAUSED);
      assertThat(retrying.status(id).counts().running()).isZero();
      assertThat(retrying.status(id).counts().failed()).isZero();
      retrying.resume(id, "back");
      rounds(retrying);
      assertThat(retrying.status(id).counts().succeeded()).isEqualTo(4);
      assertThat(ran).hasSize(8);
    }

    @Test
    void isSeenByAnotherNodeWithinARenewal() {
      ManualEngine other = world.engine(builder -> builder);
      eachTakesASecond(30);
      meanwhile.put(5, context -> other.pause(context.batchId(), "lunch"));
      BatchId id = engine.submit(WORK, texts(30));
      rounds(engine);

      assertThat(ran.size()).isBetween(6, 12);
      assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
      assertThat(MemoryInvariants.owned(world.memory)).isZero();
      other.resume(id, "back");
      rounds(engine);
      assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(ran).containsExactlyInAnyOrderElementsOf(upTo(30));
    }
  }

  @Nested
  class RetryingFailed {

    @Test
    void isAnotherRun() {
      failOnce(1, 4);
      BatchId id = engine.submit(WORK, texts(6));
      assertThat(engine.await(id).counts().failed()).isEqualTo(2);
      ran.clear();

      assertThat(engine.retryFailed(id, "mended").items()).isEqualTo(2);
      assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(ran).containsExactlyInAnyOrder(1, 4);
      assertThat(engine.status(id).run()).isEqualTo(2);
      assertThat(engine.status(id).counts().succeeded()).isEqualTo(6);
      assertThat(engine.item(id, 1).orElseThrow().attempts()).isEqualTo(2);
      assertThat(engine.errors(id, 1)).hasSize(1);
      assertThat(events(BatchEvent.Completed.class)).hasSize(2);
      assertThat(events(BatchEvent.Reopened.class)).hasSize(1);
    }

    @Test
    void isOfTheItemsThatAreNamed() {
      failOnce(1, 4);
      BatchId id = engine.submit(WORK, texts(6));
      engine.await(id);

      assertThat(engine.retryFailed(id, FailedItems.at(4), "mended").items()).isEqualTo(1);
      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
    }

    @Test
    void givesANewBudgetOfRetries() {
      var always = JobType.of("always", String.class, String.class);
      ManualEngine failing =
          world.engine(
              builder ->
                  builder.register(
                      always,
                      (input, context) -> {
                        ran.add(context.attempt());
                        throw new IllegalStateException("always");
                      },
                      JobOptions.defaults()
                          .retry(
                              RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(1).jitter(0))));
      BatchId id = failing.submit(always, texts(1));
      world.pass(Duration.ofSeconds(3), failing);
      assertThat(failing.status(id).state()).isEqualTo(BatchState.COMPLETED);
      failing.retryFailed(id, "mended");
      world.pass(Duration.ofSeconds(3), failing);

      assertThat(ran).containsExactly(1, 2, 3, 4);
      assertThat(failing.status(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(failing.errors(id, 0)).hasSize(4);
    }

    @Test
    void worksWhileTheBatchRuns() {
      eachTakesASecond(30);
      failOnce(0);
      BatchId id = engine.submit(WORK, texts(30));
      while (engine.status(id).counts().failed() == 0) {
        engine.runOnce();
      }
      assertThat(engine.retryFailed(id, "mended").after()).isEqualTo(BatchState.RUNNING);

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(30);
      assertThat(engine.status(id).run()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void runsItemsOfABatchThatWasCancelledHere(CancelMode mode) {
      failOnce(0);
      meanwhile.put(2, context -> engine.cancel(context.batchId(), mode, "enough"));
      BatchId id = engine.submit(WORK, texts(5));
      engine.await(id);
      ran.clear();
      engine.retryFailed(id, "mended");

      assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(ran).containsExactly(0);
      assertThat(engine.item(id, 0).orElseThrow().state()).isEqualTo(ItemState.SUCCEEDED);
    }

    @Test
    void runsItemsOfABatchThatWasGivenUpHere() {
      failOnce(0, 1);
      BatchId id = engine.submit(BatchRequest.of(WORK, texts(50)).tolerateFailures(1));
      assertThat(engine.await(id).state()).isEqualTo(BatchState.FAILED);
      ran.clear();
      engine.retryFailed(id, "mended");

      assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(ran).containsExactlyInAnyOrder(0, 1);
    }
  }

  @Nested
  class GivingUp {

    @Test
    void comesWithMoreFailuresThanAreTolerated() {
      failOnce(0, 1, 2, 3);
      BatchId id = engine.submit(BatchRequest.of(WORK, texts(1_000)).tolerateFailures(2));
      var job = engine.await(id);

      assertThat(job.state()).isEqualTo(BatchState.FAILED);
      assertThat(job.error().orElseThrow())
          .startsWith("too many failures: ")
          .endsWith("; the limit is 2");
      assertThat(ran.size()).isLessThan(1_000);
      assertThat(job.counts().cancelled()).isPositive();
      assertThat(job.counts().processed() + job.counts().cancelled()).isEqualTo(1_000);
      assertThat(events(BatchEvent.Failed.class)).hasSize(1);
    }

    @Test
    void comesWithALargerShareOfFailuresThanIsTolerated() {
      failOnce(0, 1, 2);
      BatchId id = engine.submit(BatchRequest.of(WORK, texts(20)).tolerateFailureRate(0.1));

      assertThat(engine.await(id).state()).isEqualTo(BatchState.FAILED);
      assertThat(engine.status(id).error()).contains("too many failures: 3; the limit is 2");
    }

    @Test
    void doesNotComeWithAsManyFailuresAsAreTolerated() {
      failOnce(0, 1);
      BatchId id = engine.submit(BatchRequest.of(WORK, texts(20)).tolerateFailureRate(0.1));

      assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void comesWithTheDeadline() {
      meanwhile.put(0, context -> context.retryAfter(Duration.ofHours(5), HoldScope.ITEM));
      ManualEngine retrying = engine(JobOptions.defaults());
      world.kill(engine);
      BatchId id = retrying.submit(BatchRequest.of(WORK, texts(3)).deadline(Duration.ofMinutes(1)));
      retrying.runUntilIdle();
      assertThat(retrying.status(id).deadlineAt())
          .contains(EngineFixture.START.plus(Duration.ofMinutes(1)));
      world.pass(Duration.ofSeconds(59), retrying);
      assertThat(retrying.status(id).state()).isEqualTo(BatchState.RUNNING);
      world.pass(Duration.ofSeconds(10), retrying);

      var job = retrying.status(id);
      assertThat(job.state()).isEqualTo(BatchState.FAILED);
      assertThat(job.error()).contains("the deadline has passed");
      assertThat(job.counts().succeeded()).isEqualTo(2);
      assertThat(job.counts().cancelled()).isEqualTo(1);
    }

    @Test
    void comesWithTheDeadlineThoughNobodyCanWork() {
      BatchId id = engine.submit(BatchRequest.of(WORK, texts(3)).deadline(Duration.ofMinutes(1)));
      engine.pause(id, "lunch");
      world.pass(Duration.ofSeconds(70), engine);

      assertThat(engine.status(id).state()).isEqualTo(BatchState.FAILED);
      assertThat(engine.status(id).counts().cancelled()).isEqualTo(3);
    }
  }

  @Nested
  class Removing {

    @Test
    void cancelsWhatRunsAndHidesItThen() {
      meanwhile.put(2, context -> assertThat(engine.deleteSubmittedBy("alice")).isEqualTo(1));
      BatchId id = engine.submit(BatchRequest.of(WORK, texts(500)).submittedBy("alice"));
      BatchId other = engine.submit(BatchRequest.of(WORK, texts(3)).submittedBy("bob"));
      world.pass(Duration.ofSeconds(20), engine);

      assertThat(engine.find(id)).isEmpty();
      assertThat(engine.status(other).state()).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void waitsForNoRenewalAndNoSweep() {
      ManualEngine few = engine(ONE_BY_ONE.claim(1, 10));
      world.kill(engine);
      few.runUntilIdle();
      meanwhile.put(2, context -> few.deleteSubmittedBy("alice"));
      BatchId id = few.submit(BatchRequest.of(WORK, texts(99)).submittedBy("alice"));
      rounds(few);

      assertThat(few.find(id)).isEmpty();
      assertThat(ran.size()).isBetween(3, 20);
      assertThat(events(BatchEvent.Cancelled.class)).hasSize(1);
    }

    @Test
    void waitsForNoSweepHoweverManyThereAre() {
      engine.runUntilIdle();
      for (int i = 0; i < 250; i++) {
        engine.submit(BatchRequest.of(WORK, texts(1)).submittedBy("alice"));
      }
      assertThat(engine.deleteSubmittedBy("alice")).isEqualTo(250);
      rounds(engine);

      assertThat(engine.history(HistoryQuery.all())).isEmpty();
    }

    @Test
    void isDoneForWhatEndedLongAgo() {
      ManualEngine retiring =
          world.engine(
              builder ->
                  builder.register(WORK, this::pass, ONE_BY_ONE).retention(Duration.ofDays(1)));
      world.kill(engine);
      BatchId id = retiring.submit(WORK, texts(3));
      retiring.await(id);
      world.pass(Duration.ofDays(1).minusSeconds(60));
      world.pass(Duration.ofSeconds(30), retiring);
      assertThat(retiring.find(id)).isPresent();
      world.pass(Duration.ofSeconds(60), retiring);

      assertThat(retiring.find(id)).isEmpty();
    }

    private String pass(String input, ItemContext context) {
      return input;
    }
  }

  @Nested
  class OfAnotherTenant {

    @Test
    void isLikeABatchThatIsNotThere() {
      BatchId id = engine.submit(BatchRequest.of(WORK, texts(3)).tenant("acme"));
      Batches other = engine.forTenant("other");

      for (Consumer<Batches> call :
          List.<Consumer<Batches>>of(
              view -> view.status(id),
              view -> view.cancel(id, "x"),
              view -> view.pause(id, "x"),
              view -> view.resume(id, "x"),
              view -> view.retryFailed(id, "x"),
              view -> view.errors(id, 0),
              view -> view.completion(id).join())) {
        assertThatExceptionOfType(BatchNotFoundException.class)
            .isThrownBy(() -> call.accept(other));
      }
      assertThat(other.find(id)).isEmpty();
      assertThat(engine.forTenant("acme").status(id).state()).isEqualTo(BatchState.PENDING);
    }
  }

  /** An engine is steered while its claim is on its way. */
  @Nested
  class DuringAClaim {
    private final Faults way = new Faults(world.memory);
    private final ManualEngine claiming =
        world.engine(
            way, builder -> builder.register(WORK, SteeringTest.this::process, ONE_BY_ONE));

    private void duringTheNextClaim(Runnable step) {
      way.instead(
          "claim",
          (arguments, arrive) -> {
            Object claim = arrive.call();
            step.run();
            return claim;
          });
    }

    @Test
    void nothingIsBegunOfABatchThatIsPaused() {
      BatchId id = claiming.submit(WORK, texts(10));
      duringTheNextClaim(() -> claiming.pause(id, "wait"));
      rounds(claiming);

      assertThat(ran).isEmpty();
      assertThat(claiming.status(id).counts().pending()).isEqualTo(10);
    }

    @Test
    void nothingIsCancelledOfABatchThatWasGivenUpInItsLastRun() {
      failOnce(0, 1);
      BatchId id = claiming.submit(BatchRequest.of(WORK, texts(20)).tolerateFailures(1));
      rounds(claiming);
      assertThat(claiming.status(id).state()).isEqualTo(BatchState.FAILED);
      BatchId other =
          claiming.submit(
              BatchRequest.of(WORK, texts(1)).startAt(world.clock.instant().plusSeconds(3_600)));
      ran.clear();
      claiming.retryFailed(id, "mended");
      duringTheNextClaim(() -> claiming.pause(other, "wait"));
      rounds(claiming);

      assertThat(claiming.status(id).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(ran).containsExactlyInAnyOrder(0, 1);
    }
  }

  @Test
  void givingUpIsTriedAgainWhenTheStoreWasAway() {
    var way = new Faults(world.memory);
    var worker =
        world.engine(
            way,
            builder -> builder.register(WORK, SteeringTest.this::process, ONE_BY_ONE.claim(1, 10)));
    failOnce(0, 1, 2);
    way.loseCall("giveUp");
    BatchId id = worker.submit(BatchRequest.of(WORK, texts(99)).tolerateFailures(1));
    while (EngineFixture.tryOnce(worker)) {
      world.pass(Duration.ofMillis(1));
    }

    assertThat(way.calls("giveUp")).isGreaterThan(1);
    assertThat(worker.status(id).state()).isEqualTo(BatchState.FAILED);
    assertThat(worker.status(id).counts().succeeded()).isLessThan(80);
  }
}
