package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A batch that is paused is held, and goes on where it was once it is resumed. */
abstract class PauseContract extends SteeredContract {

  PauseContract(Supplier<StoreUnderTest> opener) {
    super(opener);
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

      assertThat(store.sweeping().done(10)).containsExactly(batch);
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
      store.sessions().release(session.id());

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
      store.sweeping().repair();
      assertThat(session().claim(3)).isEqualTo(NOTHING);
      assertThat(state(batch)).isEqualTo(BatchState.PAUSED);
      resume(batch);
      store.sweeping().repair();

      assertThat(indexes(session().claim(3).chunks())).containsExactly(1, 2);
    }

    @Test
    @Tag("slow")
    void andClaimsAtOnceLoseNothing() {
      for (int round = 0; round < 40; round++) {
        long batch = submit(10);
        TestSession session = session();
        List<Object> results =
            Concurrently.call(() -> session.claim("annotate", 4, 2), () -> pause(batch));
        assertThat(session().claim(10)).isEqualTo(NOTHING);
        resume(batch);
        store.sweeping().repair();
        session.finish((Claim) results.get(0));
        work(session);

        assertThat(end(batch).counts().succeeded()).isEqualTo(10);
        store.sessions().release(session.id());
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
      assertThat(store.claiming().markRunning(List.of(batch))).containsExactly(batch);
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
        Concurrently.call(() -> pause(batch), () -> resume(batch));
      }
      resume(batch);
      store.sweeping().repair();
      TestSession session = session();
      for (int i = 0; i < 3; i++) {
        work(session);
      }

      assertThat(end(batch).counts().succeeded()).isEqualTo(300);
    }
  }
}
