package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Outcome;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What became of items is written as a whole, once, by the session that owns them. */
abstract class SettleContract extends StoreContract {

  SettleContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Outcomes {
    @ParameterizedTest
    @DisplayName("REQ-B8 an item is settled on its own fate")
    @EnumSource(
        value = ItemState.class,
        mode = Mode.INCLUDE,
        names = {"SUCCEEDED", "FAILED", "SKIPPED", "CANCELLED"})
    void areKeptWithTheirState(ItemState state) {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().outcome(batch, 1, state));

      assertThat(item(batch, 1).state()).isEqualTo(state);
      assertThat(item(batch, 0).state()).isEqualTo(ItemState.RUNNING);
      assertThat(job(batch).counts().running()).isEqualTo(1);
    }

    @Test
    @DisplayName("REQ-M2 an item's result is kept whole")
    void areKeptWhole() {
      long batch = submit(1);
      TestSession session = session();
      session.claim(1);
      passMoment();
      session.settle(
          SettlementDraft.of()
              .outcome(
                  new Outcome(
                      batch, 0, ItemState.SKIPPED, 3, "out", 1_234_567, 0.25, "why", false)));

      assertThat(item(batch, 0))
          .isEqualTo(
              BatchItem.builder(header(batch).id(), 0)
                  .state(ItemState.SKIPPED)
                  .input("input-0")
                  .output("out")
                  .attempts(3)
                  .retries(2)
                  .duration(Duration.ofNanos(1_234_567_000))
                  .quality(0.25)
                  .reason("why")
                  .createdAt(now().minusMillis(1))
                  .settledAt(now())
                  .build());
    }

