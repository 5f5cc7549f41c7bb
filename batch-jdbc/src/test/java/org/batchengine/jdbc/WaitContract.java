package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.EventKind;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.Reason;
import org.batchengine.store.NewBatch;
import org.batchengine.store.Predecessors;
import org.batchengine.store.Steering;
import org.batchengine.store.WaitLook;
import org.batchengine.store.WaitScope;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch begins when the batches that it waits for have ended. */
@DisplayName("REQ-M17 a batch begins when others have ended")
abstract class WaitContract extends StoreContract {
  private static final int MOST = 50;

  private final NewBatch first = NewBatches.any().build();
  private final NewBatch second = NewBatches.any().build();

  WaitContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private static NewBatches later() {
    return NewBatches.any().type("later");
  }

  private long given(NewBatch batch) {
    return submit(batch, NewBatches.items(1));
  }

  private WaitLook look(WaitScope scope) {
    return store.waiting().look(scope, MOST);
  }

  private WaitLook lookAtAll() {
    return look(WaitScope.ALL);
  }

  private boolean isClaimable() {
    TestSession session = session();
    boolean is = !session.claim("later", 1, 1).isEmpty();
    store.sessions().release(session.id());
    return is;
  }

  /** The batch ends as COMPLETED. */
  private void complete(long batch) {
    TestSession session = session();
    session.finish(session.claim(1));
    store.sessions().release(session.id());
    assertThat(completeIfDone(batch)).isPresent();
  }

  private void steer(BatchId id, String verb) {
    Steering steering = new Steering(id, null, NewBatches.by("alice"), "because");
    switch (verb) {
      case "cancel" -> store.steering().cancel(steering, CancelMode.GRACEFUL);
      case "pause" -> store.steering().pause(steering);
      default -> store.steering().resume(steering);
    }
  }

  private void cancelAndEnd(long batch) {
    steer(header(batch).id(), "cancel");
    end(batch);
  }

  /** A stopping batch ends. */
  private void end(long batch) {
    store.sweeping().cancelUnowned(batch, 100);
    assertThat(completeIfDone(batch)).isPresent();
  }

  private void remove(BatchId id) {
    assertThat(store.steering().hide(id, null, NewBatches.by("alice"))).isTrue();
  }

  private void removeRecords() {
    while (store.sweeping().removeHidden(100)) {}
  }

  @Nested
  class Begins {
    @Test
    void onceAllAreCompleted() {
      long one = given(first);
      long two = given(second);
      NewBatch batch = later().after(first.id(), second.id()).build();
      long waiting = given(batch);
      BatchJob job = job(waiting);
      assertThat(job.state()).isEqualTo(BatchState.PENDING);
      assertThat(job.waitsFor()).isEqualTo(2);
      assertThat(job.stateReason()).contains("waits for 2 batches");

      TestSession session = session();
      session.finish(session.claim(2));
      completeIfDone(one);
      assertThat(look(WaitScope.ended(List.of(first.id())))).isEqualTo(WaitLook.NOTHING);
      assertThat(job(waiting).stateReason()).contains("waits for 1 batch");
      assertThat(isClaimable()).isFalse();
      completeIfDone(two);
      assertThat(look(WaitScope.ended(List.of(second.id()))).released()).isEqualTo(1);

      assertThat(job(waiting).waitsFor()).isZero();
      assertThat(job(waiting).stateReason()).isEmpty();
      assertThat(isClaimable()).isTrue();
      assertThat(under.events(waiting)).extracting("kind").containsExactly("SUBMITTED", "RELEASED");
    }

    @Test
    void atOnceIfTheyHaveEndedAlready() {
      complete(given(first));
      long batch = given(later().after(first.id()).afterEnd(first.id()).build());

      assertThat(job(batch).waitsFor()).isZero();
      assertThat(isClaimable()).isTrue();
    }

    @Test
    @DisplayName("a look after the submit finds an end that came before its commit")
    void byTheLookAfterItsSubmit() {
      long one = given(first);
      NewBatch batch = later().after(first.id()).build();
      given(batch);
      under.setState(one, BatchState.COMPLETED); // and nobody looks

      assertThat(look(WaitScope.submitted(List.of(batch.id()))).released()).isEqualTo(1);
      assertThat(isClaimable()).isTrue();
      under.setState(one, BatchState.PENDING);
    }

