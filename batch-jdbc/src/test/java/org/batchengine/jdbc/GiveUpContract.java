package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.ClaimedChunk;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A batch is given up when its deadline passes or too many of its items have failed. */
abstract class GiveUpContract extends SteeredContract {

  GiveUpContract(Supplier<StoreUnderTest> opener) {
    super(opener);
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

      assertThat(store.steering().giveUp(batch, "engine")).isFalse();
      assertThat(job(batch)).isEqualTo(job);
    }

    @Test
    void changesNothingWithoutAReason() {
      long batch = submit(NewBatches.any().deadline(Duration.ofHours(1)).tolerateFailures(1L), 3);

      assertThat(store.steering().giveUp(batch, "engine")).isFalse();
      assertThat(state(batch)).isEqualTo(BatchState.PENDING);
    }

    @Test
    void changesNothingOfTheNextRun() {
      long batch =
          ended(NewBatches.any().deadline(Duration.ofHours(1)).tolerateFailures(0L).build(), 2, 1);
      retryFailed(batch);

      assertThat(store.steering().giveUp(batch, "engine")).isFalse();
      assertThat(state(batch)).isEqualTo(BatchState.RUNNING);
    }

    @Test
    void comesWithMoreFailuresThanAreTolerated() {
      long batch = submit(NewBatches.any().tolerateFailures(0L), 3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk));

      assertThat(store.steering().giveUp(batch, "engine")).isTrue();
      assertThat(job(batch).error()).contains("too many failures: 1; the limit is 0");
    }

    @Test
    void isNothingOfABatchThatIsNotThere() {
      assertThat(store.steering().giveUp(999_999, "engine")).isFalse();
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
      Callable<Boolean> giveUp = () -> givesUp(batch);

      assertThat(Concurrently.call(List.of(giveUp, giveUp, giveUp))).containsOnlyOnce(true);
    }

    /** False, too, if another call has it in hand. */
    private boolean givesUp(long batch) {
      try {
        return store.steering().giveUp(batch, "engine");
      } catch (RowsLockedException e) {
        return false;
      }
    }
  }

  @Nested
  class Overdue {
    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    @DisplayName("a batch has a deadline, which counts from when it is due")
    void areThoseWhoseDeadlineHasPassed() {
      long batch = submit(NewBatches.any().deadline(HOUR), 1);
      long later = submit(NewBatches.any().deadline(HOUR).startAt(now().plus(HOUR)), 1);
      submit(1);

      assertThat(job(batch).deadlineAt()).contains(now().plus(HOUR));
      assertThat(job(later).deadlineAt()).contains(now().plus(HOUR).plus(HOUR));
      pass(HOUR.minusMillis(1));
      assertThat(store.sweeping().overdue(10)).isEmpty();
      pass(Duration.ofMillis(2));
      assertThat(store.sweeping().overdue(10)).containsExactly(batch);
      pass(HOUR);
      assertThat(store.sweeping().overdue(10)).containsExactlyInAnyOrder(batch, later);
      assertThat(store.sweeping().overdue(1)).hasSize(1);
    }

    @Test
    void areStillThereWhenTheyArePaused() {
      long batch = submit(NewBatches.any().deadline(HOUR), 1);
      pause(batch);
      pass(HOUR.plusMillis(1));

      assertThat(store.sweeping().overdue(10)).containsExactly(batch);
    }

    @Test
    void areNeitherThoseThatStopNorThoseThatHaveEnded() {
      long ended = ended(NewBatches.any().deadline(HOUR).build(), 1);
      long cancelled = submit(NewBatches.any().deadline(HOUR), 1);
      cancel(cancelled);
      pass(HOUR.plusMillis(1));

      assertThat(store.sweeping().overdue(10)).isEmpty();
      end(cancelled);
      assertThat(store.sweeping().overdue(10)).isEmpty();
      assertThat(state(ended)).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void countAnewInTheNextRun() {
      long batch = ended(NewBatches.any().deadline(HOUR).build(), 1, 0);
      pass(HOUR);
      pass(HOUR);
      retryFailed(batch);

      assertThat(job(batch).deadlineAt()).contains(now().plus(HOUR));
      assertThat(store.sweeping().overdue(10)).isEmpty();
      pass(HOUR.plusMillis(1));
      assertThat(store.sweeping().overdue(10)).containsExactly(batch);
    }
  }
}