    @Test
    void tellNoOutputFromAnEmptyOne() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().output(batch, 0, null).output(batch, 1, ""));

      assertThat(item(batch, 0).output()).isEmpty();
      assertThat(item(batch, 1).output()).contains("");
    }

    @Test
    void ofManyItemsAreKeptAtOnce() {
      long batch = submit(5_000);
      TestSession session = session();
      List<ClaimedChunk> chunks = session.claim(5_000).chunks();
      SettlementDraft draft = SettlementDraft.of();
      for (ClaimedChunk chunk : chunks) {
        indexes(chunk).forEach(index -> draft.output(batch, index, "output-" + index));
        draft.removed(chunk);
      }
      session.settle(draft);

      assertThat(completeIfDone(batch).orElseThrow().counts().succeeded()).isEqualTo(5_000);
      assertThat(item(batch, 4_321).output()).contains("output-4321");
    }

    @Test
    void ofSeveralBatchesAreKeptTogether() {
      long one = submit(1);
      long two = submit(1);
      TestSession session = session();
      List<ClaimedChunk> chunks = session.claim(2).chunks();
      session.settle(
          SettlementDraft.of()
              .succeeded(one, 0)
              .failed(two, 0, error(1, "no"))
              .removed(chunks.get(0))
              .removed(chunks.get(1)));

      assertThat(completeIfDone(one).orElseThrow().counts().succeeded()).isEqualTo(1);
      assertThat(completeIfDone(two).orElseThrow().counts().failed()).isEqualTo(1);
    }

    @Test
    void takeTheParkedRowOfAnItemAway() {
      long batch = park(Duration.ZERO);
      TestSession session = session();
      ClaimedItem retry = session.claimRetry();
      session.settle(SettlementDraft.of().outcome(retry, ItemState.SUCCEEDED));

      assertThat(item(batch, 0).attempts()).isEqualTo(2);
      assertThat(completeIfDone(batch)).isPresent();
    }

    @Test
    void countByStateAndSessionUntilTheBatchEnds() {
      long batch = submit(8);
      for (int i = 0; i < 2; i++) {
        TestSession session = session();
        int from = session.claimChunk(4).from();
        session.settle(SettlementDraft.of().succeeded(batch, from));
        session.settle(SettlementDraft.of().outcome(batch, from + 1, ItemState.FAILED));
        session.settle(
            SettlementDraft.of()
                .outcome(batch, from + 2, ItemState.SKIPPED)
                .outcome(batch, from + 3, ItemState.CANCELLED));
      }

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(8, 0, 0, 0, 0, 2, 2, 2, 2));
    }
  }

  @Nested
  class Failures {
    @Test
    @DisplayName("REQ-B8 every failed attempt keeps its error")
    void areKeptWhole() {
      long batch = submit(1);
      TestSession session = session();
      session.claim(1);
      ItemError error =
          new ItemError(1, "java.io.IOException", "no route", "0123456789abcdef", "at A\n", now());
      session.settle(SettlementDraft.of().failed(batch, 0, error));

      assertThat(store.reading().errors(header(batch), 0)).containsExactly(error);
    }

    @Test
    @DisplayName("F10b attempts go on, so that no error meets another")
    void ofLaterAttemptsStandBesideTheEarlier() {
      long batch = park(Duration.ZERO);
      TestSession session = session();
      ClaimedItem retry = session.claimRetry();
      assertThat(retry.attempts()).isEqualTo(1);
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, error(2, "second"))
              .outcome(retry, ItemState.FAILED));

      assertThat(store.reading().errors(header(batch), 0))
          .extracting(ItemError::attempt)
          .containsExactly(1, 2);
    }

    @Test
    void ofAnItemThatSucceededLaterStay() {
      long batch = park(Duration.ZERO);
      TestSession session = session();
      session.settle(SettlementDraft.of().outcome(session.claimRetry(), ItemState.SUCCEEDED));

      assertThat(store.reading().errors(header(batch), 0)).hasSize(1);
      assertThat(item(batch, 0).error()).isPresent();
    }

    @Test
    @DisplayName("FAULT-B3 an error with a stack of 16,000 characters is kept")
    void mayBeLong() {
      long batch = submit(1);
      TestSession session = session();
      session.claim(1);
      ItemError error =
          new ItemError(
              1, "t".repeat(300), "é".repeat(2_000), "f".repeat(16), "é".repeat(16_000), now());
      session.settle(SettlementDraft.of().failed(batch, 0, error));

      assertThat(store.reading().errors(header(batch), 0)).containsExactly(error);
    }
  }

  @Nested
  class Parkings {
    @Test
    @DisplayName("REQ-D4 a failed item waits for its retry")
    void takeItemsOutOfTheirChunk() {
      long batch = submit(2);
      TestSession session = session();
      session.claim(2);
      session.settle(SettlementDraft.of().parked(batch, 1, Duration.ofSeconds(5)));

      assertThat(job(batch).counts()).isEqualTo(new BatchCounts(2, 0, 1, 1, 0, 0, 0, 0, 0));
      assertThat(item(batch, 1).state()).isEqualTo(ItemState.RETRYING);
      assertThat(item(batch, 1).attempts()).isEqualTo(1);
      assertThat(item(batch, 1).dueAt()).contains(now().plusSeconds(5));
    }

    @Test
    void areCountedUpToABound() {
      assertThat(store.sweeping().parked(10)).isZero();
      long batch = submit(3);
      TestSession session = session();
      session.claim(3);
      session.settle(
          SettlementDraft.of()
              .parked(batch, 0, Duration.ZERO)
              .parked(batch, 1, Duration.ofHours(1))
              .parked(batch, 2, Duration.ofHours(1)));

      assertThat(store.sweeping().parked(10)).isEqualTo(3);
      assertThat(store.sweeping().parked(2)).isEqualTo(2);
      session.claimRetry();
      assertThat(store.sweeping().parked(10)).isEqualTo(3);
    }

    @Test
    void mayBeForALongTime() {
      long batch = park(Duration.ofDays(400));

      assertThat(item(batch, 0).dueAt()).contains(now().plus(Duration.ofDays(400)));
    }

    @Test
    void ofParkedItemsCountAttemptsOnAndFreeThem() {
      long batch = park(Duration.ZERO);
      TestSession session = session();
      session.settle(SettlementDraft.of().parkedAgain(session.claimRetry(), Duration.ofSeconds(9)));

      assertThat(item(batch, 0).attempts()).isEqualTo(2);
      assertThat(item(batch, 0).dueAt()).contains(now().plusSeconds(9));
      assertThat(store.claiming().owned(session.id()).isEmpty()).isTrue();
      assertThat(job(batch).counts().retrying()).isEqualTo(1);
    }

    @Test
    @DisplayName("REQ-U9 a retry outlives the session that parked it")
    void outliveTheSession() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().parked(batch, 0, Duration.ofHours(1)).removed(chunk));
      kill(session);
      pass(Duration.ofHours(1));

      assertThat(session().claimRetry())
          .isEqualTo(new ClaimedItem(batch, "annotate", 0, 1, 0, false));
    }
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

  @Nested
  class Payloads {
    @Test
    @DisplayName("FAULT-B1 outputs, reasons and errors come back as they were given")
    void comeBackExactly() {
      List<String> texts = Texts.awkward().toList();
      int errors = texts.size();
      long batch = submit(2 * texts.size());
      TestSession session = session();
      session.claim(2 * texts.size());
      SettlementDraft draft = SettlementDraft.of();
      for (int i = 0; i < texts.size(); i++) {
        String text = texts.get(i);
        draft.outcome(
            new Outcome(batch, i, ItemState.SKIPPED, 1, text, 1, null, "r" + text, false));
        draft.failed(batch, errors + i, new ItemError(1, "t" + text, text, "f", text, now()));
      }
      session.settle(draft);

      for (int i = 0; i < texts.size(); i++) {
        String text = texts.get(i);
        assertThat(item(batch, i).output()).contains(text);
        assertThat(item(batch, i).reason()).contains("r" + text);
        assertThat(store.reading().errors(header(batch), errors + i))
            .containsExactly(new ItemError(1, "t" + text, text, "f", text, now()));
      }
    }

    @Test
    @DisplayName("FAULT-B2 an output of 1 MiB comes back as it was given")
    void mayBeLarge() {
      long batch = submit(1);
      TestSession session = session();
      session.claim(1);
      String large = "0123456789abcdé\n".repeat(1 << 16).substring(0, 1 << 20);
      session.settle(SettlementDraft.of().output(batch, 0, large));

      assertThat(item(batch, 0).output()).contains(large);
    }
  }

  @Nested
  class Progress {
    @Test
    @DisplayName("F11 a settle without outcomes leaves no counters")
    void hasNoRowWithoutOutcomes() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(SettlementDraft.of().rate(batch, 5));
      session.settle(SettlementDraft.of().parked(batch, 0, EXPIRY).removed(chunk).rate(batch, 5));

      assertThat(under.rowsInMotion(batch)).isEqualTo(1);
    }

    @Test
    @DisplayName("REQ-B9 progress moves while the batch runs")
    void movesWithEachSettle() {
      long batch = submit(4);
      TestSession session = session();
      session.claim(4);
      session.settle(SettlementDraft.of().succeeded(batch, 0));
      assertThat(job(batch).progress()).isEqualTo(0.25);
      session.settle(SettlementDraft.of().succeeded(batch, 1, 2));

      assertThat(job(batch).progress()).isEqualTo(0.75);
    }

    @Test
    @DisplayName("REQ-D7 the rate of a batch is that of all sessions")
    void hasTheRatesOfAllSessions() {
      long batch = submit(4);
      TestSession one = session();
      TestSession two = session();
      one.claim(2);
      two.claim(2);
      one.settle(SettlementDraft.of().succeeded(batch, 0).rate(batch, 10));
      one.settle(SettlementDraft.of().succeeded(batch, 1).rate(batch, 20));
      two.settle(SettlementDraft.of().succeeded(batch, 2).rate(batch, 5));

      assertThat(job(batch).itemsPerSecond()).isEqualTo(25);
    }

    @Test
    void forgetsTheRateOfASessionThatSettlesNothingMore() {
      long batch = submit(4);
      TestSession session = session();
      session.claim(4);
      session.settle(SettlementDraft.of().succeeded(batch, 0).rate(batch, 10));
      pass(Duration.ofMinutes(1));

      assertThat(job(batch).itemsPerSecond()).isZero();
    }
  }

  // --- Given and seen ---

  /** A batch of one item that failed once and is parked. */
  private long park(Duration delay) {
    long batch = submit(1);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(1);
    session.settle(
        SettlementDraft.of()
            .failure(batch, 0, error(1, "first"))
            .parked(batch, 0, delay)
            .removed(chunk));
    return batch;
  }

  private BatchItem<String, String> item(long batch, int index) {
    return store.reading().item(header(batch), index).orElseThrow();
  }
}
