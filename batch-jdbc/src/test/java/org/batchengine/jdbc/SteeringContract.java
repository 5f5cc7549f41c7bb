package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Batches are cancelled, paused, resumed and given up, whatever others do to them meanwhile. */
abstract class SteeringContract extends SteeredContract {
  private static final Claim NOTHING = new Claim(List.of(), List.of(), false);

  SteeringContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Cancel {
    @ParameterizedTest
    @EnumSource(names = {"PENDING", "RUNNING", "PAUSED"})
    void stopsABatchThatLives(BatchState before) {
      long batch = inState(before);
      passMoment();

      assertThat(cancel(batch)).isEqualTo(changed(batch, before, BatchState.STOPPING));
      assertThat(state(batch)).isEqualTo(BatchState.STOPPING);
      assertThat(job(batch).stateReason()).contains("because");
      assertThat(job(batch).updatedAt()).isEqualTo(now());
      assertThat(lastEvent(batch)).isEqualTo(event("CANCELLING", "alice", "because"));
    }

    @ParameterizedTest
    @EnumSource(names = {"SUBMITTING", "STOPPING", "COMPLETED", "FAILED", "CANCELLED"})
    void changesNothingThatStopsOrIsNotThereYet(BatchState before) {
      long batch = inState(before);
      BatchJob job = job(batch);
      List<String> happened = kinds(batch);

      assertThat(cancel(batch)).isEqualTo(unchanged(batch, before));
      assertThat(job(batch)).isEqualTo(job);
      assertThat(kinds(batch)).isEqualTo(happened);
    }

    @Test
    void isAnsweredWithNothingIfThereIsNoSuchBatch() {
      Steering unknown = new Steering(BatchId.of(UUID.randomUUID()), null, "alice", "because");

      assertThat(store.cancel(unknown, CancelMode.GRACEFUL)).isEmpty();
      assertThat(store.pause(unknown)).isEmpty();
      assertThat(store.resume(unknown)).isEmpty();
      assertThat(store.retryFailed(unknown, FailedItems.all())).isEmpty();
    }

    @Test
    void isAnsweredWithNothingOnceTheBatchIsHidden() {
      long batch = ended(1);
      Steering steering = steering(batch);
      store.hide(steering.batch(), null, "admin");

      assertThat(store.cancel(steering, CancelMode.GRACEFUL)).isEmpty();
      assertThat(store.retryFailed(steering, FailedItems.all())).isEmpty();
    }

    @Test
    void canBeForcedAfterItWasGraceful() {
      long batch = submit(1);
      session().claim(1);
      cancel(batch, CancelMode.GRACEFUL);

      assertThat(store.steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.STOPPING, false));
      assertThat(cancel(batch, CancelMode.FORCED))
          .isEqualTo(changed(batch, BatchState.STOPPING, BatchState.STOPPING));
      assertThat(store.steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.STOPPING, true));
      assertThat(kinds(batch)).endsWith("CANCELLING", "CANCELLING");
    }

    @ParameterizedTest
    @EnumSource
    void changesNothingAfterItWasForced(CancelMode mode) {
      long batch = submit(1);
      session().claim(1);
      cancel(batch, CancelMode.FORCED);

      assertThat(cancel(batch, mode)).isEqualTo(unchanged(batch, BatchState.STOPPING));
      assertThat(store.steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.STOPPING, true));
    }

    @Test
    void letsNothingNewBeClaimed() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).succeeded(batch, 1).removed(chunk));
      cancel(batch);

      assertThat(session().claim(4)).isEqualTo(NOTHING);
    }

    @Test
    @DisplayName("REQ-S1 what is in hand finishes, the rest is cancelled")
    void letsWhatIsOwnedFinish() {
      long batch = submit(5);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      store.markRunning(List.of(batch));
      cancel(batch);

      assertThat(store.cancelUnowned(batch, 1_000)).isFalse();
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(5, 0, 2, 0, 0, 0, 0, 0, 3));
      assertThat(completeIfDone(batch)).isEmpty();
      session.finish(chunk);
      passMoment();
      BatchJob ended = completeIfDone(batch).orElseThrow();

      assertThat(ended.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ended.counts()).isEqualTo(new BatchCounts(5, 0, 0, 0, 0, 2, 0, 0, 3));
      assertThat(ended.endedAt()).contains(now());
      assertThat(ended.stateReason()).contains("because");
      assertThat(job(batch)).isEqualTo(ended);
      assertThat(kinds(batch)).containsExactly("SUBMITTED", "STARTED", "CANCELLING", "CANCELLED");
    }

    @Test
    void endsABatchThatNobodyHasStarted() {
      long batch = submit(3);
      cancel(batch);
      BatchJob ended = end(batch);

      assertThat(ended.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ended.counts().cancelled()).isEqualTo(3);
    }

    @Test
    void standsThoughEveryItemWasSettledBefore() {
      long batch = done(NewBatches.any().build(), 2);
      cancel(batch);

      assertThat(end(batch).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job(batch).counts().succeeded()).isEqualTo(2);
    }

    @Test
    void isDoneOnceHoweverManyAsk() {
      long batch = submit(2);
      Callable<StateChange> cancel = () -> cancel(batch);

      assertThat(Together.call(List.of(cancel, cancel, cancel, cancel)))
          .filteredOn(StateChange::changed)
          .hasSize(1);
      assertThat(kinds(batch)).containsExactly("SUBMITTED", "CANCELLING");
    }

    @Test
    @DisplayName("FAULT-X2 a cancel and the end at once: the change says which of them it was")
    @Tag("slow")
    void tellsTheTruthWhenTheBatchEndsAtOnce() {
      for (int round = 0; round < 40; round++) {
        long batch = done(NewBatches.any().build(), 1);
        List<Boolean> results =
            Together.call(() -> cancel(batch).changed(), () -> completeIfDone(batch).isPresent());
        completeIfDone(batch);

        assertThat(state(batch))
            .isEqualTo(results.get(0) ? BatchState.CANCELLED : BatchState.COMPLETED);
      }
    }

    @Test
    @DisplayName("F5 a claim that overlaps the cancel leaves nothing behind")
    @Tag("slow")
    void leavesNothingOfAClaimAtOnce() {
      for (int round = 0; round < 40; round++) {
        long batch = submit(10);
        TestSession session = session();
        List<Object> results =
            Together.call(() -> session.claim("annotate", 4, 2), () -> cancel(batch));
        cancelAllUnowned(batch);
        session.finish((Claim) results.get(0));

        assertThat(end(batch).state()).isEqualTo(BatchState.CANCELLED);
        store.releaseSession(session.id());
      }
    }
  }

  @Nested
  class CancelUnowned {
    @Test
    void goesInSteps() {
      long batch = submit(250);
      cancel(batch);
      int steps = 1;
      while (store.cancelUnowned(batch, 40)) {
        assertThat(job(batch).counts().cancelled()).isBetween(20L * steps, 80L * steps);
        assertThat(job(batch).counts().unfinished() + job(batch).counts().cancelled())
            .isEqualTo(250);
        steps++;
      }

      assertThat(steps).isBetween(4, 14);
      assertThat(end(batch).counts().cancelled()).isEqualTo(250);
    }

    @Test
    void goesInStepsOverParkedItemsToo() {
      long batch = submit(6);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(6);
      SettlementDraft draft = SettlementDraft.of().removed(chunk);
      indexes(chunk).forEach(index -> draft.parked(batch, index, LATER));
      session.settle(draft);
      cancel(batch);

      assertThat(store.cancelUnowned(batch, 2)).isTrue();
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(6, 0, 0, 4, 0, 0, 0, 0, 2));
      assertThat(store.cancelUnowned(batch, 2)).isTrue();
      assertThat(store.cancelUnowned(batch, 2)).isFalse();
      assertThat(end(batch).counts().cancelled()).isEqualTo(6);
    }

    @Test
    void leavesWhatIsOwnedAlone() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).succeeded(batch, 1).removed(chunk));
      ClaimedItem retry = session.claimRetry();
      cancel(batch);

      assertThat(store.owned(session.id()).parked()).containsExactly(retry);
      cancelAllUnowned(batch);
      assertThat(store.owned(session.id()).parked()).containsExactly(retry);
    }

    @Test
    void keepsWhatWasSettledOfAChunk() {
      long batch = submit(5);
      TestSession session = session();
      session.claim(5);
      session.settle(SettlementDraft.of().succeeded(batch, 1, 3));
      store.releaseSession(session.id());
      cancel(batch);

      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(5, 0, 0, 0, 0, 2, 0, 0, 3));
    }

    @Test
    void keepsTheAttemptsAndErrorsOfARetry() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, error(1, "no"))
              .parked(batch, 0, LATER)
              .removed(chunk));
      cancel(batch);
      passMoment();
      cancelAllUnowned(batch);
      BatchItem<String, String> item = store.item(header(batch), 0).orElseThrow();

      assertThat(item.state()).isEqualTo(ItemState.CANCELLED);
      assertThat(item.attempts()).isEqualTo(1);
      assertThat(item.settledAt()).contains(now());
      assertThat(store.errors(header(batch), 0)).hasSize(1);
    }

    @Test
    void countsNoAttemptOfWhatWasNeverBegun() {
      long batch = submit(1);
      cancel(batch);
      cancelAllUnowned(batch);
      BatchItem<String, String> item = store.item(header(batch), 0).orElseThrow();

      assertThat(item.state()).isEqualTo(ItemState.CANCELLED);
      assertThat(item.attempts()).isZero();
      assertThat(item.duration()).isEmpty();
    }

    @Test
    void endsWhatIsHeldByAPause() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).succeeded(batch, 1).removed(chunk));
      pause(batch);
      cancel(batch);

      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(4, 0, 0, 0, 0, 1, 0, 0, 3));
    }

    @Test
    void endsWhatWaitsForAnAnswerFromOutside() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));
      under.defer(batch, 0);
      cancel(batch);

      assertThat(end(batch).counts().cancelled()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(value = BatchState.class, mode = Mode.EXCLUDE, names = "STOPPING")
    void doesNothingUnlessTheBatchStops(BatchState state) {
      long batch = inState(state);
      BatchJob job = job(batch);

      assertThat(store.cancelUnowned(batch, 1_000)).isFalse();
      assertThat(job(batch)).isEqualTo(job);
    }

    @Test
    void isNothingOfABatchThatIsNotThere() {
      assertThat(store.cancelUnowned(999_999, 1_000)).isFalse();
    }

    @Test
    @DisplayName("F5 one that comes late touches no item of the next run")
    void touchesNothingOfTheNextRun() {
      long batch = ended(2, 1);
      retryFailed(batch);

      assertThat(store.cancelUnowned(batch, 1_000)).isFalse();
      assertThat(job(batch).counts().retrying()).isEqualTo(1);
    }

    @Test
    @DisplayName("F5 a retry that is parked after the clean-up is cancelled by the next")
    void endsARetryThatIsParkedAfterTheCleanUp() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      cancel(batch);
      cancelAllUnowned(batch);
      assertThat(store.stopping(10)).isEmpty();
      session.settle(
          SettlementDraft.of().parked(batch, 0, LATER).succeeded(batch, 1).removed(chunk));

      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(store.stopping(10)).containsExactly(batch);
      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(2, 0, 0, 0, 0, 1, 0, 0, 1));
    }

    @Test
    @DisplayName("F5 a chunk that is reaped after the clean-up is cancelled by the next")
    void endsAChunkThatIsReapedAfterTheCleanUp() {
      long batch = submit(3);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().succeeded(batch, 0));
      cancel(batch);
      cancelAllUnowned(batch);
      kill(session);

      assertThat(store.stopping(10)).containsExactly(batch);
      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(3, 0, 0, 0, 0, 1, 0, 0, 2));
    }

    @Test
    @DisplayName("F5 a chunk that is given back after the clean-up is cancelled by the next")
    void endsAChunkThatIsGivenBackAfterTheCleanUp() {
      long batch = submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      cancel(batch);
      cancelAllUnowned(batch);
      session.settle(SettlementDraft.of().succeeded(batch, 1).returned(chunk));

      assertThat(store.stopping(10)).containsExactly(batch);
      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(3, 0, 0, 0, 0, 1, 0, 0, 2));
    }

    @Test
    void isDoneOnceHoweverManyTakeAStep() {
      long batch = submit(200);
      cancel(batch);
      Callable<Boolean> step = () -> store.cancelUnowned(batch, 30);
      for (int i = 0; i < 4; i++) {
        Together.call(List.of(step, step, step));
      }

      assertThat(end(batch).counts().cancelled()).isEqualTo(200);
    }
  }

  @Nested
  class Stopping {
    @Test
    void areThoseWithUnownedWork() {
      submit(1);
      long batch = submit(2);
      session().claim(1);
      cancel(batch);
      long owned = inState(BatchState.STOPPING);
      cancelAllUnowned(owned);

      assertThat(store.stopping(10)).containsExactly(batch);
    }

    @Test
    void areAtMostAsManyAsAskedFor() {
      for (int i = 0; i < 4; i++) {
        cancel(submit(1));
      }

      assertThat(store.stopping(3)).hasSize(3);
    }
  }

  @Nested
  class Pause {
    @ParameterizedTest
    @EnumSource(names = {"PENDING", "RUNNING"})
    void holdsABatchUp(BatchState before) {
      long batch = inState(before);
      passMoment();

      assertThat(pause(batch)).isEqualTo(changed(batch, before, BatchState.PAUSED));
      assertThat(state(batch)).isEqualTo(BatchState.PAUSED);
      assertThat(job(batch).stateReason()).contains("because");
      assertThat(job(batch).updatedAt()).isEqualTo(now());
      assertThat(lastEvent(batch)).isEqualTo(event("PAUSED", "alice", "because"));
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.EXCLUDE,
        names = {"PENDING", "RUNNING"})
    void changesNothingElse(BatchState before) {
      long batch = inState(before);
      BatchJob job = job(batch);
      List<String> happened = kinds(batch);

      assertThat(pause(batch)).isEqualTo(unchanged(batch, before));
      assertThat(job(batch)).isEqualTo(job);
      assertThat(kinds(batch)).isEqualTo(happened);
    }

    @Test
    void letsNothingNewBeClaimed() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).succeeded(batch, 1).removed(chunk));
      pause(batch);

      assertThat(session().claim(4)).isEqualTo(NOTHING);
    }

    @Test
    void letsNoSuspectBeClaimed() {
      long batch = submit(1);
      for (int i = 0; i < 2; i++) {
        TestSession lost = session();
        lost.claim(1);
        kill(lost);
      }
      pause(batch);

      assertThat(session().claimSuspect()).isEqualTo(NOTHING);
      resume(batch);
      assertThat(session().claimSuspect().parked()).hasSize(1);
    }

    @Test
    void leavesTheCountsAsTheyWere() {
      long batch = submit(5);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(
          SettlementDraft.of().parked(batch, 0, LATER).succeeded(batch, 1).removed(chunk));
      session.claim(1);
      BatchCounts before = job(batch).counts();
      pause(batch);

      assertThat(job(batch).counts()).isEqualTo(before);
    }

    @Test
    @DisplayName("F7 a batch ends in its pause if all that was left of it was in hand")
    void letsABatchEndOfWhichAllIsInHand() {
      long batch = submit(2);
      TestSession session = session();
      Claim claim = session.claim(2);
      pause(batch);
      session.finish(claim);

      assertThat(store.doneBatches(10)).containsExactly(batch);
      assertThat(end(batch).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(kinds(batch)).containsExactly("SUBMITTED", "PAUSED", "COMPLETED");
    }

    @Test
    void holdsWhatIsParkedDuringIt() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      pause(batch);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));

      assertThat(session().claim(2)).isEqualTo(NOTHING);
      resume(batch);
      assertThat(session().claimRetry().attempts()).isEqualTo(1);
    }

    @Test
    void holdsWhatIsLostDuringIt() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      pause(batch);
      kill(session);

      assertThat(session().claim(2)).isEqualTo(NOTHING);
      resume(batch);
      assertThat(session().claim(2).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 2, 1));
    }

    @Test
    void holdsWhatIsReleasedDuringIt() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      pause(batch);
      store.releaseSession(session.id());

      assertThat(session().claim(2)).isEqualTo(NOTHING);
      resume(batch);
      assertThat(session().claim(2).chunks()).hasSize(1);
    }

    @Test
    void isNoHindranceForOthers() {
      long paused = submit(NewBatches.any().priority(9), 10);
      long other = submit(10);
      pause(paused);

      assertThat(session().claim(10).chunks())
          .extracting(ClaimedChunk::batch)
          .containsExactly(other);
    }

    @Test
    void holdsAndIsEndedAlsoAfterARepair() {
      long batch = submit(3);
      TestSession session = session();
      session.claim(1);
      pause(batch);
      store.repair();
      assertThat(session().claim(3)).isEqualTo(NOTHING);
      assertThat(state(batch)).isEqualTo(BatchState.PAUSED);
      resume(batch);
      store.repair();

      assertThat(indexes(session().claim(3).chunks())).containsExactly(1, 2);
    }

    @Test
    @Tag("slow")
    void andClaimsAtOnceLoseNothing() {
      for (int round = 0; round < 40; round++) {
        long batch = submit(10);
        TestSession session = session();
        List<Object> results =
            Together.call(() -> session.claim("annotate", 4, 2), () -> pause(batch));
        assertThat(session().claim(10)).isEqualTo(NOTHING);
        resume(batch);
        store.repair();
        session.finish((Claim) results.get(0));
        work(session);

        assertThat(end(batch).counts().succeeded()).isEqualTo(10);
        store.releaseSession(session.id());
      }
    }
  }

  @Nested
  class Resume {
    @Test
    void takesABatchThatWasStartedToRunning() {
      long batch = inState(BatchState.PAUSED);
      passMoment();

      assertThat(resume(batch)).isEqualTo(changed(batch, BatchState.PAUSED, BatchState.RUNNING));
      assertThat(state(batch)).isEqualTo(BatchState.RUNNING);
      assertThat(job(batch).stateReason()).isEmpty();
      assertThat(job(batch).updatedAt()).isEqualTo(now());
      assertThat(lastEvent(batch)).isEqualTo(event("RESUMED", "alice", "because"));
    }

    @Test
    void takesABatchThatWasNotStartedToPending() {
      long batch = submit(1);
      pause(batch);

      assertThat(resume(batch)).isEqualTo(changed(batch, BatchState.PAUSED, BatchState.PENDING));
      assertThat(job(batch).startedAt()).isEmpty();
      session().claim(1);
      assertThat(store.markRunning(List.of(batch))).containsExactly(batch);
    }

    @ParameterizedTest
    @EnumSource(value = BatchState.class, mode = Mode.EXCLUDE, names = "PAUSED")
    void changesNothingElse(BatchState before) {
      long batch = inState(before);
      BatchJob job = job(batch);
      List<String> happened = kinds(batch);

      assertThat(resume(batch)).isEqualTo(unchanged(batch, before));
      assertThat(job(batch)).isEqualTo(job);
      assertThat(kinds(batch)).isEqualTo(happened);
    }

    @Test
    void letsEverythingBeClaimedAgain() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).succeeded(batch, 1).removed(chunk));
      pause(batch);
      resume(batch);
      work(session);

      assertThat(end(batch).counts().succeeded()).isEqualTo(4);
    }

    @Test
    void keepsTheDueTimeOfRetries() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, Duration.ofSeconds(5)).removed(chunk));
      pause(batch);
      resume(batch);

      assertThat(session.claim(2)).isEqualTo(NOTHING);
      pass(Duration.ofSeconds(5));
      assertThat(session.claimRetry().index()).isZero();
    }

    @Test
    void andPausesAtOnceAgreeOnWhereTheBatchStands() {
      long batch = submit(300);
      for (int round = 0; round < 20; round++) {
        Together.call(() -> pause(batch), () -> resume(batch));
      }
      resume(batch);
      store.repair();
      TestSession session = session();
      for (int i = 0; i < 3; i++) {
        work(session);
      }

      assertThat(end(batch).counts().succeeded()).isEqualTo(300);
    }
  }

  @Nested
  class GiveUp {
    @ParameterizedTest
    @EnumSource(names = {"PENDING", "RUNNING", "PAUSED"})
    void stopsABatchTowardsFailed(BatchState before) {
      long batch = inState(before);
      passMoment();

      assertThat(giveUp(batch)).isTrue();
      assertThat(state(batch)).isEqualTo(BatchState.STOPPING);
      assertThat(lastEvent(batch))
          .isEqualTo(event("GIVEN_UP", "engine", "the deadline has passed"));
      assertThat(session().claim(3)).isEqualTo(NOTHING);
      BatchJob ended = end(batch);

      assertThat(ended.state()).isEqualTo(BatchState.FAILED);
      assertThat(ended.error()).contains("the deadline has passed");
      assertThat(ended.stateReason()).contains("the deadline has passed");
      assertThat(ended.counts().cancelled()).isEqualTo(before == BatchState.PENDING ? 3 : 2);
      assertThat(kinds(batch)).endsWith("GIVEN_UP", "FAILED");
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.EXCLUDE,
        names = {"PENDING", "RUNNING", "PAUSED"})
    void changesNothingElse(BatchState before) {
      long batch = inState(before);
      under.passDeadline(batch);
      BatchJob job = job(batch);

      assertThat(store.giveUp(batch, "engine")).isFalse();
      assertThat(job(batch)).isEqualTo(job);
    }

    @Test
    void changesNothingWithoutAReason() {
      long batch = submit(NewBatches.any().deadline(Duration.ofHours(1)).tolerateFailures(1L), 3);

      assertThat(store.giveUp(batch, "engine")).isFalse();
      assertThat(state(batch)).isEqualTo(BatchState.PENDING);
    }

    @Test
    void changesNothingOfTheNextRun() {
      long batch =
          ended(NewBatches.any().deadline(Duration.ofHours(1)).tolerateFailures(0L).build(), 2, 1);
      retryFailed(batch);

      assertThat(store.giveUp(batch, "engine")).isFalse();
      assertThat(state(batch)).isEqualTo(BatchState.RUNNING);
    }

    @Test
    void comesWithMoreFailuresThanAreTolerated() {
      long batch = submit(NewBatches.any().tolerateFailures(0L), 3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk));

      assertThat(store.giveUp(batch, "engine")).isTrue();
      assertThat(job(batch).error()).contains("1 failures are more than the 0 that are tolerated");
    }

    @Test
    void isNothingOfABatchThatIsNotThere() {
      assertThat(store.giveUp(999_999, "engine")).isFalse();
    }

    @Test
    void isNotUndoneByACancel() {
      long batch = submit(1);
      giveUp(batch);

      assertThat(cancel(batch)).isEqualTo(unchanged(batch, BatchState.STOPPING));
      assertThat(end(batch).state()).isEqualTo(BatchState.FAILED);
    }

    @Test
    void isDoneOnceHoweverManyAsk() {
      long batch = submit(1);
      under.passDeadline(batch);
      Callable<Boolean> giveUp = () -> store.giveUp(batch, "engine");

      assertThat(Together.call(List.of(giveUp, giveUp, giveUp))).containsOnlyOnce(true);
    }
  }

  @Nested
  class SteeredBatches {
    @Test
    void areThoseThatAreNeitherPendingNorRunning() {
      long ended = inState(BatchState.CANCELLED);
      long stopping = inState(BatchState.STOPPING);
      long paused = inState(BatchState.PAUSED);
      long others = inState(BatchState.PAUSED);
      long running = inState(BatchState.RUNNING);
      long pending = inState(BatchState.PENDING);

      assertThat(store.steered(List.of(pending, running, paused, stopping, ended)))
          .extracting(Steered::batch, Steered::state)
          .containsExactlyInAnyOrder(
              tuple(paused, BatchState.PAUSED),
              tuple(stopping, BatchState.STOPPING),
              tuple(ended, BatchState.CANCELLED));
      assertThat(store.steered(List.of(others))).hasSize(1);
      assertThat(store.steered(List.of())).isEmpty();
    }

    @Test
    void areNotForcedAnyMoreInTheNextRun() {
      long batch = inState(BatchState.RUNNING);
      cancel(batch, CancelMode.FORCED);
      end(batch);
      retryFailed(batch);
      pause(batch);

      assertThat(store.steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.PAUSED, false));
    }
  }

  @Nested
  class GivenBack {
    @Test
    void isAChunkWithWhatIsStillOpenOfIt() {
      long batch = submit(6);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(6);
      session.settle(
          SettlementDraft.of().succeeded(batch, 0, 2).parked(batch, 4, LATER).returned(chunk));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(6, 3, 0, 1, 0, 2, 0, 0, 0));
      assertThat(store.owned(session.id())).isEqualTo(NOTHING);
      ClaimedChunk again = session().claimChunk(6);
      assertThat(again).isEqualTo(chunk);
      assertThat(store.load(again)).extracting(input -> input.index()).containsExactly(1, 3, 5);
    }

    @Test
    void isAChunkWhoseItemsWereSettledBefore() {
      long batch = submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      session.settle(SettlementDraft.of().succeeded(batch, 0));
      session.settle(SettlementDraft.of().returned(chunk));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(3, 2, 0, 0, 0, 1, 0, 0, 0));
    }

    @Test
    void isAParkedItemAsItWas() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));
      ClaimedItem retry = session.claimRetry();
      session.settle(SettlementDraft.of().returned(retry));

      assertThat(job(batch).counts().retrying()).isEqualTo(1);
      assertThat(session().claimRetry()).isEqualTo(retry);
    }

    @Test
    void isNotCountedAsLost() {
      long batch = submit(1);
      for (int i = 0; i < 3; i++) {
        TestSession session = session();
        ClaimedChunk chunk = session.claimChunk(1);
        assertThat(chunk.lost()).isZero();
        session.settle(SettlementDraft.of().returned(chunk));
      }
      TestSession session = session();
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(session.claimChunk(1)));
      for (int i = 0; i < 3; i++) {
        session.settle(SettlementDraft.of().returned(session.claimRetry()));
      }
      assertThat(session.claimRetry().suspect()).isFalse();
    }

    @Test
    void keepsItsCountOfLosses() {
      long batch = submit(2);
      TestSession lost = session();
      lost.claim(2);
      kill(lost);
      TestSession session = session();
      session.settle(SettlementDraft.of().returned(session.claimChunk(2)));

      assertThat(session().claim(2).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 2, 1));
    }

    @Test
    void isHeldIfTheBatchIsPaused() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk first = session.claimChunk(2);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).succeeded(batch, 1).removed(first));
      Claim claim = session.claim(4);
      ClaimedItem retry = claim.parked().get(0);
      ClaimedChunk second = claim.chunks().get(0);
      pause(batch);
      session.settle(SettlementDraft.of().returned(second).returned(retry));

      assertThat(session().claim(4)).isEqualTo(NOTHING);
      resume(batch);
      work(session);
      assertThat(end(batch).counts().succeeded()).isEqualTo(4);
    }

    @Test
    void isItOnceHoweverOftenItIsSent() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      SettlementDraft draft = SettlementDraft.of().succeeded(batch, 0).returned(chunk);
      session.settle(draft);
      ClaimedChunk again = session().claimChunk(2);

      assertThat(session.resend(draft)).isFalse();
      assertThat(again.lost()).isZero();
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(2, 0, 1, 0, 0, 1, 0, 0, 0));
    }

    @Test
    void isNothingByASessionThatIsGone() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      kill(session);
      TestSession next = session();
      next.claim(2);

      assertThatThrownBy(() -> session.settle(SettlementDraft.of().returned(chunk)))
          .isInstanceOf(FencedException.class);
      assertThat(job(batch).counts().running()).isEqualTo(2);
    }
  }

  @Nested
  class Overdue {
    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    @DisplayName("REQ-D7 a batch has a deadline, which counts from when it is due")
    void areThoseWhoseDeadlineHasPassed() {
      long batch = submit(NewBatches.any().deadline(HOUR), 1);
      long later = submit(NewBatches.any().deadline(HOUR).startAt(now().plus(HOUR)), 1);
      submit(1);

      assertThat(job(batch).deadlineAt()).contains(now().plus(HOUR));
      assertThat(job(later).deadlineAt()).contains(now().plus(HOUR).plus(HOUR));
      pass(HOUR.minusMillis(1));
      assertThat(store.overdue(10)).isEmpty();
      pass(Duration.ofMillis(2));
      assertThat(store.overdue(10)).containsExactly(batch);
      pass(HOUR);
      assertThat(store.overdue(10)).containsExactlyInAnyOrder(batch, later);
      assertThat(store.overdue(1)).hasSize(1);
    }

    @Test
    void areStillThereWhenTheyArePaused() {
      long batch = submit(NewBatches.any().deadline(HOUR), 1);
      pause(batch);
      pass(HOUR.plusMillis(1));

      assertThat(store.overdue(10)).containsExactly(batch);
    }

    @Test
    void areNeitherThoseThatStopNorThoseThatHaveEnded() {
      long ended = ended(NewBatches.any().deadline(HOUR).build(), 1);
      long cancelled = submit(NewBatches.any().deadline(HOUR), 1);
      cancel(cancelled);
      pass(HOUR.plusMillis(1));

      assertThat(store.overdue(10)).isEmpty();
      end(cancelled);
      assertThat(store.overdue(10)).isEmpty();
      assertThat(state(ended)).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void countAnewInTheNextRun() {
      long batch = ended(NewBatches.any().deadline(HOUR).build(), 1, 0);
      pass(HOUR);
      pass(HOUR);
      retryFailed(batch);

      assertThat(job(batch).deadlineAt()).contains(now().plus(HOUR));
      assertThat(store.overdue(10)).isEmpty();
      pass(HOUR.plusMillis(1));
      assertThat(store.overdue(10)).containsExactly(batch);
    }
  }
}
