package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Of a sequential batch one item is worked on at a time, in the order of the indexes. */
abstract class SequentialContract extends SteeredContract {

  SequentialContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private long sequential(int items) {
    return submit(NewBatches.any().sequential(), items);
  }

  private Claim claim(TestSession session) {
    return store.claiming().claimSequential(session.id(), List.of("annotate"));
  }

  /** The index of the one item that is claimed. */
  private static int indexOf(Claim claim) {
    List<Integer> claimed = new ArrayList<>(indexes(claim.chunks()));
    claim.parked().forEach(item -> claimed.add(item.index()));
    assertThat(claimed).hasSize(1);
    return claimed.get(0);
  }

  private int claimIndex(TestSession session) {
    return indexOf(claim(session));
  }

  /** Claims the next item, and settles it as failed once, to be tried again. */
  private void failNext(TestSession session, Duration delay) {
    Claim claim = claim(session);
    SettlementDraft draft = SettlementDraft.of();
    for (ClaimedChunk chunk : claim.chunks()) {
      draft
          .failure(chunk.batch(), chunk.from(), error(1, "no"))
          .parked(chunk.batch(), chunk.from(), delay)
          .removed(chunk);
    }
    for (ClaimedItem item : claim.parked()) {
      draft
          .failure(item.batch(), item.index(), error(item.attempts() + 1, "no"))
          .parkedAgain(item, delay);
    }
    session.settle(draft);
  }

  @Nested
  class Order {
    @Test
    @DisplayName("REQ-U10 one item at a time, from the first to the last, over all nodes")
    void isThatOfTheIndexes() {
      long batch = sequential(250);
      List<TestSession> sessions = List.of(session(), session());
      for (int index = 0; index < 250; index++) {
        TestSession session = sessions.get(index % 2);
        Claim claim = claim(session);
        assertThat(indexOf(claim)).isEqualTo(index);
        session.finish(claim);
      }

      assertThat(claim(session()).isEmpty()).isTrue();
      assertThat(end(batch).counts().succeeded()).isEqualTo(250);
    }

    @Test
    void givesNothingWhileAnItemIsOwned() {
      sequential(3);
      TestSession session = session();
      Claim claim = claim(session);

      assertThat(claim(session()).isEmpty()).isTrue();
      assertThat(claim(session).isEmpty()).isTrue();
      session.finish(claim);
      assertThat(claimIndex(session())).isEqualTo(1);
    }

    @Test
    void waitsForARetry() {
      sequential(3);
      TestSession session = session();
      failNext(session, Duration.ofSeconds(5));

      assertThat(claim(session()).isEmpty()).isTrue();
      pass(Duration.ofSeconds(5));
      Claim again = claim(session);
      assertThat(again.parked()).extracting(ClaimedItem::attempts).containsExactly(1);
      session.finish(again);
      assertThat(claimIndex(session)).isEqualTo(1);
    }

    @Test
    void waitsForEveryRetry() {
      long batch = sequential(3);
      TestSession session = session();
      session.finish(claim(session));
      for (int i = 0; i < 3; i++) {
        failNext(session, NOW);
      }
      assertThat(store.reading().errors(header(batch), 1)).hasSize(3);
      assertThat(claimIndex(session)).isEqualTo(1);
    }

    @Test
    void goesOnAfterAnItemThatFailed() {
      long batch = sequential(2);
      TestSession session = session();
      ClaimedChunk chunk = claim(session).chunks().get(0);
      session.settle(SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk));

      assertThat(claimIndex(session)).isEqualTo(1);
    }

    @Test
    @DisplayName("the item of a session that died comes next")
    void survivesACrash() {
      long batch = sequential(3);
      TestSession first = session();
      first.finish(claim(first));
      claim(first);
      kill(first);
      TestSession second = session();
      Claim again = claim(second);

      assertThat(again.chunks()).containsExactly(new ClaimedChunk(batch, "annotate", 1, 2, 1));
      second.finish(again);
      assertThat(claimIndex(second)).isEqualTo(2);
    }

