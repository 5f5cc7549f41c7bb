package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.model.BatchState.COMPLETED;
import static org.batchengine.model.BatchState.PAUSED;
import static org.batchengine.model.BatchState.PENDING;
import static org.batchengine.model.BatchState.RUNNING;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;
import org.batchengine.model.StateChange;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.NameInTenant;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.Steering;
import org.batchengine.store.StoredInput;
import org.batchengine.store.Template;
import org.batchengine.store.WaitScope;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Some items run first, and the others once somebody has confirmed that. */
@DisplayName("REQ-M21 a sample runs before the batch does")
abstract class RehearsalContract extends StoreContract {
  RehearsalContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private static NewBatches rehearsing(int items) {
    return NewBatches.any().rehearse(items);
  }

  private static List<Integer> parked(Claim claim) {
    assertThat(claim.chunks()).isEmpty();
    return claim.parked().stream().map(ClaimedItem::index).sorted().toList();
  }

  /** The items of the claim's chunks. */
  private List<Integer> open(Claim claim) {
    return claim.chunks().stream()
        .flatMap(chunk -> store.claiming().load(chunk).stream())
        .map(StoredInput::index)
        .sorted()
        .toList();
  }

  /** What anybody can claim. */
  private List<Integer> claimable() {
    TestSession session = session();
    List<Integer> items = parked(session.claim(1_000));
    store.sessions().release(session.id());
    return items;
  }

  private Claim runAll() {
    TestSession session = session();
    Claim claim = session.claim(1_000);
    store
        .claiming()
        .markRunning(claim.parked().stream().map(ClaimedItem::batch).distinct().toList());
    session.finish(claim);
    store.sessions().release(session.id());
    return claim;
  }

  /** A batch of 50 items, of which 4 were rehearsed. */
  private long rehearsed() {
    long batch = submit(rehearsing(4), 50);
    runAll();
    assertThat(completeIfDone(batch).orElseThrow().state()).isEqualTo(PAUSED);
    return batch;
  }

  private Steering steering(long batch) {
    return new Steering(job(batch).id(), null, NewBatches.by("alice"), "because");
  }

  private StateChange resume(long batch) {
    return store.steering().resume(steering(batch)).orElseThrow();
  }

  private List<String> reasons(long batch) {
    return store.reading().explain(header(batch)).stream()
        .map(reason -> reason.code() + " " + reason.items())
        .toList();
  }

  private List<String> events(long batch) {
    return under.events(batch).stream().map(StoreUnderTest.Event::kind).toList();
  }

  @Nested
  class Places {
    @Test
    void onlyTheSample() {
      long batch = submit(rehearsing(4), 50);

      assertThat(claimable()).containsExactly(0, 1, 2, 3);
      assertThat(job(batch).state()).isEqualTo(PENDING);
      assertThat(job(batch).rehearses()).hasValue(4);
      assertThat(reasons(batch)).containsExactly("NO_NODE 4", "REHEARSING 46");
    }

    @Test
    void thoseThatTheIdOfTheBatchDraws() {
      BatchId id = BatchId.of(UUID.randomUUID());
      submit(NewBatches.withId(id).rehearseAtRandom(7), 100);

      assertThat(claimable()).isEqualTo(new Rehearsal(7, true).sample(id, 100)).hasSize(7);
    }

    @Test
    void thoseOfABatchInPages() {
      TestSession session = session();
      long batch = number(store.submitting().begin(rehearsing(3).build(), session.id()));
      store.submitting().append(batch, session.id(), NewBatches.items(2));
      store.submitting().append(batch, session.id(), NewBatches.items(2));
      assertThat(claimable()).isEmpty();
      store.submitting().finish(batch, session.id(), NewBatches.by("alice"));

      assertThat(claimable()).containsExactly(0, 1, 2);
    }

    @Test
    void manyAtOnce() {
      submit(rehearsing(10_000), 10_100);

      assertThat(parked(session().claim(20_000))).hasSizeBetween(1, 10_000);
    }

    @Test
    void noneIfThereAreNoOthers() {
      long one = submit(rehearsing(5), 5);
      TestSession pages = session();
      long two = number(store.submitting().begin(rehearsing(5).build(), pages.id()));
      store.submitting().append(two, pages.id(), NewBatches.items(5));
      store.submitting().finish(two, pages.id(), NewBatches.by("alice"));

      assertThat(job(one).rehearses()).isEmpty();
      assertThat(job(two).rehearses()).isEmpty();
      TestSession session = session();
      session.finish(session.claim(1_000));
      assertThat(completeIfDone(one).orElseThrow().state()).isEqualTo(COMPLETED);
      assertThat(completeIfDone(two).orElseThrow().state()).isEqualTo(COMPLETED);
    }

