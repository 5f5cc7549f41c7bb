package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A session gives back what it has claimed and not begun, and nothing is counted as lost. */
abstract class GiveBackContract extends SteeredContract {

  GiveBackContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  @DisplayName("FAULT-M2 the rest of a chunk that is cut")
  class Cut {
    @Test
    void isUnownedAtOnce() {
      long batch = submit(10);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(10);
      session.settle(SettlementDraft.of().succeeded(batch, 0).cut(chunk, 4));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(10, 6, 3, 0, 0, 1, 0, 0, 0));
      ClaimedChunk front = new ClaimedChunk(batch, "annotate", 0, 4, 0);
      assertThat(store.claiming().owned(session.id()).chunks()).containsExactly(front);
      ClaimedChunk rest = session().claimChunk(10);
      assertThat(rest).isEqualTo(new ClaimedChunk(batch, "annotate", 4, 10, 0));
      session.settle(SettlementDraft.of().succeeded(batch, 1, 2, 3).removed(front));
      assertThat(store.claiming().owned(session.id())).isEqualTo(NOTHING);
    }

    @Test
    void countsWhatIsOpenOfIt() {
      long batch = submit(10);
      TestSession session = session();
      ClaimedChunk whole = session.claimChunk(10);
      session.settle(
          SettlementDraft.of().succeeded(batch, 0, 7).parked(batch, 8, LATER).returned(whole));
      ClaimedChunk again = session.claimChunk(10);
      session.settle(SettlementDraft.of().succeeded(batch, 1).cut(again, 5));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(10, 3, 3, 1, 0, 3, 0, 0, 0));
    }

    @Test
    void isCutAgain() {
      long batch = submit(10);
      TestSession session = session();
      session.settle(SettlementDraft.of().cut(session.claimChunk(10), 6));
      ClaimedChunk front = new ClaimedChunk(batch, "annotate", 0, 6, 0);
      session.settle(SettlementDraft.of().succeeded(batch, 0).cut(front, 2));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(10, 8, 1, 0, 0, 1, 0, 0, 0));
    }

    @Test
    void keepsItsCountOfLosses() {
      long batch = submit(4);
      TestSession lost = session();
      lost.claim(4);
      kill(lost);
      TestSession session = session();
      session.settle(SettlementDraft.of().cut(session.claimChunk(4), 1));

      assertThat(session().claim(4).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 1, 4, 1));
    }

    @Test
    void isHeldIfTheBatchIsPaused() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      pause(batch);
      session.settle(SettlementDraft.of().cut(chunk, 1));

      assertThat(session().claim(4)).isEqualTo(NOTHING);
      resume(batch);
      session.settle(
          SettlementDraft.of()
              .succeeded(batch, 0)
              .removed(new ClaimedChunk(batch, "annotate", 0, 1, 0)));
      work(session);
      assertThat(end(batch).counts().succeeded()).isEqualTo(4);
    }

    @Test
    void isItOnceHoweverOftenItIsSent() {
      submit(4);
      TestSession session = session();
      SettlementDraft draft = SettlementDraft.of().cut(session.claimChunk(4), 1);
      session.settle(draft);

      assertThat(session.resend(draft)).isFalse();
      assertThat(session().claim(4).items()).isEqualTo(3);
    }

    @Test
    void isRefusedOfAChunkThatIsOwnedByNobody() {
      submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      session.settle(SettlementDraft.of().returned(chunk));

      assertThatThrownBy(() -> session.settle(SettlementDraft.of().cut(chunk, 1)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(session().claim(4).items()).isEqualTo(4);
    }
  }

  @Nested
  class GivenBack {
    @Test
    void isAChunkWithWhatIsStillOpenOfIt() {
      long batch = submit(6);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(6);
      session.settle(
          SettlementDraft.of().succeeded(batch, 0, 2).parked(batch, 4, LATER).returned(chunk));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(6, 3, 0, 1, 0, 2, 0, 0, 0));
      assertThat(store.claiming().owned(session.id())).isEqualTo(NOTHING);
      ClaimedChunk again = session().claimChunk(6);
      assertThat(again).isEqualTo(chunk);
      assertThat(store.claiming().load(again))
          .extracting(input -> input.index())
          .containsExactly(1, 3, 5);
    }

    @Test
    void isAChunkWhoseItemsWereSettledBefore() {
      long batch = submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      session.settle(SettlementDraft.of().succeeded(batch, 0));
      session.settle(SettlementDraft.of().returned(chunk));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(3, 2, 0, 0, 0, 1, 0, 0, 0));
    }

    @Test
    void isAParkedItemAsItWas() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(chunk));
      ClaimedItem retry = session.claimRetry();
      session.settle(SettlementDraft.of().returned(retry));

      assertThat(job(batch).counts().retrying()).isEqualTo(1);
      assertThat(session().claimRetry()).isEqualTo(retry);
    }

    @Test
    void isNotCountedAsLost() {
      long batch = submit(1);
      for (int i = 0; i < 3; i++) {
        TestSession session = session();
        ClaimedChunk chunk = session.claimChunk(1);
        assertThat(chunk.lost()).isZero();
        session.settle(SettlementDraft.of().returned(chunk));
      }
      TestSession session = session();
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).removed(session.claimChunk(1)));
      for (int i = 0; i < 3; i++) {
        session.settle(SettlementDraft.of().returned(session.claimRetry()));
      }
      assertThat(session.claimRetry().suspect()).isFalse();
    }

    @Test
    void keepsItsCountOfLosses() {
      long batch = submit(2);
      TestSession lost = session();
      lost.claim(2);
      kill(lost);
      TestSession session = session();
      session.settle(SettlementDraft.of().returned(session.claimChunk(2)));

      assertThat(session().claim(2).chunks())
          .containsExactly(new ClaimedChunk(batch, "annotate", 0, 2, 1));
    }

    @Test
    void isHeldIfTheBatchIsPaused() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk first = session.claimChunk(2);
      session.settle(SettlementDraft.of().parked(batch, 0, NOW).succeeded(batch, 1).removed(first));
      Claim claim = session.claim(4);
      ClaimedItem retry = claim.parked().get(0);
      ClaimedChunk second = claim.chunks().get(0);
      pause(batch);
      session.settle(SettlementDraft.of().returned(second).returned(retry));

      assertThat(session().claim(4)).isEqualTo(NOTHING);
      resume(batch);
      work(session);
      assertThat(end(batch).counts().succeeded()).isEqualTo(4);
    }

    @Test
    void isItOnceHoweverOftenItIsSent() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      SettlementDraft draft = SettlementDraft.of().succeeded(batch, 0).returned(chunk);
      session.settle(draft);
      ClaimedChunk again = session().claimChunk(2);

      assertThat(session.resend(draft)).isFalse();
      assertThat(again.lost()).isZero();
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(2, 0, 1, 0, 0, 1, 0, 0, 0));
    }

    @Test
    void isNothingByASessionThatIsGone() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      kill(session);
      TestSession next = session();
      next.claim(2);

      assertThatThrownBy(() -> session.settle(SettlementDraft.of().returned(chunk)))
          .isInstanceOf(FencedException.class);
      assertThat(job(batch).counts().running()).isEqualTo(2);
    }
  }
}
