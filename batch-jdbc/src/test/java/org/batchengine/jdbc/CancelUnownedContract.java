package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What nobody owns of a batch that stops is cancelled, in steps, however late it turns up. */
abstract class CancelUnownedContract extends SteeredContract {

  CancelUnownedContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class CancelUnowned {
    @Test
    void goesInSteps() {
      long batch = submit(250);
      cancel(batch);
      int steps = 1;
      while (store.sweeping().cancelUnowned(batch, 40)) {
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

      assertThat(store.sweeping().cancelUnowned(batch, 2)).isTrue();
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(6, 0, 0, 4, 0, 0, 0, 0, 2));
      assertThat(store.sweeping().cancelUnowned(batch, 2)).isTrue();
      assertThat(store.sweeping().cancelUnowned(batch, 2)).isFalse();
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

      assertThat(store.claiming().owned(session.id()).parked()).containsExactly(retry);
      cancelAllUnowned(batch);
      assertThat(store.claiming().owned(session.id()).parked()).containsExactly(retry);
    }

    @Test
    void keepsWhatWasSettledOfAChunk() {
      long batch = submit(5);
      TestSession session = session();
      session.claim(5);
      session.settle(SettlementDraft.of().succeeded(batch, 1, 3));
      store.sessions().release(session.id());
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
      BatchItem<String, String> item = store.reading().item(header(batch), 0).orElseThrow();

      assertThat(item.state()).isEqualTo(ItemState.CANCELLED);
      assertThat(item.attempts()).isEqualTo(1);
      assertThat(item.settledAt()).contains(now());
      assertThat(store.reading().errors(header(batch), 0)).hasSize(1);
    }

    @Test
    void countsNoAttemptOfWhatWasNeverBegun() {
      long batch = submit(1);
      cancel(batch);
      cancelAllUnowned(batch);
      BatchItem<String, String> item = store.reading().item(header(batch), 0).orElseThrow();

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

      assertThat(store.sweeping().cancelUnowned(batch, 1_000)).isFalse();
      assertThat(job(batch)).isEqualTo(job);
    }

    @Test
    void isNothingOfABatchThatIsNotThere() {
      assertThat(store.sweeping().cancelUnowned(999_999, 1_000)).isFalse();
    }

    @Test
    @DisplayName("F5 one that comes late touches no item of the next run")
    void touchesNothingOfTheNextRun() {
      long batch = ended(2, 1);
      retryFailed(batch);

      assertThat(store.sweeping().cancelUnowned(batch, 1_000)).isFalse();
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
      assertThat(store.sweeping().stopping(10)).isEmpty();
      session.settle(
          SettlementDraft.of().parked(batch, 0, LATER).succeeded(batch, 1).removed(chunk));

      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(store.sweeping().stopping(10)).containsExactly(batch);
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

      assertThat(store.sweeping().stopping(10)).containsExactly(batch);
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

      assertThat(store.sweeping().stopping(10)).containsExactly(batch);
      assertThat(end(batch).counts()).isEqualTo(new BatchCounts(3, 0, 0, 0, 0, 1, 0, 0, 2));
    }

    @Test
    void isDoneOnceHoweverManyTakeAStep() {
      long batch = submit(200);
      cancel(batch);
      Callable<Boolean> step = () -> store.sweeping().cancelUnowned(batch, 30);
      for (int i = 0; i < 4; i++) {
        Concurrently.call(List.of(step, step, step));
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

      assertThat(store.sweeping().stopping(10)).containsExactly(batch);
    }

    @Test
    void areAtMostAsManyAsAskedFor() {
      for (int i = 0; i < 4; i++) {
        cancel(submit(1));
      }

      assertThat(store.sweeping().stopping(3)).hasSize(3);
    }
  }
}
