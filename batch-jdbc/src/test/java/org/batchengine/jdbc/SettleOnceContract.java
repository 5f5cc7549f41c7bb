package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A settlement is applied once, as a whole, by the session that owns the items. */
abstract class SettleOnceContract extends StoreContract {

  SettleOnceContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Numbers {
    @Test
    @DisplayName("F1 a settle sent twice is applied once")
    void appliesTheSameNumberOnce() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      SettlementDraft draft =
          SettlementDraft.of().failed(batch, 0, error(1, "no")).parked(batch, 1, NOW);

      assertThat(session.settle(draft)).isTrue();
      assertThat(session.resend(draft)).isFalse();
      assertThat(store.reading().errors(header(batch), 0)).hasSize(1);
    }

    @Test
    @DisplayName("F1 a settle that parked an item and is sent again after another settled it")
    void doesNotParkAnItemAgainThatIsSettledMeanwhile() {
      long batch = submit(1);
      TestSession slow = session();
      ClaimedChunk chunk = slow.claimChunk(1);
      SettlementDraft draft = SettlementDraft.of().parked(batch, 0, NOW).removed(chunk);
      slow.settle(draft);
      TestSession quick = session();
      quick.settle(SettlementDraft.of().outcome(quick.claimRetry(), ItemState.SUCCEEDED));

      assertThat(slow.resend(draft)).isFalse();
      assertThat(completeIfDone(batch)).isPresent();
      assertThat(slow.resend(draft)).isFalse();
      assertThat(under.rowsInMotion(batch)).isZero();
    }

    @Test
    @DisplayName("F1 a settle that is sent again does not park an item that is owned again")
    void doesNotFreeAnItemThatIsOwnedAgain() {
      park(Duration.ZERO);
      TestSession slow = session();
      SettlementDraft draft = SettlementDraft.of().parkedAgain(slow.claimRetry(), NOW);
      slow.settle(draft);
      TestSession quick = session();
      ClaimedItem claimed = quick.claimRetry();

      assertThat(slow.resend(draft)).isFalse();
      assertThat(store.claiming().owned(quick.id()).parked()).containsExactly(claimed);
    }

    @Test
    void areAppliedInTheirOrder() {
      long batch = submit(3);
      TestSession session = session();
      session.claim(3);

      assertThat(session.settle(SettlementDraft.of().succeeded(batch, 0))).isTrue();
      assertThat(session.settle(SettlementDraft.of().succeeded(batch, 1))).isTrue();
      assertThat(session.settle(SettlementDraft.of().succeeded(batch, 2))).isTrue();
    }

