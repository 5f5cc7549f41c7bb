package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidItemException;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.FencedException;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.StoredInput;
import org.batchengine.store.Submitted.IdTaken;
import org.batchengine.store.Submitted.KeyTaken;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A batch is submitted page by page, and is there once the last of them is. */
abstract class SubmitPagesContract extends StoreContract {

  SubmitPagesContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class InPages {
    @Test
    @DisplayName("F6 REQ-B5 a batch that is being submitted is neither claimable nor done")
    void beginsABatchOfWhichNothingIsInMotion() {
      TestSession session = session();
      NewBatch batch = NewBatches.any().build();
      long number = begin(batch, session);
      store.submitting().append(number, session.id(), NewBatches.items(10));

      assertThat(job(batch.id()).state()).isEqualTo(BatchState.SUBMITTING);
      assertThat(session.claim(10)).satisfies(claim -> assertThat(claim.isEmpty()).isTrue());
      assertThat(store.sweeping().done(10)).isEmpty();
      assertThat(completeIfDone(number)).isEmpty();
      assertThat(store.claiming().markRunning(List.of(number))).isEmpty();
    }

    @Test
    void countsWhatHasArrived() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      store.submitting().append(batch, session.id(), NewBatches.items(10));
      store.submitting().append(batch, session.id(), NewBatches.items(5));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(15, 15, 0, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void takesItsKeyAtOnce() {
      begin(NewBatches.any().idempotencyKey("key").build(), session());

      assertThat(
              store
                  .submitting()
                  .begin(NewBatches.any().idempotencyKey("key").build(), session().id()))
          .isEqualTo(new KeyTaken());
      assertThat(
              store.submitting().submit(NewBatches.any().idempotencyKey("key").build(), List.of()))
          .isEqualTo(new KeyTaken());
    }

    @Test
    void refusesAnIdThatExists() {
      NewBatch first = NewBatches.any().build();
      begin(first, session());

      assertThat(store.submitting().begin(NewBatches.withId(first.id()).build(), session().id()))
          .isEqualTo(new IdTaken());
    }

    @Test
    void cannotBeginWithoutASession() {
      TestSession session = session();
      store.sessions().release(session.id());

      assertThatThrownBy(() -> store.submitting().begin(NewBatches.any().build(), session.id()))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void putsPagesOneAfterTheOther() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      store
          .submitting()
          .append(batch, session.id(), List.of(new NewItem("a", "1"), new NewItem("b", "2")));
      store.submitting().append(batch, session.id(), List.of(new NewItem("c", "3")));
      store.submitting().finish(batch, session.id(), NewBatches.by("alice"));

      assertThat(store.claiming().load(session.claimChunk(3)))
          .containsExactly(
              new StoredInput(batch, 0, "a", "1"),
              new StoredInput(batch, 1, "b", "2"),
              new StoredInput(batch, 2, "c", "3"));
    }

    @Test
    void refusesAPageWithAKeyOfAnEarlierOne() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      store
          .submitting()
          .append(batch, session.id(), List.of(new NewItem("a", "1"), new NewItem("b", "2")));

      assertThatExceptionOfType(InvalidItemException.class)
          .isThrownBy(
              () ->
                  store
                      .submitting()
                      .append(
                          batch,
                          session.id(),
                          List.of(new NewItem("c", "3"), new NewItem("a", "4"))))
          .satisfies(e -> assertThat(e.index()).isEqualTo(3));
      assertThat(job(batch).counts().total()).isEqualTo(2);
    }

    @Test
    void refusesAPageWithAKeyTwice() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);

