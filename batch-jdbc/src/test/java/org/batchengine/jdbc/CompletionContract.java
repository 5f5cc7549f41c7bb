package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A batch ends when nothing of it is in motion, once; what deaths leave behind is mended. */
abstract class CompletionContract extends StoreContract {

  CompletionContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class CompleteIfDone {
    @Test
    @DisplayName("REQ-D3 REQ-U6 a batch completes when all its items are settled, and says when")
    void endsTheBatchAndReturnsIt() {
      NewBatch batch = NewBatches.any().build();
      long number = submit(batch, NewBatches.items(4));
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      store.claiming().markRunning(List.of(number));
      passMoment();
      session.settle(
          SettlementDraft.of()
              .succeeded(number, 0)
              .failed(number, 1, error(1, "no"))
              .outcome(number, 2, ItemState.SKIPPED)
              .outcome(number, 3, ItemState.CANCELLED)
              .removed(chunk)
              .rate(number, 100));
      passMoment();
      BatchJob ended = completeIfDone(number).orElseThrow();

      assertThat(ended)
          .isEqualTo(
              BatchJob.builder(batch.id(), "annotate")
                  .state(BatchState.COMPLETED)
                  .itemTime(Duration.ofMillis(3))
                  .counts(new BatchCounts(4, 0, 0, 0, 0, 1, 1, 1, 1))
                  .createdAt(now().minusMillis(2))
                  .startedAt(now().minusMillis(2))
                  .endedAt(now())
                  .updatedAt(now())
                  .asOf(now())
                  .build());
      assertThat(job(batch.id())).isEqualTo(ended);
      assertThat(under.rowsInMotion(number)).isZero();
    }

    @Test
    void returnsNothingTheSecondTime() {
      long batch = done(1);
      completeIfDone(batch);

      assertThat(completeIfDone(batch)).isEmpty();
    }

    @Test
    void leavesABatchWithAnUnownedChunkAlone() {
      long batch = submit(2);
      TestSession session = session();
      session.finish(session.claimChunk(1));

      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(job(batch).state()).isEqualTo(BatchState.PENDING);
    }

    @Test
    void leavesABatchWithAnOwnedChunkAlone() {
      long batch = submit(1);
      session().claim(1);

      assertThat(completeIfDone(batch)).isEmpty();
    }

    @Test
    void leavesABatchWithAChunkOfWhichAllIsSettledAlone() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().succeeded(batch, 0));

