package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How batches end of which too much failed, and how those go that nobody wants any more. */
abstract class EndContract extends SteeredContract {

  EndContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Tolerance {
    @Test
    @DisplayName(
        "REQ-B10 REQ-U5 more failures than are tolerated: the batch has failed, and says why")
    void ofACountIsExceeded() {
      long batch = done(NewBatches.any().tolerateFailures(1).build(), 4, 0, 2);
      BatchJob ended = completeIfDone(batch).orElseThrow();

      assertThat(ended.state()).isEqualTo(BatchState.FAILED);
      assertThat(ended.error()).contains("too many failures: 2; the limit is 1");
      assertThat(ended.counts().failed()).isEqualTo(2);
      assertThat(job(batch)).isEqualTo(ended);
      assertThat(kinds(batch)).endsWith("FAILED");
    }

    @Test
    void ofACountIsReached() {
      long batch = ended(NewBatches.any().tolerateFailures(2).build(), 4, 0, 2);

      assertThat(state(batch)).isEqualTo(BatchState.COMPLETED);
      assertThat(job(batch).error()).isEmpty();
    }

    @Test
    void ofNoneIsExceededByOne() {
      long batch = ended(NewBatches.any().tolerateFailures(0).build(), 2, 0);

      assertThat(state(batch)).isEqualTo(BatchState.FAILED);
    }

    @Test
    void ofAShareIsOfAllItems() {
      long exceeded = ended(NewBatches.any().tolerateFailureRate(0.25).build(), 10, 0, 1, 2);
      long reached = ended(NewBatches.any().tolerateFailureRate(0.25).build(), 10, 0, 1);

      assertThat(job(exceeded).error()).contains("too many failures: 3; the limit is 2");
      assertThat(state(reached)).isEqualTo(BatchState.COMPLETED);
    }

    /** As doubles, 0.29 times 100 is less than 29. */
    @Test
    void ofAShareIsThatOfTheDecimalThatWasGiven() {
      NewBatch batch = NewBatches.any().tolerateFailureRate(0.29).build();

      assertThat(state(ended(batch, 100, IntStream.range(0, 29).boxed().toArray(Integer[]::new))))
          .isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void ofBothIsTheLesser() {
      NewBatches both = NewBatches.any().tolerateFailures(5).tolerateFailureRate(0.1);
      long batch = ended(both.build(), 10, 0, 1);

      assertThat(job(batch).error()).contains("too many failures: 2; the limit is 1");
    }

    @Test
    void isThatOfEachOfThoseThatEndTogether() {
      List<Long> batches =
          Stream.of(3, 1, 0, 2)
              .map(most -> done(NewBatches.any().tolerateFailures(most).build(), 4, 0, 2))
              .toList();
      store.settling().completeIfDone(batches);

      assertThat(batches)
          .extracting(this::stateAndError)
          .containsExactly(
              "COMPLETED",
              "FAILED too many failures: 2; the limit is 1",
              "FAILED too many failures: 2; the limit is 0",
              "COMPLETED");
      assertThat(batches)
          .extracting(batch -> kinds(batch).get(kinds(batch).size() - 1))
          .containsExactly("COMPLETED", "FAILED", "FAILED", "COMPLETED");
    }

    private String stateAndError(long batch) {
      return (job(batch).state() + " " + job(batch).error().orElse("")).strip();
    }

    @Test
    void isNotAskedForIfTheBatchWasCancelled() {
      long batch = done(NewBatches.any().tolerateFailures(0).build(), 2, 0);
      cancel(batch);

      assertThat(end(batch).state()).isEqualTo(BatchState.CANCELLED);
    }

    @Test
    void isLookedAtDuringAPause() {
      long batch = done(NewBatches.any().tolerateFailures(0).build(), 2, 0);
      pause(batch);

      assertThat(end(batch).state()).isEqualTo(BatchState.FAILED);
    }

    @Test
    void countsAnewInTheNextRun() {
      long batch = ended(NewBatches.any().tolerateFailures(1).build(), 4, 0, 1, 2);
      retryFailed(batch);
      assertThat(store.settling().failures(batch)).isZero();
      TestSession session = session();
      failRetry(session);
      assertThat(store.settling().failures(batch)).isEqualTo(1);
      work(session);

      assertThat(end(batch).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job(batch).counts().failed()).isEqualTo(1);
    }

    @Test
    void doesNotCountWhatFailedInAnEarlierRunAndWasLeft() {
      long batch = ended(NewBatches.any().tolerateFailures(1).build(), 4, 0, 1, 2);
      retryFailed(batch, FailedItems.at(0));

      assertThat(store.settling().failures(batch)).isZero();
      TestSession session = session();
      failRetry(session);
      assertThat(store.settling().failures(batch)).isEqualTo(1);
      assertThat(end(batch).state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job(batch).counts().failed()).isEqualTo(3);
    }
  }

  @Nested
  class Failures {
    @Test
    void areThoseOfAllSessions() {
      long batch = submit(4);
      for (int i = 0; i < 2; i++) {
        TestSession session = session();
        ClaimedChunk chunk = session.claimChunk(2);
        session.settle(
            SettlementDraft.of()
                .succeeded(batch, chunk.from())
                .failed(batch, chunk.from() + 1, error(1, "no"))
                .removed(chunk));
        assertThat(store.settling().failures(batch)).isEqualTo(i + 1);
      }
    }

    @Test
    void areNoneOfABatchThatIsNotThere() {
      assertThat(store.settling().failures(999_999)).isZero();
    }
  }

  @Nested
  class RemoveSubmittedBy {
    private NewBatch ofAlice() {
      return NewBatches.any().submittedBy("alice").build();
    }

    private void given(int each) {
      for (int i = 0; i < each; i++) {
        ended(ofAlice(), 1);
      }
      for (int i = 0; i < each; i++) {
        submit(ofAlice(), NewBatches.items(1));
      }
    }

    private int remove() {
      return store.steering().removeSubmittedBy("alice", null, NewBatches.by("admin"), 100);
    }

    @Test
    @DisplayName("REQ-U3 what an owner has goes at once where it has ended")
    void hidesWhatHasEndedAtOnce() {
      NewBatch batch = ofAlice();
      long number = ended(batch, 1);

      assertThat(remove()).isEqualTo(1);
      assertThat(store.reading().find(batch.id(), null)).isEmpty();
      assertThat(lastEvent(number)).isEqualTo(event("DELETED", "admin", null));
      assertThat(store.sweeping().removeHidden(1_000)).isFalse();
      assertThat(under.rows(number)).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"PENDING", "RUNNING", "PAUSED", "STOPPING"})
    @DisplayName("REQ-U3 what an owner has is cancelled where it lives, and goes then")
    void stopsWhatLivesAndHidesItWhenItEnds(BatchState state) {
      NewBatch batch = ofAlice();
      long number = submit(batch, NewBatches.items(3));
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      switch (state) {
        case RUNNING -> store.claiming().markRunning(List.of(number));
        case PAUSED -> pause(number);
        case STOPPING -> giveUp(number);
        default -> assertThat(state).isEqualTo(BatchState.PENDING);
      }

      assertThat(remove()).isEqualTo(1);
      assertThat(state(number)).isEqualTo(BatchState.STOPPING);
      assertThat(remove()).isZero();
      session.finish(chunk);
      BatchJob ended = end(number);

      assertThat(ended.state()).isEqualTo(BatchState.CANCELLED);
      assertThat(ended.counts().succeeded()).isEqualTo(1);
      assertThat(ended.counts().cancelled()).isEqualTo(2);
      assertThat(store.reading().find(batch.id(), null)).isEmpty();
      assertThat(kinds(number)).endsWith("CANCELLING", "CANCELLED", "DELETED");
      assertThat(store.sweeping().removeHidden(1_000)).isFalse();
      assertThat(under.rows(number)).isZero();
    }

    @Test
    void forgetsWhyABatchWasPaused() {
      NewBatch batch = ofAlice();
      pause(submit(batch, NewBatches.items(1)));
      remove();

      assertThat(job(batch.id()).state()).isEqualTo(BatchState.STOPPING);
      assertThat(job(batch.id()).stateReason()).isEmpty();
    }

    @Test
    void forgetsWhatWentWrong() {
      NewBatch batch = ofAlice();
      giveUp(submit(batch, NewBatches.items(1)));
      remove();

      assertThat(job(batch.id()).state()).isEqualTo(BatchState.STOPPING);
      assertThat(job(batch.id()).error()).isEmpty();
    }

    @Test
    @DisplayName("what is removed takes its key with it, once it is hidden")
    void freesKeys() {
      ended(NewBatches.any().submittedBy("alice").idempotencyKey("key").build(), 1);
      remove();

      assertThat(submit(NewBatches.any().idempotencyKey("key"), 1)).isPositive();
    }

    @Test
    void takesASubmissionAwayFromItsSubmitter() {
      TestSession session = session();
      NewBatch batch = ofAlice();
      long number = number(store.submitting().begin(batch, session.id()));
      store.submitting().append(number, session.id(), NewBatches.items(2));

      assertThat(remove()).isEqualTo(1);
      assertThat(store.reading().find(batch.id(), null)).isEmpty();
      assertThatThrownBy(() -> store.submitting().append(number, session.id(), NewBatches.items(2)))
          .isInstanceOf(FencedException.class);
      assertThatThrownBy(
              () -> store.submitting().finish(number, session.id(), NewBatches.by("alice")))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void leavesOthersAlone() {
      long bobs = ended(NewBatches.any().submittedBy("bob").build(), 1);
      long nobodys = submit(1);

      assertThat(remove()).isZero();
      assertThat(state(bobs)).isEqualTo(BatchState.COMPLETED);
      assertThat(state(nobodys)).isEqualTo(BatchState.PENDING);
    }

    @Test
    void isOfOneTenantOrOfAll() {
      NewBatch acme = NewBatches.any().submittedBy("alice").tenant("acme").build();
      NewBatch other = NewBatches.any().submittedBy("alice").tenant("other").build();
      ended(acme, 1);
      ended(other, 1);

      assertThat(store.steering().removeSubmittedBy("alice", "acme", NewBatches.by("admin"), 10))
          .isEqualTo(1);
      assertThat(store.reading().find(acme.id(), null)).isEmpty();
      assertThat(store.reading().find(other.id(), null)).isPresent();
      assertThat(store.steering().removeSubmittedBy("alice", null, NewBatches.by("admin"), 10))
          .isEqualTo(1);
    }

    @Test
    void goesInSteps() {
      given(3);

      assertThat(store.steering().removeSubmittedBy("alice", null, NewBatches.by("admin"), 4))
          .isEqualTo(4);
      assertThat(store.steering().removeSubmittedBy("alice", null, NewBatches.by("admin"), 4))
          .isEqualTo(2);
      assertThat(store.steering().removeSubmittedBy("alice", null, NewBatches.by("admin"), 4))
          .isZero();
    }

    @Test
    void isDoneOnceHoweverManyAsk() {
      given(5);
      Callable<Integer> remove = this::remove;

      assertThat(Concurrently.call(List.of(remove, remove, remove)).stream().mapToInt(i -> i).sum())
          .isEqualTo(10);
    }
  }

  @Nested
  class HideEnded {
    private static final Duration WEEK = Duration.ofDays(7);

    @Test
    @DisplayName("REQ-M14 what ended long ago goes by itself")
    void hidesWhatEndedLongerAgo() {
      long old = ended(1, 0);
      BatchId id = header(old).id();
      pass(WEEK);
      long young = ended(1);
      long live = submit(1);

      assertThat(store.sweeping().hideEnded(WEEK, 10)).isZero();
      passMoment();
      assertThat(store.sweeping().hideEnded(WEEK, 10)).isEqualTo(1);
      assertThat(store.reading().find(id, null)).isEmpty();
      assertThat(kinds(old)).endsWith("DELETED");
      assertThat(state(live)).isEqualTo(BatchState.PENDING);
      assertThat(state(young)).isEqualTo(BatchState.COMPLETED);
    }

    @ParameterizedTest
    @EnumSource(names = {"COMPLETED", "FAILED", "CANCELLED"})
    void hidesWhateverEnded(BatchState state) {
      inState(state);
      pass(WEEK.plusMillis(1));

      assertThat(store.sweeping().hideEnded(WEEK, 10)).isEqualTo(1);
      assertThat(store.sweeping().hideEnded(WEEK, 10)).isZero();
    }

    @Test
    void leavesABatchAloneThatWasTakenUpAgain() {
      long batch = ended(1, 0);
      pass(WEEK.plusMillis(1));
      retryFailed(batch);

      assertThat(store.sweeping().hideEnded(WEEK, 10)).isZero();
      TestSession session = session();
      work(session);
      end(batch);
      assertThat(store.sweeping().hideEnded(WEEK, 10)).isZero();
    }

    @Test
    void goesInSteps() {
      for (int i = 0; i < 5; i++) {
        ended(1);
      }
      pass(WEEK.plusMillis(1));

      assertThat(store.sweeping().hideEnded(WEEK, 2)).isEqualTo(2);
      assertThat(store.sweeping().hideEnded(WEEK, 2)).isEqualTo(2);
      assertThat(store.sweeping().hideEnded(WEEK, 2)).isEqualTo(1);
      assertThat(store.sweeping().hideEnded(WEEK, 2)).isZero();
    }
  }

  @Nested
  class TheHistory {
    @Test
    void tellsWhatHappenedAndWhen() {
      long batch = submit(NewBatches.any().submittedBy("bob"), 1);
      StoreUnderTest.Event submitted = event("SUBMITTED", "bob", null);
      passMoment();
      TestSession session = session();
      session.claim(1);
      store.claiming().markRunning(List.of(batch));
      StoreUnderTest.Event started = event("STARTED", null, null);
      passMoment();
      pause(batch);
      StoreUnderTest.Event paused = event("PAUSED", "alice", "because");
      passMoment();
      resume(batch);
      StoreUnderTest.Event resumed = event("RESUMED", "alice", "because");
      session.finish(store.claiming().owned(session.id()));
      passMoment();
      end(batch);

      assertThat(under.events(batch))
          .containsExactly(submitted, started, paused, resumed, event("COMPLETED", null, null));
    }

    @Test
    void hasTheEndOfAnEmptyBatch() {
      assertThat(kinds(submit(0))).containsExactly("SUBMITTED", "COMPLETED");
    }

    @Test
    void hasASubmitOfSeveralPagesWhenItIsComplete() {
      TestSession session = session();
      long batch = number(store.submitting().begin(NewBatches.any().build(), session.id()));
      store.submitting().append(batch, session.id(), NewBatches.items(2));
      assertThat(kinds(batch)).isEmpty();
      store.submitting().finish(batch, session.id(), NewBatches.by("alice"));

      assertThat(kinds(batch)).containsExactly("SUBMITTED");
    }

    @Test
    void saysWhoDeletedWhat() {
      long batch = ended(1);
      store.steering().hide(header(batch).id(), null, NewBatches.by("admin"));

      assertThat(kinds(batch)).containsExactly("SUBMITTED", "STARTED", "COMPLETED", "DELETED");
      assertThat(lastEvent(batch)).isEqualTo(event("DELETED", "admin", null));
    }

    @Test
    void goesWithTheRecords() {
      long batch = ended(1);
      store.steering().hide(header(batch).id(), null, NewBatches.by("admin"));
      store.sweeping().removeHidden(1_000);

      assertThat(under.rows(batch)).isZero();
    }
  }
}
