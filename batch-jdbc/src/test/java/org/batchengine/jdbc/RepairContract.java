package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.UnsettledBatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A batch whose rows of motion were lost gets new ones, made of what is known of its items. */
@DisplayName("FAULT-L7 rows of motion that were lost are made anew")
abstract class RepairContract extends SteeredContract {

  RepairContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private int rebuild(long batch) {
    return store.sweeping().rebuild(batch, "engine");
  }

  private List<UnsettledBatch> unsettled(long... batches) {
    return store.sweeping().unsettled(Arrays.stream(batches).boxed().toList());
  }

  /** Of ten items one has succeeded, one failed, one was skipped, and one is to be tried again. */
  private long halfDone() {
    long batch = submit(10);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(4);
    store.claiming().markRunning(List.of(batch));
    session.settle(
        SettlementDraft.of()
            .succeeded(batch, 0)
            .failed(batch, 1, error(1, "no"))
            .outcome(batch, 2, ItemState.SKIPPED)
            .failure(batch, 3, error(1, "first"))
            .failure(batch, 3, error(2, "second"))
            .parked(batch, 3, LATER)
            .removed(chunk));
    store.sessions().release(session.id());
    return batch;
  }

  @Test
  void putsUnfinishedItemsBack() {
    long batch = halfDone();
    under.loseMotion(batch);
    assertThat(unsettled(batch)).containsExactly(new UnsettledBatch(batch, header(batch).id(), 3));

    assertThat(rebuild(batch)).isEqualTo(7);
    assertThat(unsettled(batch)).isEmpty();
    assertThat(under.violations()).isEmpty();
    assertThat(job(batch).counts()).isEqualTo(new BatchCounts(10, 6, 0, 1, 0, 1, 1, 1, 0));
    assertThat(lastEvent(batch).kind()).isEqualTo("REPAIRED");
    assertThat(lastEvent(batch).actor()).isEqualTo("engine");
    assertThat(lastEvent(batch).reason()).startsWith("7 unfinished items");
    work(session());
    assertThat(end(batch).counts()).isEqualTo(new BatchCounts(10, 0, 0, 0, 0, 8, 1, 1, 0));
  }

  @Test
  @DisplayName("attempts count on: an error of an attempt is there already")
  void letsAttemptsCountOn() {
    long batch = halfDone();
    under.loseMotion(batch);
    rebuild(batch);
    TestSession session = session();
    ClaimedItem item = session.claimRetry();

    assertThat(item).isEqualTo(new ClaimedItem(batch, "annotate", 3, 2, 0, false));
    session.settle(
        SettlementDraft.of().failure(batch, 3, error(3, "third")).parkedAgain(item, NOW));
    assertThat(store.reading().errors(header(batch), 3)).hasSize(3);
  }

  @Test
  @DisplayName("in a later run an item has all its retries again")
  void countsRetriesFromWhereItWasReopened() {
    long batch = ended(3, 1);
    retryFailed(batch);
    under.loseMotion(batch);

    assertThat(rebuild(batch)).isEqualTo(1);
    assertThat(session().claimRetry())
        .isEqualTo(new ClaimedItem(batch, "annotate", 1, 1, 1, false));
  }

  @Test
  void leavesOutWhatIsFinishedAtBothEnds() {
    long batch = submit(1_000);
    TestSession session = session();
    Claim claim = session.claim(1_000);
    SettlementDraft draft = SettlementDraft.of();
    claim.chunks().forEach(draft::removed);
    IntStream.range(0, 1_000)
        .filter(index -> index < 100 || index > 950 || (index > 400 && index < 700))
        .forEach(index -> draft.succeeded(batch, index));
    IntStream.rangeClosed(100, 400).forEach(index -> draft.parked(batch, index, LATER));
    IntStream.rangeClosed(700, 950).forEach(index -> draft.parked(batch, index, LATER));
    session.settle(draft);
    under.loseMotion(batch);

    assertThat(rebuild(batch)).isEqualTo(552);
    Claim again = session().claim("annotate", 1_000, 1_000);
    assertThat(again.chunks()).allSatisfy(chunk -> assertThat(open(chunk)).isPositive());
    assertThat(again.chunks().stream().mapToInt(this::open).sum()).isEqualTo(552);
  }

  private int open(ClaimedChunk chunk) {
    return store.claiming().load(chunk).size();
  }