    @Test
    void ofEarlierSettlesAreKnownAsApplied() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().succeeded(batch, 0));
      session.settle(SettlementDraft.of().succeeded(batch, 1));

      assertThat(
              store
                  .settling()
                  .settle(SettlementDraft.of().succeeded(batch, 0).numbered(session.id(), 1)))
          .isFalse();
    }

    @Test
    void cannotBePassedOver() {
      long batch = submit(1);
      TestSession session = session();
      session.claim(1);

      assertThatThrownBy(
              () ->
                  store
                      .settling()
                      .settle(SettlementDraft.of().succeeded(batch, 0).numbered(session.id(), 2)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(job(batch).counts().succeeded()).isZero();
    }

    @Test
    void areBurntByEmptyContent() {
      long batch = submit(1);
      TestSession session = session();
      session.claim(1);

      assertThat(store.settling().settle(Settlement.burn(session.id(), 1))).isTrue();
      assertThat(
              store
                  .settling()
                  .settle(SettlementDraft.of().succeeded(batch, 0).numbered(session.id(), 1)))
          .isFalse();
      assertThat(job(batch).counts().succeeded()).isZero();
    }

    @Test
    void ofSessionsAreTheirOwn() {
      long batch = submit(2);
      TestSession one = session();
      TestSession two = session();
      one.claim(1);
      two.claim(1);

      assertThat(one.settle(SettlementDraft.of().succeeded(batch, 0))).isTrue();
      assertThat(two.settle(SettlementDraft.of().succeeded(batch, 1))).isTrue();
    }
  }

  @Nested
  class Fence {
    @Test
    void refusesASessionThatIsGoneAndWritesNothing() {
      long batch = submit(2);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(2);
      kill(session);

      assertThatThrownBy(
              () ->
                  session.settle(
                      SettlementDraft.of()
                          .failed(batch, 0, error(1, "late"))
                          .parked(batch, 1, NOW)
                          .removed(chunk)))
          .isInstanceOf(FencedException.class);
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(2, 2, 0, 0, 0, 0, 0, 0, 0));
      assertThat(store.reading().errors(header(batch), 0)).isEmpty();
    }

    @Test
    @DisplayName("FAULT-X5 a late settle finds its work with another and writes nothing")
    void refusesALateSettleOfWorkThatAnotherOwns() {
      submit(1);
      TestSession late = session();
      ClaimedChunk lost = late.claimChunk(1);
      kill(late);
      TestSession next = session();
      ClaimedChunk chunk = next.claimChunk(1);

      assertThatThrownBy(() -> late.finish(lost)).isInstanceOf(FencedException.class);
      assertThat(store.claiming().owned(next.id()).chunks()).containsExactly(chunk);
    }

    @Test
    void letsASessionSettleThatHasExpiredButWasNotReaped() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      pass(EXPIRY.multipliedBy(10));
      session.finish(chunk);

      assertThat(completeIfDone(batch)).isPresent();
    }

    @Test
    void refusesAnEmptySettleToo() {
      TestSession session = session();
      store.sessions().release(session.id());

      assertThatThrownBy(() -> store.settling().settle(Settlement.burn(session.id(), 1)))
          .isInstanceOf(FencedException.class);
    }

    @Test
    void refusesAChunkThatTheSessionDoesNotOwnAndWritesNothing() {
      long batch = submit(2);
      TestSession owner = session();
      TestSession other = session();
      ClaimedChunk mine = other.claimChunk(1);
      ClaimedChunk notMine = owner.claimChunk(1);

      assertThatThrownBy(
              () ->
                  other.settle(SettlementDraft.of().succeeded(batch, mine.from()).removed(notMine)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(job(batch).counts().succeeded()).isZero();
      assertThat(other.settle(SettlementDraft.of().succeeded(batch, mine.from()))).isTrue();
    }

    /** As when a database that forgets commits has forgotten a claim, and gave out another. */
    @Test
    void refusesAChunkThatEndsElsewhereAndWritesNothing() {
      submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      ClaimedChunk shorter =
          new ClaimedChunk(chunk.batch(), chunk.type(), chunk.from(), chunk.to() - 1, 0);

      assertThatThrownBy(() -> session.settle(SettlementDraft.of().removed(shorter)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> session.settle(SettlementDraft.of().returned(shorter)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(store.claiming().owned(session.id()).chunks()).containsExactly(chunk);
    }

    @Test
    void refusesAParkedItemThatTheSessionDoesNotOwnAndWritesNothing() {
      long batch = park(Duration.ZERO);
      ClaimedItem retry = session().claimRetry();
      TestSession other = session();

      assertThatThrownBy(
              () -> other.settle(SettlementDraft.of().outcome(retry, ItemState.SUCCEEDED)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> other.settle(SettlementDraft.of().parkedAgain(retry, NOW)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(job(batch).counts().running()).isEqualTo(1);
    }
  }

  @Nested
  class Refused {
    @Test
    @DisplayName("a second outcome of an item is refused, with all that came with it")
    void isASecondOutcome() {
      long batch = submit(3);
      TestSession session = session();
      session.claim(3);
      session.settle(SettlementDraft.of().output(batch, 0, "first"));

      isDuplicate(
          session,
          SettlementDraft.of()
              .succeeded(batch, 1)
              .failure(batch, 1, error(1, "x"))
              .parked(batch, 2, NOW)
              .output(batch, 0, "second"));
      assertThat(item(batch, 0).output()).contains("first");
      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(3, 0, 2, 0, 0, 1, 0, 0, 0));
      assertThat(store.reading().errors(header(batch), 1)).isEmpty();
    }

    @Test
    void isASecondParkedRow() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().parked(batch, 0, EXPIRY));

      isDuplicate(session, SettlementDraft.of().succeeded(batch, 1).parked(batch, 0, NOW));
      assertThat(item(batch, 0).dueAt()).contains(now().plus(EXPIRY));
      assertThat(job(batch).counts().succeeded()).isZero();
    }

    @Test
    void isASecondErrorOfAnAttempt() {
      long batch = submit(1);
      TestSession session = session();
      session.claim(1);
      session.settle(SettlementDraft.of().failure(batch, 0, error(1, "first")));

      isDuplicate(session, SettlementDraft.of().failed(batch, 0, error(1, "second")));
      assertThat(job(batch).counts().failed()).isZero();
    }

    @Test
    @DisplayName("FAULT-B1 a value that cannot be stored is refused, and its number stays free")
    void isAValueThatCannotBeStored() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      ItemError tooLong =
          new ItemError(1, "t".repeat(ItemError.MAX_TYPE_LENGTH + 1), "", "f", "", now());

      assertThatExceptionOfType(RefusedSettlementException.class)
          .isThrownBy(
              () ->
                  session.settle(
                      SettlementDraft.of().succeeded(batch, 1).failed(batch, 0, tooLong)))
          .satisfies(e -> assertThat(e.isDuplicate()).isFalse());
      assertThat(job(batch).counts().processed()).isZero();
      assertThat(session.settle(SettlementDraft.of().succeeded(batch, 1))).isTrue();
    }

    private void isDuplicate(TestSession session, SettlementDraft draft) {
      assertThatExceptionOfType(RefusedSettlementException.class)
          .isThrownBy(() -> session.settle(draft))
          .satisfies(e -> assertThat(e.isDuplicate()).isTrue());
      assertThat(session.settle(SettlementDraft.of())).isTrue();
    }
  }
}