    @Test
    void survivesAReleasedSession() {
      sequential(3);
      TestSession first = session();
      claim(first);
      store.sessions().release(first.id());

      assertThat(claimIndex(session())).isZero();
    }

    @Test
    void survivesAnItemThatIsGivenBack() {
      sequential(3);
      TestSession session = session();
      session.settle(SettlementDraft.of().returned(claim(session).chunks().get(0)));
      assertThat(claimIndex(session)).isZero();
    }

    @Test
    void holdsForASuspectToo() {
      long batch = sequential(3);
      for (int i = 0; i < 2; i++) {
        TestSession lost = session();
        assertThat(claimIndex(lost)).isZero();
        kill(lost);
      }
      TestSession session = session();
      assertThat(claim(session).isEmpty()).isTrue();
      for (int i = 0; i < 2; i++) {
        TestSession lost = session();
        ClaimedItem suspect = lost.claimSuspect().parked().get(0);
        assertThat(suspect.index()).isZero();
        assertThat(suspect.suspect()).isTrue();
        assertThat(claim(session).isEmpty()).isTrue();
        kill(lost);
      }

      TestSession next = session();
      assertThat(store.reading().item(header(batch), 0).orElseThrow().state())
          .isEqualTo(ItemState.FAILED);
      assertThat(claimIndex(next)).isEqualTo(1);
    }

    @Test
    void holdsForItemsThatAreTakenUpAgain() {
      long batch = sequential(5);
      TestSession session = session();
      for (int index = 0; index < 5; index++) {
        ClaimedChunk chunk = claim(session).chunks().get(0);
        SettlementDraft draft = SettlementDraft.of().removed(chunk);
        session.settle(
            index % 2 == 1
                ? draft.failed(batch, index, error(1, "no"))
                : draft.succeeded(batch, index));
      }
      end(batch);
      retryFailed(batch);
      List<Integer> order = new ArrayList<>();
      for (Claim claim = claim(session); !claim.isEmpty(); claim = claim(session)) {
        order.add(indexOf(claim));
        assertThat(claim(session()).isEmpty()).isTrue();
        session.finish(claim);
      }

      assertThat(order).containsExactly(1, 3);
      assertThat(end(batch).counts().succeeded()).isEqualTo(5);
    }

    @Test
    void goesBackToAnItemThatIsTakenUpAgainMeanwhile() {
      long batch = sequential(4);
      TestSession session = session();
      ClaimedChunk chunk = claim(session).chunks().get(0);
      session.settle(SettlementDraft.of().failed(batch, 0, error(1, "no")).removed(chunk));
      session.finish(claim(session));
      retryFailed(batch);

      assertThat(claimIndex(session)).isZero();
      session.finish(store.claiming().owned(session.id()));
      assertThat(claimIndex(session)).isEqualTo(2);
    }