      assertThat(completeIfDone(batch)).isEmpty();
      session.settle(SettlementDraft.of().removed(chunk));
      assertThat(completeIfDone(batch)).isPresent();
    }

    @Test
    void leavesABatchWithAParkedItemAlone() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, EXPIRY).removed(chunk));

      assertThat(completeIfDone(batch)).isEmpty();
    }

    @ParameterizedTest
    @DisplayName("F7 a batch ends that was paused, or never marked as running")
    @EnumSource(
        value = BatchState.class,
        mode = Mode.INCLUDE,
        names = {"PENDING", "RUNNING", "PAUSED", "STOPPING"})
    void endsABatchInAnyLiveState(BatchState state) {
      long batch = done(3);
      under.setState(batch, state);
      BatchJob ended = completeIfDone(batch).orElseThrow();

      assertThat(ended.isTerminal()).isTrue();
      assertThat(ended.startedAt()).isPresent();
      assertThat(ended.counts().succeeded()).isEqualTo(3);
    }

    @ParameterizedTest
    @DisplayName("a batch that has ended does not end again")
    @EnumSource(
        value = BatchState.class,
        mode = Mode.INCLUDE,
        names = {"COMPLETED", "FAILED", "CANCELLED"})
    void leavesABatchThatHasEndedAlone(BatchState state) {
      long batch = done(1);
      completeIfDone(batch);
      under.setState(batch, state);
      passMoment();

      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(job(batch).state()).isEqualTo(state);
      assertThat(job(batch).endedAt()).contains(now().minusMillis(1));
    }

    @Test
    void endsThoseOfManyOfWhichNothingIsInMotion() {
      long done = done(3);
      long ended = done(1);
      completeIfDone(ended);
      long stopping = done(2);
      long open = submit(2);
      under.setState(stopping, BatchState.STOPPING);
      List<BatchJob> answer =
          store.settling().completeIfDone(List.of(stopping, ended, open, 999_999L, done));

      assertThat(answer).containsExactlyInAnyOrder(job(done), job(stopping));
      assertThat(answer).extracting(job -> job.counts().succeeded()).containsOnly(3L, 2L);
      assertThat(job(done).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job(stopping).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job(open).state()).isEqualTo(BatchState.PENDING);
    }

    @Test
    void isNothingOfABatchThatIsNotThere() {
      assertThat(completeIfDone(999_999)).isEmpty();
    }

    @Test
    @DisplayName("FAULT-X1 the last two chunks are settled at once, and one look ends the batch")
    @Tag("slow")
    void endsOnceWhenTheLastTwoChunksAreSettledTogether() {
      TestSession one = session();
      TestSession two = session();
      for (int round = 0; round < 200; round++) {
        long batch = submit(2);
        ClaimedChunk first = one.claimChunk(1);
        ClaimedChunk second = two.claimChunk(1);
        List<Optional<BatchJob>> ended =
            Concurrently.call(() -> finish(one, first), () -> finish(two, second));

        assertThat(ended).filteredOn(Optional::isPresent).hasSize(1);
        assertThat(job(batch).counts().succeeded()).isEqualTo(2);
      }
    }

    private Optional<BatchJob> finish(TestSession session, ClaimedChunk chunk) {
      session.finish(chunk);
      return completeIfDone(chunk.batch());
    }

    @Test
    void endsOnceHoweverManyLook() {
      long batch = done(1);
      Callable<Optional<BatchJob>> look = () -> completeIfDone(batch);

      assertThat(Concurrently.call(List.of(look, look, look, look)))
          .filteredOn(Optional::isPresent)
          .hasSize(1);
    }
  }

  @Nested
  class DoneBatches {
    @Test
    @DisplayName("FAULT-K3 a batch that nobody completed is found")
    void areThoseThatNobodyCompleted() {
      long done = done(1);
      submit(1);

      assertThat(store.sweeping().done(10)).containsExactly(done);
      completeIfDone(done);
      assertThat(store.sweeping().done(10)).isEmpty();
    }

    @Test
    void areAtMostAsManyAsAskedFor() {
      List<Long> done = IntStream.range(0, 5).mapToObj(i -> done(1)).toList();

      assertThat(store.sweeping().done(3)).hasSize(3).isSubsetOf(done);
    }

    @ParameterizedTest
    @EnumSource(
        value = BatchState.class,
        mode = Mode.INCLUDE,
        names = {"PENDING", "RUNNING", "PAUSED", "STOPPING"})
    void areInAnyLiveState(BatchState state) {
      long batch = done(1);
      under.setState(batch, state);

      assertThat(store.sweeping().done(10)).containsExactly(batch);
    }
  }

  @Nested
  class Repair {
    @Test
    @DisplayName("F2 what a session owns that does not exist is freed")
    void freesWhatNoSessionOwns() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().parked(batch, 1, NOW));
      session.claim(2);
      under.loseSession(session.id());
      store.sweeping().repair();

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(2, 1, 0, 1, 0, 0, 0, 0, 0));
      assertThat(indexes(session().claim(4).chunks())).containsExactly(0, 1);
    }

    @Test
    void takesPendingBatchesWithOwnedWorkToRunning() {
      long claimed = submit(1);
      passMoment();
      long parked = submit(1);
      long waiting = submit(NewBatches.any().startAt(now().plusSeconds(60)), 1);
      TestSession session = session();
      session.claimChunk(1);
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(parked, 0, NOW).removed(chunk));
      session.claimRetry();
      store.sweeping().repair();

      assertThat(job(claimed).state()).isEqualTo(BatchState.RUNNING);
      assertThat(job(claimed).startedAt()).contains(now());
      assertThat(job(parked).state()).isEqualTo(BatchState.RUNNING);
      assertThat(job(waiting).state()).isEqualTo(BatchState.PENDING);
    }

    @Test
    @DisplayName("FAULT-K4 a half batch whose submitter is gone is hidden, and its key is free")
    void hidesBatchesWhoseSubmitterIsGone() {
      TestSession session = session();
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      long number = number(store.submitting().begin(batch, session.id()));
      store.submitting().append(number, session.id(), NewBatches.items(10));
      under.loseSession(session.id());
      store.sweeping().repair();

      assertThat(store.reading().find(batch.id(), null)).isEmpty();
      assertThat(store.reading().findByKey("default", "key")).isEmpty();
    }

    @Test
    void leavesLivingSessionsAlone() {
      TestSession session = session();
      NewBatch submitting = NewBatches.any().build();
      store.submitting().begin(submitting, session.id());
      submit(1);
      ClaimedChunk chunk = session.claimChunk(1);
      store.sweeping().repair();

      assertThat(store.claiming().owned(session.id()).chunks()).containsExactly(chunk);
      assertThat(job(submitting.id()).state()).isEqualTo(BatchState.SUBMITTING);
    }
  }

  @Nested
  class RemoveHidden {
    @Test
    void removesEveryRow() {
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      long number = submit(batch, List.of(new NewItem("a", "1"), new NewItem("b", "2")));
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      session.settle(
          SettlementDraft.of()
              .succeeded(number, 0)
              .failed(number, 1, error(1, "no"))
              .removed(chunk));
      completeIfDone(number);
      store.steering().hide(batch.id(), null, NewBatches.by("admin"));

      assertThat(store.sweeping().removeHidden(1_000)).isFalse();
      assertThat(under.rows(number)).isZero();
    }

    @Test
    void removesInSlices() {
      NewBatch batch = NewBatches.any().build();
      long number = submit(batch, NewBatches.items(300));
      TestSession session = session();
      session.claim(300).chunks().forEach(session::finish);
      completeIfDone(number);
      store.steering().hide(batch.id(), null, NewBatches.by("admin"));
      long before = under.rows(number);

      assertThat(store.sweeping().removeHidden(100)).isTrue();
      assertThat(before - under.rows(number)).isBetween(1L, 400L);
      int calls = 1;
      while (store.sweeping().removeHidden(100)) {
        calls++;
      }
      assertThat(calls).isBetween(2, 20);
      assertThat(under.rows(number)).isZero();
    }

    @Test
    void leavesEveryOtherBatchAlone() {
      long before = done(3);
      NewBatch gone = NewBatches.any().build();
      long number = submit(gone, NewBatches.items(3));
      TestSession session = session();
      session.finish(session.claim(3));
      completeIfDone(number);
      long after = done(3);
      store.steering().hide(gone.id(), null, NewBatches.by("admin"));
      long rows = under.rows(before) + under.rows(after);

      assertThat(store.sweeping().removeHidden(1_000)).isFalse();
      assertThat(under.rows(before) + under.rows(after)).isEqualTo(rows);
    }

    @Test
    void removesAbandonedSubmissions() {
      TestSession session = session();
      NewBatch batch = NewBatches.any().build();
      long number = number(store.submitting().begin(batch, session.id()));
      store.submitting().append(number, session.id(), List.of(new NewItem("a", "1")));
      store.submitting().abandon(number, session.id());

      assertThat(store.sweeping().removeHidden(1_000)).isFalse();
      assertThat(under.rows(number)).isZero();
    }

    @Test
    void isFalseWhenNothingIsHidden() {
      submit(1);

      assertThat(store.sweeping().removeHidden(1_000)).isFalse();
    }
  }
}
