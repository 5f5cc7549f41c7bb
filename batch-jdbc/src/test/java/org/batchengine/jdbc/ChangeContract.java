package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.StateChange;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewSettings;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Settings of a live batch are changed, and what it has waiting goes by them. */
abstract class ChangeContract extends SteeredContract {

  ChangeContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private static NewSettings priority(int priority) {
    return new NewSettings(priority, null, null, null, null, null, null);
  }

  private StateChange change(long batch, NewSettings settings) {
    return store.steering().change(steering(batch), settings).orElseThrow();
  }

  private FeedEvent lastInFeed() {
    List<FeedEvent> events = store.feed().read(0, 1_000, null).events();
    return events.get(events.size() - 1);
  }

  @ParameterizedTest
  @EnumSource(names = {"PENDING", "RUNNING", "PAUSED"})
  void changesALiveBatch(BatchState state) {
    long batch = inState(state);
    passMoment();

    assertThat(change(batch, priority(9))).isEqualTo(changed(batch, state, state));
    assertThat(state(batch)).isEqualTo(state);
    assertThat(job(batch).priority()).isEqualTo(9);
    assertThat(job(batch).updatedAt()).isEqualTo(now());
    assertThat(header(batch).revision()).isEqualTo(1);
    assertThat(lastEvent(batch)).isEqualTo(event("CHANGED", "alice", "because"));
    assertThat(lastInFeed().kind()).isEqualTo(EventKind.CHANGED);
    assertThat(lastInFeed().detail()).isEqualTo("priority: 5 -> 9");
  }

  @ParameterizedTest
  @CsvSource({
    "SUBMITTING, once its last item has arrived",
    "STOPPING, nothing more of it begins",
    "COMPLETED, retry its failed items",
    "FAILED, retry its failed items",
    "CANCELLED, retry its failed items"
  })
  void refusesAnyOtherAndSaysWhatToDo(BatchState state, String why) {
    long batch = inState(state);
    BatchJob before = job(batch);
    List<String> happened = kinds(batch);

    assertThatThrownBy(() -> change(batch, priority(9)))
        .isInstanceOf(IllegalTransitionException.class)
        .hasMessageContaining("is " + state)
        .hasMessageContaining(why);
    assertThat(job(batch)).isEqualTo(before);
    assertThat(kinds(batch)).isEqualTo(happened);
  }

  @Test
  void changesNothingIfItIsSoAlready() {
    long batch = submit(1);
    change(batch, priority(9));

    assertThat(change(batch, priority(9))).isEqualTo(unchanged(batch, BatchState.PENDING));
    assertThat(header(batch).revision()).isEqualTo(1);
    assertThat(kinds(batch)).containsExactly("SUBMITTED", "CHANGED");
  }

  @Test
  void seesNoBatchOfAnotherTenant() {
    long batch = submit(NewBatches.any().tenant("acme"), 1);
    Steering others = new Steering(header(batch).id(), "emca", NewBatches.by("bob"), "mine");

    assertThat(store.steering().change(others, priority(9))).isEmpty();
    assertThat(
            store
                .steering()
                .change(
                    new Steering(
                        BatchId.of("0190a3c8-0000-7000-8000-000000000000"),
                        null,
                        NewBatches.by("bob"),
                        "x"),
                    priority(9)))
        .isEmpty();
    assertThat(job(batch).priority()).isEqualTo(5);
  }

  @Test
  void changesAllOfItAtOnceAndTellsFromWhatToWhat() {
    long batch =
        submit(
            NewBatches.any()
                .measures("usd,tokens")
                .tolerateFailures(1L)
                .budget(new Budget("usd", 5)),
            4);
    passMoment();
    change(
        batch,
        new NewSettings(
            7, "fixed PT1S", 3L, 0.5, Duration.ofHours(2), new Budget("tokens", 1e6), null));

    BatchHeader header = header(batch);
    assertThat(header.priority()).isEqualTo(7);
    assertThat(header.retryPolicy()).isEqualTo("fixed PT1S");
    assertThat(header.toleratedFailures()).isEqualTo(3);
    assertThat(header.toleratedRate()).isEqualTo(0.5);
    assertThat(header.budget()).isEqualTo(new Budget("tokens", 1e6));
    assertThat(job(batch).deadlineAt()).contains(now().plus(Duration.ofHours(2)));
    assertThat(lastInFeed().detail())
        .isEqualTo(
            "priority: 5 -> 7; retry: none -> fixed PT1S; tolerateFailures: 1 -> 3; "
                + "tolerateFailureRate: none -> 0.5; deadline: none -> "
                + now().plus(Duration.ofHours(2))
                + "; budget: usd 5.0 -> tokens 1000000.0");
  }