  @Test
  void correctsCountersThatWereLostAsWell() {
    long batch = halfDone();
    under.loseMotion(batch);
    under.loseCounters(batch);
    assertThat(rebuild(batch)).isEqualTo(7);

    assertThat(job(batch).counts()).isEqualTo(new BatchCounts(10, 6, 0, 1, 0, 1, 1, 1, 0));
    work(session());
    assertThat(end(batch).counts()).isEqualTo(new BatchCounts(10, 0, 0, 0, 0, 8, 1, 1, 0));
  }

  @Test
  void leavesTheEndToOthersIfOnlyCountersWereLost() {
    long batch = done(NewBatches.any().build(), 4, 1);
    under.loseCounters(batch);
    assertThat(unsettled(batch)).hasSize(1);

    assertThat(rebuild(batch)).isZero();
    assertThat(kinds(batch)).doesNotContain("REPAIRED");
    assertThat(end(batch).counts()).isEqualTo(new BatchCounts(4, 0, 0, 0, 0, 3, 1, 0, 0));
  }

  @ParameterizedTest
  @EnumSource(BatchState.class)
  void leavesAloneWhatIsNotDamaged(BatchState state) {
    long batch = inState(state);
    assertThat(unsettled(batch)).isEmpty();

    assertThat(rebuild(batch)).isZero();
    assertThat(kinds(batch)).doesNotContain("REPAIRED");
  }

  @Test
  void leavesADoneBatchAlone() {
    long batch = done(5);

    assertThat(unsettled(batch)).isEmpty();
    assertThat(rebuild(batch)).isZero();
    end(batch);
  }

  @Test
  void waitsForTheRestOfTheBatch() {
    long batch = submit(300);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(50);
    under.loseUnowned(batch);
    assertThat(unsettled(batch)).isEmpty();
    assertThat(rebuild(batch)).isZero();
    session.finish(chunk);

    assertThat(rebuild(batch)).isEqualTo(250);
    work(session);
    assertThat(end(batch).counts().succeeded()).isEqualTo(300);
  }

  @Test
  void holdsWhatIsPaused() {
    long batch = halfDone();
    pause(batch);
    under.loseMotion(batch);
    assertThat(rebuild(batch)).isEqualTo(7);

    assertThat(session().claim(10).isEmpty()).isTrue();
    resume(batch);
    work(session());
    assertThat(end(batch).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void letsACancelEnd() {
    long batch = halfDone();
    cancel(batch);
    under.loseMotion(batch);
    assertThat(rebuild(batch)).isEqualTo(7);

    assertThat(end(batch).state()).isEqualTo(BatchState.CANCELLED);
    assertThat(job(batch).counts().cancelled()).isEqualTo(7);
  }

  @Test
  void keepsTheTimeFromWhichItMayRun() {
    long batch = submit(NewBatches.any().startAt(now().plus(LATER)), 5);
    under.loseMotion(batch);
    assertThat(rebuild(batch)).isEqualTo(5);

    assertThat(session().claim(10).isEmpty()).isTrue();
    pass(LATER);
    store.sweeping().repair();
    assertThat(session().claim(10).chunks()).hasSize(1);
  }

  @Test
  void keepsTheOrderOfASequentialBatch() {
    long batch = submit(NewBatches.any().sequential(), 3);
    TestSession session = session();
    session.settle(
        SettlementDraft.of().succeeded(batch, 0).removed(claimNext(session).chunks().get(0)));
    under.loseMotion(batch);
    assertThat(rebuild(batch)).isEqualTo(2);

    assertThat(claimNext(session).chunks())
        .containsExactly(new ClaimedChunk(batch, "annotate", 1, 2, 0));
    assertThat(claimNext(session).isEmpty()).isTrue();
  }

  private Claim claimNext(TestSession session) {
    return store.claiming().claimSequential(session.id(), List.of("annotate"));
  }

  @Test
  void isDoneOnceHoweverManyTry() {
    long batch = halfDone();
    under.loseMotion(batch);

    Callable<Integer> rebuild = () -> rebuild(batch);
    assertThat(Concurrently.call(List.of(rebuild, rebuild, rebuild)))
        .containsExactlyInAnyOrder(7, 0, 0);
    assertThat(store.reading().item(header(batch), 3).map(BatchItem::state))
        .contains(ItemState.RETRYING);
  }
}