    @Test
    void whenTheBatchIsDue() {
      submit(rehearsing(2).startAt(now().plusSeconds(60)), 10);
      assertThat(claimable()).isEmpty();
      pass(Duration.ofSeconds(60));

      assertThat(claimable()).containsExactly(0, 1);
    }

    @Test
    void onceTheBatchWaitsForNothing() {
      BatchId before = BatchId.of(UUID.randomUUID());
      long first = submit(NewBatches.withId(before).type("before"), 1);
      long batch = submit(rehearsing(2).after(before), 10);
      assertThat(claimable()).isEmpty();
      assertThat(reasons(batch)).containsExactly("WAITS_FOR_BATCH 10");
      TestSession session = session();
      session.finish(session.claim("before", 1, 1));
      assertThat(completeIfDone(first)).isPresent();

      assertThat(store.waiting().look(WaitScope.ALL, 10).released()).isEqualTo(1);

      assertThat(claimable()).containsExactly(0, 1);
      runAll();
      assertThat(completeIfDone(batch).orElseThrow().state()).isEqualTo(PAUSED);
    }

    @Test
    void inTheirOrderIfTheyRunOneByOne() {
      long batch = submit(rehearsing(2).sequential(), 5);
      for (int index = 0; index < 2; index++) {
        TestSession session = session();
        Claim claim = store.claiming().claimSequential(session.id(), List.of("annotate"));
        assertThat(parked(claim)).containsExactly(index);
        assertThat(completeIfDone(batch)).isEmpty();
        session.finish(claim);
        store.sessions().release(session.id());
      }

      assertThat(store.claiming().claimSequential(session().id(), List.of("annotate")).isEmpty())
          .isTrue();
      assertThat(completeIfDone(batch).orElseThrow().state()).isEqualTo(PAUSED);
      resume(batch);
      Claim next = store.claiming().claimSequential(session().id(), List.of("annotate"));
      assertThat(next.chunks()).extracting(chunk -> chunk.from()).containsExactly(2);
    }

    @Test
    void asATemplateSays() {
      Template kept = new Template("monthly", rehearsing(3).build(), NewBatches.items(5));
      store.templates().put(kept, NewBatches.by("alice"));

      Template found =
          store.templates().get(new NameInTenant(kept.batch().tenant(), "monthly")).orElseThrow();
      assertThat(found.batch().rehearsal()).isEqualTo(kept.batch().rehearsal());
    }
  }

  @Nested
  class Ends {
    @Test
    void whenEachOfThemWasTried() {
      long batch = submit(rehearsing(4), 50);
      TestSession session = session();
      Claim claim = session.claim(1_000);
      store.claiming().markRunning(List.of(batch));
      assertThat(completeIfDone(batch)).isEmpty();
      session.finish(claim);

      BatchJob paused = completeIfDone(batch).orElseThrow();

      assertThat(paused.state()).isEqualTo(PAUSED);
      assertThat(paused.stateReason()).contains("REHEARSED");
      assertThat(paused.counts().succeeded()).isEqualTo(4);
      assertThat(paused.counts().pending()).isEqualTo(46);
      assertThat(paused.rehearses()).hasValue(4);
      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(events(batch)).containsExactly("SUBMITTED", "STARTED", "PAUSED");
      assertThat(claimable()).isEmpty();
      assertThat(store.reading().explain(header(batch)))
          .singleElement()
          .returns("REHEARSED", Reason::code)
          .returns(46L, Reason::items)
          .returns(true, Reason::needsPerson);
    }

    @Test
    void withoutTheRetries() {
      long batch = submit(rehearsing(2), 10);
      TestSession session = session();
      List<ClaimedItem> items = session.claim(1_000).parked();
      session.settle(
          SettlementDraft.of()
              .outcome(items.get(0), ItemState.SUCCEEDED)
              .parked(new Parking(batch, "annotate", 5, 1, 1, 0, NOW, true)));

      assertThat(completeIfDone(batch).orElseThrow().state()).isEqualTo(PAUSED);
      assertThat(claimable()).isEmpty();
      resume(batch);
      Claim claim = session.claim(1_000);
      assertThat(claim.parked()).extracting(ClaimedItem::index).containsExactly(1);
      assertThat(open(claim)).isEqualTo(IntStream.range(2, 10).boxed().toList());
    }

    @Test
    void notBeforeAnItemThatWasGivenBackHasRun() {
      long batch = submit(rehearsing(2), 10);
      TestSession session = session();
      List<ClaimedItem> items = session.claim(1_000).parked();
      session.settle(
          SettlementDraft.of().outcome(items.get(0), ItemState.SUCCEEDED).returned(items.get(1)));

      assertThat(completeIfDone(batch)).isEmpty();
      assertThat(store.sweeping().done(10)).isEmpty();
      assertThat(claimable()).containsExactly(1);
    }

