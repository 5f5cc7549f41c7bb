package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StateChange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Settings of batches are changed while engines have items of them in hand. */
class ChangeTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final RetryPolicy EACH_SECOND = RetryPolicy.fixed(Duration.ofSeconds(1));

  @RegisterExtension final EngineFixture world = new EngineFixture();

  /** What is done while an item runs, by its text. */
  private final Map<String, Consumer<ItemContext>> meanwhile = new HashMap<>();

  private final List<String> ran = new ArrayList<>();
  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(
          way,
          builder ->
              builder.register(
                  WORK, this::process, JobOptions.defaults().concurrency(1).claim(1, 1)));

  /** It has nothing registered, and does not look at the batch. */
  private final ManualEngine other = world.engine(builder -> builder.node("other"));

  private String process(String input, ItemContext context) {
    ran.add(input);
    Consumer<ItemContext> step = meanwhile.get(input);
    if (step != null) {
      step.accept(context);
    }
    return input;
  }

  private static void fail(ItemContext context) {
    throw new IllegalStateException("item " + context.index() + " is broken");
  }

  private ItemState state(BatchId id, int index) {
    return engine.item(id, index).orElseThrow().state();
  }

  @Test
  void aNewRetryPolicyHoldsForTheNextFailure() {
    meanwhile.put("item-0", ChangeTest::fail);
    meanwhile.put(
        "item-1",
        context ->
            engine.change(context.batchId(), BatchChange.none().retry(EACH_SECOND), "flaky"));
    meanwhile.put("item-2", ChangeTest::fail);
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(3)).retry(RetryPolicy.none()));
    engine.runUntilIdle();

    assertThat(state(id, 0)).isEqualTo(ItemState.FAILED);
    assertThat(state(id, 2)).isEqualTo(ItemState.RETRYING);
  }

  @Test
  void aClaimBringsWhatWasChangedElsewhere() {
    meanwhile.put("item-0", ChangeTest::fail);
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(1)).retry(EACH_SECOND.maxRetries(1)));
    engine.runUntilIdle();
    other.change(id, BatchChange.none().retry(EACH_SECOND.maxRetries(2)), "flaky");
    world.pass(Duration.ofSeconds(1));
    engine.runUntilIdle();

    assertThat(ran).hasSize(2);
    assertThat(state(id, 0)).isEqualTo(ItemState.RETRYING);
  }

  @Test
  void aRenewalBringsWhatWasChangedElsewhereOfWorkInHand() {
    meanwhile.put(
        "item-0",
        context -> {
          other.change(context.batchId(), BatchChange.none().retry(EACH_SECOND), "flaky");
          for (int second = 0; second < 5; second++) {
            world.pass(Duration.ofSeconds(1));
            engine.runOnce();
          }
          throw new IllegalStateException("broken");
        });
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(1)).retry(RetryPolicy.none()));
    for (int rounds = 0; ran.isEmpty(); rounds++) {
      engine.runOnce();
      assertThat(rounds).isLessThan(100);
    }
    engine.runOnce();

    assertThat(state(id, 0)).isEqualTo(ItemState.RETRYING);
  }

  @Test
  void aChangeThatRacesAClaimIsKnownBeforeTheWorkIsBegun() {
    meanwhile.put("item-0", ChangeTest::fail);
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(1)).retry(RetryPolicy.none()));
    way.instead(
        "claim",
        (arguments, arrive) -> {
          Object claim = arrive.call();
          engine.change(id, BatchChange.none().priority(9).retry(EACH_SECOND), "flaky");
          return claim;
        });
    engine.runUntilIdle();

    assertThat(state(id, 0)).isEqualTo(ItemState.RETRYING);
    assertThat(engine.status(id).priority()).isEqualTo(9);
  }

  @Test
  void aHigherPriorityIsClaimedFirst() {
    BatchId first = engine.submit(BatchRequest.of(WORK, List.of("a")));
    BatchId second = engine.submit(BatchRequest.of(WORK, List.of("b")));
    engine.change(second, BatchChange.none().priority(6), "urgent");
    engine.runUntilIdle();

    assertThat(ran).containsExactly("b", "a");
    assertThat(engine.status(first).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void whatIsInHandKeepsItsPlaceWhileItsBatchChanges() {
    List<Integer> priorities = List.of(9, 1, 5, 0);
    for (int index = 0; index < priorities.size(); index++) {
      int priority = priorities.get(index);
      meanwhile.put(
          "item-" + index,
          context ->
              engine.change(context.batchId(), BatchChange.none().priority(priority), "often"));
    }
    BatchId id = engine.submit(WORK, texts(40));
    engine.runUntilIdle();

    assertThat(engine.status(id).counts().succeeded()).isEqualTo(40);
    assertThat(engine.status(id).priority()).isZero();
  }

  @Test
  void fewerToleratedFailuresThanThereAreGiveItUp() {
    meanwhile.put("item-0", ChangeTest::fail);
    meanwhile.put("item-1", ChangeTest::fail);
    meanwhile.put(
        "item-2",
        context ->
            engine.change(context.batchId(), BatchChange.none().tolerateFailures(1), "strict"));
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(50)).retry(RetryPolicy.none()));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.FAILED);
    assertThat(engine.status(id).error()).contains("too many failures: 2; the limit is 1");
    assertThat(ran).hasSize(3);
  }

  @Test
  void moreToleratedFailuresLetItGoOn() {
    meanwhile.put("item-0", ChangeTest::fail);
    meanwhile.put(
        "item-1",
        context ->
            engine.change(context.batchId(), BatchChange.none().tolerateFailureRate(1), "go on"));
    meanwhile.put("item-2", ChangeTest::fail);
    BatchId id =
        engine.submit(
            BatchRequest.of(WORK, texts(4)).retry(RetryPolicy.none()).tolerateFailureRate(0.25));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(id).counts().failed()).isEqualTo(2);
  }

  @Test
  void aDeadlineCountsFromNow() {
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(1)));
    engine.pause(id, "lunch");
    world.pass(Duration.ofHours(1), engine);
    engine.change(id, BatchChange.none().deadline(Duration.ofSeconds(10)), "soon");
    world.pass(Duration.ofSeconds(9), engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
    world.pass(Duration.ofSeconds(3), engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.FAILED);
  }

  @Test
  void isInTheAudit() {
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(1)).tenant("acme"));
    Batches alice = engine.forTenant("acme").actingAs("alice");
    StateChange changed = alice.change(id, BatchChange.none().priority(9), "urgent");

    assertThat(changed.changed()).isTrue();
    assertThat(changed.after()).isEqualTo(BatchState.PENDING);
    FeedEvent event = alice.audit().read(AuditQuery.all().kind(EventKind.CHANGED)).items().get(0);
    assertThat(event.actor()).isEqualTo("alice");
    assertThat(event.reason()).isEqualTo("urgent");
    assertThat(event.detail()).isEqualTo("priority: 5 -> 9");
    assertThat(event.toMap()).containsEntry("detail", "priority: 5 -> 9");
  }

  @Test
  void refusesWhatMakesNoSense() {
    BatchId id = engine.submit(BatchRequest.of(WORK, texts(1)));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.change(id, BatchChange.none(), "why"))
        .withMessageContaining("name what to change");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.change(id, BatchChange.none().budget("usd", 5), "why"))
        .withMessage("budget of usd: the batch was submitted with the measures []");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.change(id, BatchChange.none().priority(9), " "))
        .withMessageContaining("reason");
    engine.runUntilIdle();
    assertThatThrownBy(() -> engine.change(id, BatchChange.none().priority(9), "late"))
        .isInstanceOf(IllegalTransitionException.class)
        .hasMessageContaining("submit a new batch");
  }

  @Test
  void hasTheBoundsOfARequest() {
    BatchChange none = BatchChange.none();
    BatchRequest<String> request = BatchRequest.of(WORK, texts(1));
    isRefusedAlike(() -> none.priority(10), () -> request.priority(10));
    isRefusedAlike(() -> none.tolerateFailures(-1), () -> request.tolerateFailures(-1));
    isRefusedAlike(() -> none.tolerateFailureRate(1.5), () -> request.tolerateFailureRate(1.5));
    isRefusedAlike(() -> none.deadline(Duration.ZERO), () -> request.deadline(Duration.ZERO));
    isRefusedAlike(() -> none.budget("usd", 0), () -> request.budget("usd", 0));
    isRefusedAlike(() -> none.budget("usd", 2e15), () -> request.budget("usd", 2e15));
    isRefusedAlike(() -> none.budget("u s d", 1), () -> request.budget("u s d", 1));
    assertThat(none.priority(9)).hasToString("BatchChange[priority=9]");
    assertThat(none.deadline(Duration.ofHours(2)).budget("usd", 5))
        .hasToString("BatchChange[deadline=PT2H, budget=usd 5.0]");
  }

  private static void isRefusedAlike(Runnable change, Runnable request) {
    List<String> said = new ArrayList<>();
    for (Runnable each : List.of(change, request)) {
      assertThatIllegalArgumentException()
          .isThrownBy(each::run)
          .satisfies(refused -> said.add(refused.getMessage()));
    }
    assertThat(said.get(0)).isEqualTo(said.get(1));
  }
}