    @Test
    void afterTheRowsOfACompletedBatchAreGone() {
      long one = given(first);
      given(later().after(first.id()).build());
      complete(one);
      remove(first.id());
      removeRecords();

      assertThat(lookAtAll().released()).isEqualTo(1);
      assertThat(isClaimable()).isTrue();
    }

    @Test
    @DisplayName("what is known only by its completion keeps that event while a batch waits for it")
    void afterTheRowsAreGoneAndTheEventsAreOld() {
      Duration day = Duration.ofDays(1);
      long one = given(first);
      given(later().after(first.id()).build());
      complete(one);
      remove(first.id());
      removeRecords();
      clock.advance(day.plusSeconds(1));
      while (store.feed().removeEvents(day, 2)) {}

      assertThat(lookAtAll().released()).isEqualTo(1);
      assertThat(isClaimable()).isTrue();
      assertThat(store.feed().audit(AuditQuery.all().kind(EventKind.COMPLETED)).items()).hasSize(1);
      while (store.feed().removeEvents(day, 2)) {}
      assertThat(store.feed().audit(AuditQuery.all()).items())
          .extracting(FeedEvent::kind)
          .containsExactly(EventKind.RELEASED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"completed", "cancelled", "deleted", "gone"})
    void afterAnyEndIfThatIsAsked(String how) {
      long one = given(first);
      given(later().afterEnd(first.id()).build());
      assertThat(lookAtAll().released()).isZero();
      if (how.equals("completed")) {
        complete(one);
      } else {
        cancelAndEnd(one);
        if (!how.equals("cancelled")) {
          remove(first.id());
        }
        if (how.equals("gone")) {
          removeRecords();
        }
      }

      assertThat(lookAtAll().released()).isEqualTo(1);
      assertThat(isClaimable()).isTrue();
    }

    @Test
    void atItsTimeAndWithItsDeadlineFromThen() {
      long one = given(first);
      Duration hour = Duration.ofHours(1);
      long batch =
          given(later().after(first.id()).startAt(now().plus(hour)).deadline(hour).build());
      assertThat(job(batch).deadlineAt()).isEmpty();
      complete(one);
      assertThat(lookAtAll().released()).isEqualTo(1);

      assertThat(job(batch).deadlineAt()).contains(now().plus(hour).plus(hour));
      store.sweeping().repair();
      assertThat(isClaimable()).isFalse();
      pass(hour);
      store.sweeping().repair();
      assertThat(isClaimable()).isTrue();
    }

    @Test
    void evenIfItWasSubmittedInPagesAndTheOthersEndedMeanwhile() {
      long one = given(first);
      TestSession session = session();
      NewBatch batch = later().after(first.id()).build();
      long pages = number(store.submitting().begin(batch, session.id()));
      session.finish(session.claim(1));
      completeIfDone(one);
      assertThat(look(WaitScope.ended(List.of(first.id()))).released()).isEqualTo(1);
      store.submitting().append(pages, session.id(), NewBatches.items(1));
      store.submitting().finish(pages, session.id(), NewBatches.by("alice"));

      assertThat(isClaimable()).isTrue();
      assertThat(under.events(pages)).extracting("kind").containsExactly("SUBMITTED");
    }

    @Test
    @DisplayName("a batch that is being submitted may be waited for, even if it is given up")
    void afterABatchThatIsBeingSubmitted() {
      TestSession session = session();
      store.submitting().begin(first, session.id());
      given(later().afterEnd(first.id()).build());
      NewBatch inVain = later().after(first.id()).build();
      long waiting = given(inVain);
      assertThat(lookAtAll()).isEqualTo(WaitLook.NOTHING);
      store.sessions().release(session.id());

      WaitLook look = lookAtAll();
      assertThat(look.released()).isEqualTo(1);
      assertThat(look.cancelled()).containsExactly(waiting);
      end(waiting);
    }

    @Test
    void ifItHasNoItemsAndIsDoneThen() {
      long one = given(first);
      long empty = submit(later().after(first.id()).build(), List.of());
      long next = given(later().after(header(empty).id()).build());
      assertThat(job(empty).state()).isEqualTo(BatchState.PENDING);
      assertThat(completeIfDone(empty)).isEmpty();
      assertThat(store.sweeping().done(10)).isEmpty();
      complete(one);

      assertThat(lookAtAll().empty()).containsExactly(empty);
      assertThat(completeIfDone(empty)).isPresent();
      assertThat(lookAtAll().released()).isEqualTo(1);
      assertThat(job(next).waitsFor()).isZero();
    }