    @Test
    void bySweepIfWhoeverRanThemDied() {
      long batch = submit(rehearsing(2), 10);
      TestSession session = session();
      session.finish(session.claim(1_000));
      kill(session);

      assertThat(store.sweeping().done(10)).containsExactly(batch);
      assertThat(store.sweeping().unsettled(List.of(batch))).isEmpty();
      assertThat(completeIfDone(batch)).isPresent();
      assertThat(store.sweeping().done(10)).isEmpty();
    }

    @Test
    void afterSuspectsHaveRunAlone() {
      long batch = submit(rehearsing(1), 10);
      for (int loss = 0; loss < 2; loss++) {
        TestSession session = session();
        assertThat(session.claim(1_000).parked()).hasSize(1);
        kill(session);
      }
      assertThat(completeIfDone(batch)).isEmpty();
      TestSession alone = session();
      Claim suspect = alone.claimSuspect();
      assertThat(suspect.parked()).hasSize(1);
      assertThat(completeIfDone(batch)).isEmpty();
      alone.finish(suspect);

      assertThat(completeIfDone(batch).orElseThrow().state()).isEqualTo(PAUSED);
    }

    @Test
    void asCancelled() {
      long batch = rehearsed();
      store.steering().cancel(steering(batch), CancelMode.GRACEFUL);
      while (store.sweeping().cancelUnowned(batch, 10)) {}

      BatchJob ended = completeIfDone(batch).orElseThrow();
      assertThat(ended.counts().succeeded()).isEqualTo(4);
      assertThat(ended.counts().cancelled()).isEqualTo(46);
      assertThat(ended.rehearses()).isEmpty();
    }

    @Test
    @DisplayName("a cancelled batch that is retried is no rehearsal")
    void notInALaterRun() {
      long batch = submit(rehearsing(2), 10);
      TestSession session = session();
      SettlementDraft draft = SettlementDraft.of();
      session.claim(1_000).parked().forEach(item -> draft.outcome(item, ItemState.FAILED));
      session.settle(draft);
      store.steering().cancel(steering(batch), CancelMode.GRACEFUL);
      while (store.sweeping().cancelUnowned(batch, 100)) {}
      assertThat(completeIfDone(batch)).isPresent();
      store.steering().retryFailed(steering(batch), FailedItems.all());
      session.finish(session.claim(1_000));

      assertThat(completeIfDone(batch).orElseThrow().state()).isEqualTo(COMPLETED);
    }
  }

  @Nested
  class IsConfirmed {
    @Test
    void byAResume() {
      long batch = rehearsed();

      assertThat(resume(batch).after()).isEqualTo(RUNNING);

      assertThat(job(batch).rehearses()).isEmpty();
      assertThat(job(batch).stateReason()).isEmpty();
      TestSession session = session();
      assertThat(open(session.claim(1_000))).isEqualTo(IntStream.range(4, 50).boxed().toList());
    }

    @Test
    void notByTheResumeOfAnotherPause() {
      long batch = submit(rehearsing(2), 10);
      store.steering().pause(steering(batch));
      assertThat(claimable()).isEmpty();
      resume(batch);

      assertThat(claimable()).containsExactly(0, 1);
      runAll();
      assertThat(completeIfDone(batch).orElseThrow().stateReason()).contains("REHEARSED");
    }

    @Test
    @DisplayName("not if it was paused before the sample had run: then its end is seen later")
    void notIfItWasPausedMeanwhile() {
      long batch = submit(rehearsing(2), 10);
      TestSession session = session();
      Claim claim = session.claim(1_000);
      store.claiming().markRunning(List.of(batch));
      store.steering().pause(steering(batch));
      session.finish(claim);
      assertThat(completeIfDone(batch)).isEmpty();
      resume(batch);

      assertThat(claimable()).isEmpty();
      assertThat(store.sweeping().done(10)).containsExactly(batch);
    }
  }

  @Nested
  class IsMended {
    @Test
    void leavingTheChunksAlone() {
      long batch = submit(rehearsing(4), 50);
      store.sweeping().repair();
      pass(Duration.ofDays(1));
      store.sweeping().repair();

      assertThat(claimable()).containsExactly(0, 1, 2, 3);
      assertThat(job(batch).counts().retrying()).isEqualTo(4);
    }

    @Test
    void whenRowsAreLost() {
      long batch = submit(rehearsing(4), 50);
      TestSession session = session();
      List<ClaimedItem> items = session.claim(3).parked();
      session.settle(SettlementDraft.of().outcome(items.get(0), ItemState.SUCCEEDED));
      store.sessions().release(session.id());
      under.loseMotion(batch);

      assertThat(store.sweeping().rebuild(batch, "paris")).isEqualTo(49);

      assertThat(claimable()).containsExactly(1, 2, 3);
      runAll();
      assertThat(completeIfDone(batch).map(BatchJob::state)).isEqualTo(Optional.of(PAUSED));
    }
  }
}