      assertThatExceptionOfType(InvalidItemException.class)
          .isThrownBy(
              () ->
                  store
                      .submitting()
                      .append(
                          batch,
                          session.id(),
                          List.of(new NewItem("a", "1"), new NewItem("a", "2"))))
          .satisfies(e -> assertThat(e.index()).isEqualTo(1));
      assertThat(job(batch).counts().total()).isZero();
    }

    @Test
    void isFencedWhenTheSessionIsGone() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      kill(session);

      assertThatThrownBy(() -> store.submitting().append(batch, session.id(), NewBatches.items(1)))
          .isInstanceOf(FencedException.class);
      assertThatThrownBy(
              () -> store.submitting().finish(batch, session.id(), NewBatches.by("alice")))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void isFencedForAnotherSession() {
      TestSession session = session();
      TestSession other = session();
      long batch = begin(NewBatches.any().build(), session);

      assertThatThrownBy(() -> store.submitting().append(batch, other.id(), NewBatches.items(1)))
          .isInstanceOf(FencedException.class);
      assertThatThrownBy(() -> store.submitting().finish(batch, other.id(), NewBatches.by("alice")))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void isFencedOnceItIsFinished() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      store.submitting().append(batch, session.id(), NewBatches.items(1));
      store.submitting().finish(batch, session.id(), NewBatches.by("alice"));

      assertThatThrownBy(() -> store.submitting().append(batch, session.id(), NewBatches.items(1)))
          .isInstanceOf(FencedException.class);
      assertThatThrownBy(
              () -> store.submitting().finish(batch, session.id(), NewBatches.by("alice")))
          .isInstanceOf(FencedException.class);
    }

    @Test
    @DisplayName("F4 a batch of pages is claimable in as many parts as any other")
    void finishMakesChunks() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      for (int page = 0; page < 3; page++) {
        store.submitting().append(batch, session.id(), NewBatches.items(300));
      }
      store.submitting().finish(batch, session.id(), NewBatches.by("alice"));
      List<ClaimedChunk> claimed = session.claim(900).chunks();

      assertThat(claimed).hasSize(8);
      assertThat(indexes(claimed))
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 900).boxed().toList());
    }

    @Test
    void finishCompletesAnEmptyBatchAtOnce() {
      TestSession session = session();
      NewBatch batch = NewBatches.any().build();
      store.submitting().finish(begin(batch, session), session.id(), NewBatches.by("alice"));

      BatchJob job = job(batch.id());
      assertThat(job.state()).isEqualTo(BatchState.COMPLETED);
      assertThat(job.endedAt()).contains(now());
    }

    @Test
    void finishKeepsTheStartForLater() {
      TestSession session = session();
      NewBatch batch = NewBatches.any().startAt(now().plusSeconds(60)).build();
      long number = begin(batch, session);
      store.submitting().append(number, session.id(), NewBatches.items(1));
      store.submitting().finish(number, session.id(), NewBatches.by("alice"));

      assertThat(session.claim(1).isEmpty()).isTrue();
      pass(Duration.ofSeconds(60));
      store.sweeping().repair();
      assertThat(session.claim(1).chunks()).hasSize(1);
    }

    @Test
    void abandonHidesTheBatchAndFreesItsKeyAndId() {
      TestSession session = session();
      NewBatch batch = NewBatches.any().idempotencyKey("key").build();
      long number = begin(batch, session);
      store.submitting().append(number, session.id(), List.of(new NewItem("a", "1")));
      store.submitting().abandon(number, session.id());

      assertThat(store.reading().find(batch.id(), null)).isEmpty();
      assertThat(store.reading().findByKey("default", "key")).isEmpty();
      assertThat(store.reading().history(HistoryQuery.all()).items()).isEmpty();
      assertThat(begin(batch, session)).isGreaterThan(number);
    }

    @Test
    void abandonedBatchTakesNoMorePages() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      store.submitting().abandon(batch, session.id());

      assertThatThrownBy(() -> store.submitting().append(batch, session.id(), NewBatches.items(1)))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void abandonByAnotherSessionIsNothing() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      store.submitting().abandon(batch, session().id());

      assertThat(job(batch).state()).isEqualTo(BatchState.SUBMITTING);
    }

    @Test
    void abandonOfAFinishedBatchIsNothing() {
      TestSession session = session();
      long batch = begin(NewBatches.any().build(), session);
      store.submitting().append(batch, session.id(), NewBatches.items(1));
      store.submitting().finish(batch, session.id(), NewBatches.by("alice"));
      store.submitting().abandon(batch, session.id());

      assertThat(job(batch).state()).isEqualTo(BatchState.PENDING);
    }
  }

  private long begin(NewBatch batch, TestSession session) {
    return number(store.submitting().begin(batch, session.id()));
  }
}