    @Test
    @DisplayName("many that wait for one are released in steps, each once")
    void inSteps() {
      long one = given(first);
      List<Long> waiting = new ArrayList<>();
      for (int i = 0; i < MOST + 10; i++) {
        waiting.add(given(later().after(first.id()).build()));
      }
      complete(one);
      WaitScope scope = WaitScope.ended(List.of(first.id()));
      WaitLook look = look(scope);
      assertThat(look.isMore()).isTrue();
      int released = look.released() + look(scope).released();

      assertThat(released).isEqualTo(MOST + 10);
      assertThat(waiting)
          .allSatisfy(
              each ->
                  assertThat(under.events(each))
                      .extracting("kind")
                      .containsExactly("SUBMITTED", "RELEASED"));
    }

    @Test
    @DisplayName("one that may begin is found behind more than a look changes that wait on")
    void behindManyThatWaitOn() {
      given(first);
      long two = given(second);
      for (int i = 0; i < MOST + 10; i++) {
        given(later().after(first.id()).build());
      }
      given(later().after(second.id()).build());
      TestSession session = session();
      session.finish(session.claim(2)); // the first one is not completed yet
      store.sessions().release(session.id());
      completeIfDone(two);

      assertThat(lookAtAll().released()).isEqualTo(1);
    }

    @Test
    @DisplayName("of many that end at the same time, the last releases it, once")
    void onceIfManyEndAtTheSameTime() {
      List<NewBatch> others =
          IntStream.range(0, 8).mapToObj(i -> NewBatches.any().build()).toList();
      List<Long> numbers = others.stream().map(each -> given(each)).toList();
      BatchId[] ids = others.stream().map(NewBatch::id).toArray(BatchId[]::new);
      long waiting = given(later().after(ids).build());
      TestSession session = session();
      session.finish(session.claim(8));
      List<Callable<WaitLook>> ends = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int each = i;
        ends.add(
            () -> {
              while (completeIfDone(numbers.get(each)).isEmpty()) {} // others hold it for a moment
              return look(WaitScope.ended(List.of(ids[each])));
            });
      }
      Concurrently.call(ends);
      lookAtAll(); // for the case that one was passed over

