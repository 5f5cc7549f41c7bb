package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A session gives back what it has claimed and not begun, and nothing is counted as lost. */
abstract class GiveBackContract extends SteeredContract {

  GiveBackContract(Supplier<StoreUnderTest> opener) {
    super(opener);
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
