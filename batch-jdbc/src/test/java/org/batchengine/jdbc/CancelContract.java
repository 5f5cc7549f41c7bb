package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A batch is cancelled once, by force or gracefully, whatever others do to it meanwhile. */
abstract class CancelContract extends SteeredContract {

  CancelContract(Supplier<StoreUnderTest> opener) {
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
      Steering unknown =
          new Steering(BatchId.of(UUID.randomUUID()), null, NewBatches.by("alice"), "because");

      assertThat(store.steering().cancel(unknown, CancelMode.GRACEFUL)).isEmpty();
      assertThat(store.steering().pause(unknown)).isEmpty();
      assertThat(store.steering().resume(unknown)).isEmpty();
      assertThat(store.steering().retryFailed(unknown, FailedItems.all())).isEmpty();
    }

    @Test
    void isAnsweredWithNothingOnceTheBatchIsHidden() {
      long batch = ended(1);
      Steering steering = steering(batch);
      store.steering().hide(steering.batch(), null, NewBatches.by("admin"));

      assertThat(store.steering().cancel(steering, CancelMode.GRACEFUL)).isEmpty();
      assertThat(store.steering().retryFailed(steering, FailedItems.all())).isEmpty();
    }

    @Test
    void canBeForcedAfterItWasGraceful() {
      long batch = submit(1);
      session().claim(1);
      cancel(batch, CancelMode.GRACEFUL);

      assertThat(store.steering().steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.STOPPING, false, 0));
      assertThat(cancel(batch, CancelMode.FORCED))
          .isEqualTo(changed(batch, BatchState.STOPPING, BatchState.STOPPING));
      assertThat(store.steering().steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.STOPPING, true, 0));
      assertThat(kinds(batch)).endsWith("CANCELLING", "CANCELLING");
    }

    @ParameterizedTest
    @EnumSource
    void changesNothingAfterItWasForced(CancelMode mode) {
      long batch = submit(1);
      session().claim(1);
      cancel(batch, CancelMode.FORCED);

      assertThat(cancel(batch, mode)).isEqualTo(unchanged(batch, BatchState.STOPPING));
      assertThat(store.steering().steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.STOPPING, true, 0));
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
    @DisplayName("REQ-M4 what is in hand finishes, the rest is cancelled")
    void letsWhatIsOwnedFinish() {
      long batch = submit(5);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      store.claiming().markRunning(List.of(batch));
      cancel(batch);

      assertThat(store.sweeping().cancelUnowned(batch, 1_000)).isFalse();
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

      assertThat(Concurrently.call(List.of(cancel, cancel, cancel, cancel)))
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
            Concurrently.call(
                () -> cancel(batch).changed(), () -> completeIfDone(batch).isPresent());
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
            Concurrently.call(() -> session.claim("annotate", 4, 2), () -> cancel(batch));
        cancelAllUnowned(batch);
        session.finish((Claim) results.get(0));

        assertThat(end(batch).state()).isEqualTo(BatchState.CANCELLED);
        store.sessions().release(session.id());
      }
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

      assertThat(store.steering().steered(List.of(pending, running, paused, stopping, ended)))
          .extracting(Steered::batch, Steered::state)
          .containsExactlyInAnyOrder(
              tuple(paused, BatchState.PAUSED),
              tuple(stopping, BatchState.STOPPING),
              tuple(ended, BatchState.CANCELLED));
      assertThat(store.steering().steered(List.of(others))).hasSize(1);
      assertThat(store.steering().steered(List.of())).isEmpty();
    }

    @Test
    void areNotForcedAnyMoreInTheNextRun() {
      long batch = inState(BatchState.RUNNING);
      cancel(batch, CancelMode.FORCED);
      end(batch);
      retryFailed(batch);
      pause(batch);

      assertThat(store.steering().steered(List.of(batch)))
          .containsExactly(new Steered(batch, BatchState.PAUSED, false, 0));
    }
  }
}