  @Test
  void givesALaterRunAsLongAsTheDeadline() {
    long batch = done(NewBatches.any().deadline(Duration.ofHours(9)).build(), 2, 1);
    change(batch, new NewSettings(null, null, null, null, Duration.ofHours(1), null, null));
    end(batch);
    pass(Duration.ofDays(1));
    retryFailed(batch);

    assertThat(job(batch).deadlineAt()).contains(now().plus(Duration.ofHours(1)));
  }

  @Test
  void comesBeforeWhatIsLessUrgentNow() {
    long first = submit(2);
    long second = submit(2);
    change(second, priority(6));

    assertThat(session().claim(4).chunks())
        .containsExactly(
            new ClaimedChunk(second, "annotate", 0, 2, 0, 1),
            new ClaimedChunk(first, "annotate", 0, 2, 0, 0));
  }

  @Test
  void reachesWhatIsParked() {
    long first = submit(1);
    long second = submit(1);
    parkAll(first, second);
    change(second, priority(6));
    ClaimedItem claimed = session().claimRetry();

    assertThat(claimed.batch()).isEqualTo(second);
    assertThat(claimed.revision()).isEqualTo(1);
    assertThat(session().claimRetry().batch()).isEqualTo(first);
  }

  @Test
  void reachesWhatIsPaused() {
    submit(1);
    long second = submit(1);
    pause(second);
    change(second, priority(6));
    resume(second);

    assertThat(session().claimChunk(1).batch()).isEqualTo(second);
  }

  @Test
  void reachesWhatIsParkedLater() {
    long other = submit(1);
    long batch = submit(1);
    TestSession session = session();
    List<ClaimedChunk> chunks = session.claim(2).chunks();
    change(batch, priority(6));
    SettlementDraft draft = SettlementDraft.of().parked(other, 0, NOW).parked(batch, 0, NOW);
    chunks.forEach(draft::removed);
    session.settle(draft);
    store.sweeping().repair();

    assertThat(session().claimRetry().batch()).isEqualTo(batch);
    assertThat(session().claimRetry().batch()).isEqualTo(other);
  }

  @Test
  void reachesWhatIsGivenBack() {
    long batch = submit(4);
    TestSession session = session();
    session.claimChunk(2);
    change(batch, priority(6));
    long other = submit(2);
    store.sessions().release(session.id());
    store.sweeping().repair();

    assertThat(session().claim(6).chunks())
        .extracting(ClaimedChunk::batch)
        .containsExactly(batch, batch, other);
  }

  @Test
  void isKnownToWhoClaimsAndToWhoReadsBack() {
    long batch = submit(2);
    TestSession session = session();
    assertThat(session.claimChunk(1).revision()).isZero();
    change(batch, priority(6));
    change(batch, priority(7));
    assertThat(session.claimChunk(1).revision()).isEqualTo(2);

    assertThat(store.claiming().owned(session.id()).chunks())
        .extracting(ClaimedChunk::revision)
        .containsOnly(2);
  }

  @Test
  void isKnownToWhoClaimsOneAtATime() {
    long batch = submit(NewBatches.any().sequential(), 2);
    change(batch, priority(6));
    TestSession session = session();
    ClaimedChunk chunk =
        store.claiming().claimSequential(session.id(), List.of("annotate")).chunks().get(0);
    assertThat(chunk.revision()).isEqualTo(1);
    session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));

    assertThat(store.claiming().claimSequential(session.id(), List.of("annotate")).parked())
        .extracting(ClaimedItem::revision)
        .containsExactly(1);
  }

  @Test
  void isKnownToWhoLooksForWhatWasSteered() {
    long batch = submit(1);
    long other = submit(1);
    change(batch, priority(6));

    assertThat(store.steering().steered(List.of(batch, other)))
        .containsExactly(new Steered(batch, BatchState.PENDING, false, 1));
  }

  @Test
  void showsTheBudget() {
    long batch = submit(NewBatches.any().measures("usd"), 1);
    change(batch, new NewSettings(null, null, null, null, null, new Budget("usd", 2.5), null));

    assertThat(header(batch).budget()).isEqualTo(new Budget("usd", 2.5));
    assertThat(job(batch).measures().get("usd").sum()).isEqualTo(BigDecimal.ZERO);
  }
}