      assertThat(under.events(waiting)).extracting("kind").containsExactly("SUBMITTED", "RELEASED");
    }
  }

  @Nested
  class Refuses {
    @Test
    @DisplayName("an id that the tenant does not have, and writes nothing")
    void anIdThatTheTenantDoesNotHave() {
      NewBatch foreign = NewBatches.any().tenant("globex").build();
      given(foreign);
      for (BatchId id : List.of(UNKNOWN, foreign.id())) {
        NewBatch batch = later().after(first.id(), id).idempotencyKey("key").build();
        assertThatExceptionOfType(BatchNotFoundException.class)
            .isThrownBy(() -> given(batch))
            .satisfies(e -> assertThat(e.batchId()).isIn(first.id(), id));
      }

      assertThat(store.reading().history(HistoryQuery.all().type("later")).items()).isEmpty();
      assertThat(store.reading().findByKey("default", "key")).isEmpty();
    }
  }

  @Nested
  class InVain {
    @ParameterizedTest
    @ValueSource(strings = {"cancelled", "deleted", "gone"})
    @DisplayName("it is cancelled, and so is what waits for it in turn")
    void isCancelledAndSoOn(String how) {
      long one = given(first);
      NewBatch batch = later().after(first.id()).build();
      long waiting = given(batch);
      long next = given(later().after(batch.id()).build());
      cancelAndEnd(one);
      if (!how.equals("cancelled")) {
        remove(first.id());
      }
      if (how.equals("gone")) {
        removeRecords();
      }
      assertThat(lookAtAll().cancelled()).containsExactly(waiting);
      BatchJob job = job(waiting);
      assertThat(job.state()).isEqualTo(BatchState.STOPPING);
      assertThat(job.waitsFor()).isZero();
      assertThat(job.stateReason())
          .contains(
              "it was to begin once batch %s is COMPLETED, which is %s"
                  .formatted(first.id(), how.equals("gone") ? "gone" : "CANCELLED"));
      end(waiting);
      assertThat(job(waiting).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(lookAtAll().cancelled()).containsExactly(next);
      end(next);
    }

    @Test
    @DisplayName("one that waits for a retry waits on until that batch is deleted")
    void waitsForARetryIfThatIsAsked() {
      long one = given(first);
      long two = given(second);
      long waiting =
          given(
              later()
                  .after(new Predecessors(List.of(first.id(), second.id()), List.of(), true))
                  .build());
      cancelAndEnd(one);
      assertThat(lookAtAll()).isEqualTo(WaitLook.NOTHING);
      under.setState(two, BatchState.COMPLETED);
      lookAtAll();
      under.setState(two, BatchState.PENDING);
      remove(first.id());

      assertThat(lookAtAll().cancelled()).containsExactly(waiting);
      end(waiting);
    }

    @Test
    void countsOneThatWasRetriedBeforeTheLookAsRunning() {
      long one = given(first);
      given(later().after(first.id()).build());
      under.setState(one, BatchState.CANCELLED);
      under.setState(one, BatchState.RUNNING);

      assertThat(lookAtAll()).isEqualTo(WaitLook.NOTHING);
    }
  }

  @Nested
  class WhileItWaits {
    @Test
    void aPauseAndAResumeReleaseNothing() {
      given(first);
      NewBatch batch = later().after(first.id()).build();
      given(batch);
      steer(batch.id(), "pause");
      steer(batch.id(), "resume");
      store.sweeping().repair();

      assertThat(isClaimable()).isFalse();
    }

    @Test
    void aPausedOneIsReleasedAndStaysPaused() {
      long one = given(first);
      NewBatch batch = later().after(first.id()).build();
      long waiting = given(batch);
      steer(batch.id(), "pause");
      complete(one);
      assertThat(lookAtAll().released()).isEqualTo(1);
      assertThat(job(waiting).state()).isEqualTo(BatchState.PAUSED);
      assertThat(isClaimable()).isFalse();
      steer(batch.id(), "resume");

      assertThat(isClaimable()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"PENDING", "PAUSED"})
    void aCancelEndsTheWait(BatchState state) {
      long one = given(first);
      NewBatch batch = later().after(first.id()).build();
      long waiting = given(batch);
      if (state == BatchState.PAUSED) {
        steer(batch.id(), "pause");
      }
      cancelAndEnd(waiting);
      complete(one);

      assertThat(job(waiting).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(lookAtAll()).isEqualTo(WaitLook.NOTHING);
      remove(batch.id());
      removeRecords();
      assertThat(under.rows(waiting)).isZero();
    }

    @Test
    @DisplayName("one that is removed half submitted leaves nothing behind")
    void anAbandonedOneLeavesNothing() {
      long one = given(first);
      TestSession session = session();
      long pages =
          number(store.submitting().begin(later().after(first.id()).build(), session.id()));
      store.submitting().abandon(pages, session.id());
      complete(one);
      assertThat(lookAtAll().released()).isZero();
      removeRecords();

      assertThat(under.rows(pages)).isZero();
    }

    @Test
    void lostChunksAreMadeAnewAndStillWait() {
      long one = given(first);
      long waiting = given(later().after(first.id()).build());
      under.loseMotion(waiting);
      assertThat(store.sweeping().rebuild(waiting, "node")).isEqualTo(1);
      store.sweeping().repair();
      assertThat(isClaimable()).isFalse();
      complete(one);
      lookAtAll();

      assertThat(isClaimable()).isTrue();
    }

    @Test
    void theReasonsNameSomeOfTheOthers() {
      given(first);
      long one = given(later().after(first.id()).build());
      List<NewBatch> others =
          IntStream.range(0, 5).mapToObj(i -> NewBatches.any().build()).toList();
      others.forEach(each -> given(each));
      BatchId[] ids = others.stream().map(NewBatch::id).toArray(BatchId[]::new);
      long many = given(later().after(ids).build());

      assertThat(reasons(one))
          .containsExactly("WAITS_FOR_BATCH 1 item waits for 1 batch: " + first.id());
      assertThat(reasons(many))
          .containsExactly(
              "WAITS_FOR_BATCH 1 item waits for 5 batches: %s, %s, %s and others"
                  .formatted(ids[0], ids[1], ids[2]));
      assertThat(job(one).toMap()).containsEntry("waits_for", 1);
    }

    private List<String> reasons(long batch) {
      return store.reading().explain(header(batch)).stream()
          .map((Reason reason) -> reason.code() + " " + reason.text())
          .toList();
    }
  }
}