    @Test
    void isKeptByManyAtOnce() {
      long batch = sequential(30);
      List<TestSession> sessions = IntStream.range(0, 4).mapToObj(i -> session()).toList();
      List<Integer> order = new ArrayList<>();
      for (int looks = 0; order.size() < 30; looks++) {
        assertThat(looks).isLessThan(300);
        List<Callable<Claim>> claims = new ArrayList<>();
        sessions.forEach(session -> claims.add(() -> claim(session)));
        List<Claim> answers = Concurrently.call(claims);
        assertThat(answers).filteredOn(claim -> !claim.isEmpty()).hasSizeLessThan(2);
        for (int i = 0; i < answers.size(); i++) {
          if (!answers.get(i).isEmpty()) {
            order.add(indexOf(answers.get(i)));
            sessions.get(i).finish(answers.get(i));
          }
        }
      }

      assertThat(order).isSorted().hasSize(30);
      assertThat(end(batch).counts().succeeded()).isEqualTo(30);
    }
  }

  @Nested
  class Claims {
    @Test
    void ofOtherKindsPassItsItemsOver() {
      long batch = sequential(3);
      TestSession session = session();
      failNext(session, NOW);

      assertThat(session.claim(3)).isEqualTo(new Claim(List.of(), List.of(), false));
      assertThat(session.claimSuspect()).isEqualTo(new Claim(List.of(), List.of(), false));
      assertThat(job(batch).counts().unfinished()).isEqualTo(3);
    }

    @Test
    void ofThisKindPassOtherItemsOver() {
      submit(3);

      assertThat(claim(session()).isEmpty()).isTrue();
    }

    @Test
    void areOfTheWantedTypes() {
      submit(NewBatches.any().type("report").sequential(), 2);
      TestSession session = session();

      assertThat(claim(session).isEmpty()).isTrue();
      assertThat(
              indexOf(
                  store.claiming().claimSequential(session.id(), List.of("annotate", "report"))))
          .isZero();
    }

    @Test
    void areOfBatchesThatAreDue() {
      submit(NewBatches.any().sequential().startAt(now().plusSeconds(5)), 1);

      assertThat(claim(session()).isEmpty()).isTrue();
      pass(Duration.ofSeconds(5));
      assertThat(claimIndex(session())).isZero();
    }

    @Test
    void areOfTheHigherPriorityFirst() {
      submit(NewBatches.any().sequential().priority(1), 1);
      long high = submit(NewBatches.any().sequential().priority(9), 1);

      assertThat(claim(session()).chunks()).extracting(ClaimedChunk::batch).containsExactly(high);
    }

    @Test
    void areOfAllBatchesInTurn() {
      List<Long> batches = IntStream.range(0, 3).mapToObj(i -> sequential(3)).toList();
      TestSession session = session();
      List<Long> order = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        passMoment();
        Claim claim = claim(session);
        order.add(claim.chunks().get(0).batch());
        session.finish(claim);
      }

      for (int round = 0; round < 3; round++) {
        assertThat(order.subList(3 * round, 3 * round + 3))
            .containsExactlyInAnyOrderElementsOf(batches);
      }
    }

    @Test
    void holdOneItemOfEachBatch() {
      List<Long> batches = IntStream.range(0, 3).mapToObj(i -> sequential(3)).toList();
      TestSession session = session();
      List<Long> claimed = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        claimed.add(claim(session).chunks().get(0).batch());
      }

      assertThat(claimed).containsExactlyInAnyOrderElementsOf(batches);
      assertThat(claim(session).isEmpty()).isTrue();
    }

    @Test
    void areRefusedOnceTheSessionIsGone() {
      sequential(1);
      TestSession session = session();
      kill(session);

      assertThatThrownBy(() -> claim(session)).isInstanceOf(FencedException.class);
      assertThat(claimIndex(session())).isZero();
    }

    @Test
    void areReadBack() {
      sequential(2);
      TestSession session = session();
      Claim claim = claim(session);

      assertThat(store.claiming().owned(session.id()).chunks()).isEqualTo(claim.chunks());
      assertThat(store.claiming().load(claim.chunks().get(0)))
          .extracting(input -> input.input())
          .containsExactly("input-0");
    }

    @Test
    void giveNothingOfABatchThatIsPausedAndGoOnThen() {
      long batch = sequential(3);
      TestSession session = session();
      Claim claim = claim(session);
      pause(batch);
      session.finish(claim);

      assertThat(claim(session).isEmpty()).isTrue();
      resume(batch);
      assertThat(claimIndex(session)).isEqualTo(1);
    }

    @Test
    void giveNothingOfABatchThatStops() {
      long batch = sequential(3);
      TestSession session = session();
      Claim claim = claim(session);
      cancel(batch);

      assertThat(claim(session()).isEmpty()).isTrue();
      cancelAllUnowned(batch);
      session.finish(claim);
      assertThat(end(batch).state()).isEqualTo(BatchState.CANCELLED);
      assertThat(job(batch).counts().cancelled()).isEqualTo(2);
    }
  }
}
