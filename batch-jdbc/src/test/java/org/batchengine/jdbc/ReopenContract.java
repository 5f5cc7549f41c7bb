package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failed items are taken up again, in a batch that has ended or in one that lives. */
abstract class ReopenContract extends SteeredContract {

  ReopenContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class OfABatchThatHasEnded {
    @ParameterizedTest
    @EnumSource(names = {"COMPLETED", "FAILED", "CANCELLED"})
    void beginsAnotherRun(BatchState before) {
      long batch = inState(before);
      BatchJob ended = job(batch);
      passMoment();

      assertThat(retryFailed(batch)).isEqualTo(changed(batch, before, BatchState.RUNNING, 1));
      BatchJob job = job(batch);
      assertThat(job.state()).isEqualTo(BatchState.RUNNING);
      assertThat(job.run()).isEqualTo(ended.run() + 1);
      assertThat(job.error()).isEmpty();
      assertThat(job.stateReason()).isEmpty();
      assertThat(job.endedAt()).isEmpty();
      assertThat(job.startedAt()).isPresent();
      assertThat(job.updatedAt()).isEqualTo(now());
      assertThat(lastEvent(batch)).isEqualTo(event("REOPENED", "alice", "because"));
    }

    @Test
    @DisplayName("REQ-D7 the time between two runs counts for neither")
    void takesItsOwnTimeOnly() {
      long batch = inState(BatchState.COMPLETED);
      pass(LATER);
      retryFailed(batch);
      pass(Duration.ofSeconds(2));
      assertThat(job(batch).wallTime()).isEqualTo(Duration.ofSeconds(2));

      TestSession session = session();
      session.finish(session.claim(1));
      BatchJob ended = end(batch);
      pass(LATER);
      assertThat(job(batch).wallTime()).isEqualTo(Duration.ofSeconds(2));
      assertThat(ended.reopenedAt()).isEqualTo(ended.endedAt().map(end -> end.minusSeconds(2)));
    }

    @Test
    @DisplayName("F10c what succeeded, was skipped or cancelled stays counted")
    void keepsWhatElseWasSettled() {
      long batch = submit(5);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      session.settle(
          SettlementDraft.of()
              .succeeded(batch, 0)
              .outcome(batch, 1, ItemState.SKIPPED)
              .failed(batch, 2, error(1, "no"))
              .failed(batch, 3, error(1, "no"))
              .removed(chunk));
      cancel(batch);
      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(5, 0, 0, 0, 0, 1, 2, 1, 1));
      retryFailed(batch);

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(5, 0, 0, 2, 0, 1, 0, 1, 1));
      session.finish(session.claim(4));
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(5, 0, 0, 0, 0, 3, 0, 1, 1));
      BatchJob again = end(batch);
      assertThat(again.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(again.counts()).isEqualTo(new BatchCounts(5, 0, 0, 0, 0, 3, 0, 1, 1));
      assertThat(under.rowsInMotion(batch)).isZero();
    }

    @Test
    void endsAgainWithTheFailuresOfTheLastRun() {
      long batch = ended(4, 1, 2);
      retryFailed(batch);
      TestSession session = session();
      Claim claim = session.claim("annotate", 4, 1);
      assertThat(claim.parked()).hasSize(2);
      ClaimedItem first = claim.parked().get(0);
      ClaimedItem second = claim.parked().get(1);
      session.settle(
          SettlementDraft.of()
              .outcome(first, ItemState.SUCCEEDED)
              .failure(batch, second.index(), error(2, "again"))
              .outcome(second, ItemState.FAILED));
      BatchJob again = end(batch);

      assertThat(again.counts()).isEqualTo(new BatchCounts(4, 0, 0, 0, 0, 3, 1, 0, 0));
      assertThat(kinds(batch))
          .containsExactly("SUBMITTED", "STARTED", "COMPLETED", "REOPENED", "COMPLETED");
      assertThat(retryFailed(batch).items()).isEqualTo(1);
      assertThat(job(batch).run()).isEqualTo(3);
    }

    @Test
    @DisplayName("F10b attempts count on, and the errors of the last run stay")
    void letsAttemptsCountOn() {
      long batch = ended(1, 0);
      retryFailed(batch);
      TestSession session = session();
      ClaimedItem item = session.claimRetry();

      assertThat(item).isEqualTo(new ClaimedItem(batch, "annotate", 0, 1, 1, false));
      session.settle(
          SettlementDraft.of().failure(batch, 0, error(2, "again")).parkedAgain(item, NOW));
      assertThat(session.claimRetry())
          .isEqualTo(new ClaimedItem(batch, "annotate", 0, 2, 1, false));
      assertThat(store.reading().errors(header(batch), 0))
          .extracting(ItemError::attempt)
          .containsExactly(1, 2);
    }

    @Test
    void takesUpWhatTookItsProcessesDown() {
      long batch = submit(1);
      for (int i = 0; i < 2; i++) {
        TestSession lost = session();
        lost.claim(1);
        kill(lost);
      }
      for (int i = 0; i < 2; i++) {
        TestSession lost = session();
        lost.claimSuspect();
        kill(lost);
      }
      assertThat(end(batch).counts().failed()).isEqualTo(1);
      retryFailed(batch);

      assertThat(session().claimRetry().attempts()).isEqualTo(1);
    }

    @Test
    void isFoundAmongTheLiveAgain() {
      long batch = ended(1, 0);
      retryFailed(batch);
      TestSession session = session();
      session.finish(session.claim(2));

      assertThat(store.sweeping().done(10)).containsExactly(batch);
    }

    @Test
    @DisplayName("F5 items are taken up in bounded transactions, of which it shows nothing")
    @Tag("slow")
    void takesUpWhatFailedAnywhereInALargeBatch() {
      long batch = ended(50_010, 5, 49_999, 50_000, 50_009);

      StateChange change = retryFailed(batch);

      assertThat(change.items()).isEqualTo(4);
      assertThat(change.before()).isEqualTo(BatchState.COMPLETED);
      assertThat(change.after()).isEqualTo(BatchState.RUNNING);
      assertThat(job(batch).run()).isEqualTo(2);
      assertThat(job(batch).counts().retrying()).isEqualTo(4);
      assertThat(job(batch).counts().succeeded()).isEqualTo(50_006);
    }

    @Test
    void isOneRunHoweverManyAsk() {
      for (int round = 0; round < 10; round++) {
        long batch = ended(6, 0, 2, 4);
        Callable<StateChange> retry = () -> retryFailed(batch);
        List<StateChange> changes = Concurrently.call(List.of(retry, retry, retry));

        assertThat(changes).extracting(StateChange::items).containsExactlyInAnyOrder(3L, 0L, 0L);
        assertThat(changes).filteredOn(StateChange::changed).hasSize(1);
        assertThat(job(batch).run()).isEqualTo(2);
        assertThat(job(batch).counts()).isEqualTo(new BatchCounts(6, 0, 0, 3, 0, 3, 0, 0, 0));
        work(session());
        assertThat(end(batch).counts().succeeded()).isEqualTo(6);
      }
    }

    @Test
    @DisplayName("F3 the end and a retry at once: no batch has ended that has work")
    @Tag("slow")
    void doesNotEndABatchThatHasWork() {
      for (int round = 0; round < 40; round++) {
        long batch = done(NewBatches.any().build(), 2, 1);
        Callable<Object> complete = () -> completeIfDone(batch);
        Concurrently.call(List.of(complete, () -> retryFailed(batch), complete));

        assertThat(under.violations()).isEmpty();
        retryFailed(batch);
        TestSession session = session();
        work(session);
        store.sessions().release(session.id());
        completeIfDone(batch);
        assertThat(job(batch).counts().succeeded()).isEqualTo(2);
        assertThat(state(batch)).isEqualTo(BatchState.COMPLETED);
      }
    }

    @Test
    @DisplayName("F1 a settle that is sent again touches nothing of the next run")
    void isNotTouchedByASettleThatIsSentAgain() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      SettlementDraft draft = SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk);
      session.settle(draft);
      end(batch);
      retryFailed(batch);

      assertThat(session.resend(draft)).isFalse();
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(1, 0, 0, 1, 0, 0, 0, 0, 0));
    }
  }

  @Nested
  class OfABatchThatLives {
    @ParameterizedTest
    @EnumSource(names = {"RUNNING", "PAUSED"})
    void leavesTheBatchWhereItStands(BatchState before) {
      long batch = inState(before);
      passMoment();

      assertThat(retryFailed(batch)).isEqualTo(changed(batch, before, before, 1));
      assertThat(state(batch)).isEqualTo(before);
      assertThat(job(batch).run()).isEqualTo(1);
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(3, 2, 0, 1, 0, 0, 0, 0, 0));
      assertThat(lastEvent(batch)).isEqualTo(event("REOPENED", "alice", "because"));
    }

    @Test
    void worksThoughNobodyHasMarkedItAsRunning() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk));

      assertThat(retryFailed(batch))
          .isEqualTo(changed(batch, BatchState.PENDING, BatchState.PENDING, 1));
      work(session);
      assertThat(end(batch).counts().succeeded()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"SUBMITTING", "PENDING", "STOPPING"})
    void changesNothingElse(BatchState before) {
      long batch = inState(before);
      BatchJob job = job(batch);

      assertThat(retryFailed(batch)).isEqualTo(unchanged(batch, before));
      assertThat(job(batch)).isEqualTo(job);
    }

    @Test
    void isHeldWhileTheBatchIsPaused() {
      long batch = inState(BatchState.PAUSED);
      retryFailed(batch);

      assertThat(session().claim(3).isEmpty()).isTrue();
      resume(batch);
      TestSession session = session();
      work(session);
      assertThat(end(batch).counts().succeeded()).isEqualTo(3);
    }

    @Test
    @DisplayName("F10c each time the counters are those of the items")
    void keepsTheCountersRight() {
      long batch = submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk));
      for (int i = 0; i < 3; i++) {
        retryFailed(batch);
        assertThat(job(batch).counts()).isEqualTo(new BatchCounts(3, 2, 0, 1, 0, 0, 0, 0, 0));
        assertThat(store.settling().failures(batch)).isZero();
        Claim claim = session.claim("annotate", 1, 1);
        ClaimedItem item = claim.parked().get(0);
        session.settle(
            SettlementDraft.of()
                .failure(batch, 0, error(item.attempts() + 1, "again"))
                .outcome(item, ItemState.FAILED));
        assertThat(job(batch).counts()).isEqualTo(new BatchCounts(3, 2, 0, 0, 0, 0, 1, 0, 0));
        assertThat(store.settling().failures(batch)).isEqualTo(1);
      }
      work(session);
      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(3, 0, 0, 0, 0, 2, 1, 0, 0));
    }

    @Test
    void takesItemsOutOfAChunkThatIsStillOwned() {
      long batch = submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      session.settle(SettlementDraft.of().failed(batch, 1, error(1, "no")));
      retryFailed(batch);
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(3, 0, 2, 1, 0, 0, 0, 0, 0));
      TestSession other = session();
      assertThat(other.claimRetry().index()).isEqualTo(1);
      other.finish(store.claiming().owned(other.id()));
      session.settle(SettlementDraft.of().succeeded(batch, 0, 2).removed(chunk));

      assertThat(end(batch).counts().succeeded()).isEqualTo(3);
    }

    @Test
    void takesItemsOutOfAChunkThatIsLostThen() {
      long batch = submit(4);
      TestSession lost = session();
      lost.claim(4);
      lost.settle(SettlementDraft.of().failed(batch, 1, error(1, "no")).succeeded(batch, 3));
      retryFailed(batch);
      kill(lost);

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(4, 2, 0, 1, 0, 1, 0, 0, 0));
      TestSession session = session();
      work(session);
      assertThat(end(batch).counts().succeeded()).isEqualTo(4);
    }

    @Test
    void takesItemsOutOfAChunkThatIsGivenBackThen() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      session.settle(SettlementDraft.of().failed(batch, 1, error(1, "no")));
      retryFailed(batch);
      session.settle(SettlementDraft.of().succeeded(batch, 0).returned(chunk));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(4, 2, 0, 1, 0, 1, 0, 0, 0));
      work(session);
      assertThat(end(batch).counts().succeeded()).isEqualTo(4);
    }

    @Test
    @DisplayName("F10a items that fail in between are retried or stay failed, and nothing is lost")
    @Tag("slow")
    void losesNothingThatFailsAtOnce() {
      for (int round = 0; round < 40; round++) {
        long batch = submit(6);
        TestSession session = session();
        ClaimedChunk first = session.claimChunk(3);
        ClaimedChunk second = session.claimChunk(3);
        fail(session, first);
        List<Object> results =
            Concurrently.call(
                () -> retryFailed(batch),
                () -> {
                  fail(session, second);
                  return true;
                });

        long retried = ((StateChange) results.get(0)).items();
        assertThat(retried).isIn(3L, 6L);
        assertThat(job(batch).counts())
            .isEqualTo(new BatchCounts(6, 0, 0, retried, 0, 0, 6 - retried, 0, 0));
        assertThat(under.violations()).isEmpty();
        retryFailed(batch);
        work(session);
        assertThat(end(batch).counts().succeeded()).isEqualTo(6);
        store.sessions().release(session.id());
      }
    }

    private void fail(TestSession session, ClaimedChunk chunk) {
      SettlementDraft draft = SettlementDraft.of().removed(chunk);
      indexes(chunk).forEach(index -> draft.failed(chunk.batch(), index, error(1, "no")));
      session.settle(draft);
    }
  }

  @Nested
  @DisplayName("REQ-M7 failed items that are named run again")
  class OfSomeItems {
    private long batch;
    private ItemError other;

    /** Item 0 succeeded; 1 and 2 failed with E_TEST, 3 with E_OTHER, after E_TEST at first. */
    private void given() {
      batch =
          submit(
              NewBatches.any().build(),
              List.of(
                  new NewItem("a", "1"),
                  new NewItem("b", "2"),
                  new NewItem("c", "3"),
                  new NewItem("d", "4")));
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      other = ItemError.of(2, "E_OTHER", "other", now());
      session.settle(
          SettlementDraft.of()
              .succeeded(batch, 0)
              .failed(batch, 1, error(1, "no"))
              .failed(batch, 2, error(1, "no"))
              .failure(batch, 3, error(1, "no"))
              .parked(batch, 3, NOW)
              .removed(chunk));
      ClaimedItem retry = session.claimRetry();
      session.settle(
          SettlementDraft.of().failure(batch, 3, other).outcome(retry, ItemState.FAILED));
      end(batch);
    }

    private List<Integer> retried(FailedItems which) {
      given();
      StateChange change = retryFailed(batch, which);
      List<Integer> retrying = new ArrayList<>();
      for (int index = 0; index < 4; index++) {
        if (store.reading().item(header(batch), index).orElseThrow().state()
            == ItemState.RETRYING) {
          retrying.add(index);
        }
      }
      assertThat(change.changed()).isEqualTo(!retrying.isEmpty());
      assertThat(change.items()).isEqualTo(retrying.size());
      assertThat(job(batch).counts())
          .isEqualTo(new BatchCounts(4, 0, 0, retrying.size(), 0, 1, 3 - retrying.size(), 0, 0));
      if (!retrying.isEmpty()) {
        work(session());
        end(batch);
      }
      return retrying;
    }

    @Test
    void meansAllThatFailed() {
      assertThat(retried(FailedItems.all())).containsExactly(1, 2, 3);
    }

    @Test
    void meansThoseWhoseLastErrorHasTheType() {
      assertThat(retried(FailedItems.ofType("E_TEST"))).containsExactly(1, 2);
      assertThat(retried(FailedItems.ofType("E_OTHER"))).containsExactly(3);
    }

    @Test
    void meansThoseWhoseLastErrorHasTheFingerprint() {
      given();
      String fingerprint = other.fingerprint();

      assertThat(retried(FailedItems.ofFingerprint(fingerprint))).containsExactly(3);
    }

    @Test
    void meansThoseWithTheKeys() {
      assertThat(retried(FailedItems.keyed("d", "b", "a", "unknown"))).containsExactly(1, 3);
    }

    @Test
    void meansThoseAtThePlaces() {
      assertThat(retried(FailedItems.at(2, 0, 4, 1_000_000))).containsExactly(2);
    }

    @Test
    void changesNothingIfThereIsNone() {
      assertThat(retried(FailedItems.ofType("E_UNKNOWN"))).isEmpty();
      assertThat(retried(FailedItems.ofFingerprint("unknown"))).isEmpty();
      assertThat(retried(FailedItems.keyed("a"))).isEmpty();
      assertThat(retried(FailedItems.at(0))).isEmpty();
      assertThat(state(batch)).isEqualTo(BatchState.COMPLETED);
      assertThat(job(batch).run()).isEqualTo(1);
      assertThat(kinds(batch)).doesNotContain("REOPENED");
    }

    @Test
    void leavesTheOthersFailedAlsoWhenTheBatchEndsAgain() {
      given();
      retryFailed(batch, FailedItems.at(1));
      TestSession session = session();
      session.finish(session.claim(2));

      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(4, 0, 0, 0, 0, 2, 2, 0, 0));
      assertThat(retryFailed(batch).items()).isEqualTo(2);
    }

    @Test
    void canBeDoneOneByOneInARun() {
      given();
      retryFailed(batch, FailedItems.at(1));
      retryFailed(batch, FailedItems.at(2));
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(4, 0, 0, 2, 0, 1, 1, 0, 0));
      retryFailed(batch, FailedItems.at(3));
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(4, 0, 0, 3, 0, 1, 0, 0, 0));
      assertThat(job(batch).run()).isEqualTo(2);
      TestSession session = session();
      work(session);

      assertThat(end(batch).counts().succeeded()).isEqualTo(4);
    }
  }
}
