package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.Measure;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Measured;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** What became of items is kept as it was given: outcomes, errors and retries. */
abstract class SettleItemsContract extends StoreContract {

  SettleItemsContract(Supplier<StoreUnderTest> opener) {
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
    void keepHowManyAttemptsUseUpNoRetry() {
      long batch = submit(1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      session.settle(
          SettlementDraft.of()
              .parked(new Parking(batch, "annotate", 5, 0, 4, 3, Duration.ZERO, false))
              .removed(chunk));
      assertThat(session.claimRetry().budgetFrom()).isEqualTo(3);

      session.settle(
          SettlementDraft.of()
              .parked(new Parking(batch, "annotate", 5, 0, 6, 4, Duration.ZERO, true)));

      assertThat(session.claimRetry())
          .isEqualTo(new ClaimedItem(batch, "annotate", 0, 6, 4, false));
    }

    /** Attempts that failed count, and what runs again keeps what it was measured at. */
    @Test
    void areSummedUpWithWhatWasMeasured() {
      long batch = submit(NewBatches.any().measures("usd"), 1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      Measured usd = Measured.NONE.plus(0, new BigDecimal("0.100000000"));
      session.settle(
          SettlementDraft.of()
              .parked(
                  new Parking(batch, "annotate", 5, 0, 1, 0, Duration.ZERO, false)
                      .measured(new Measured.Attempt(Measured.NONE, usd)))
              .removed(chunk));
      assertThat(job(batch).measures())
          .containsExactly(Map.entry("usd", new Measure(new BigDecimal("0.1"), 1)));

      assertThat(item(batch, 0).measures()).containsOnly(Map.entry("usd", new BigDecimal("0.1")));

      ClaimedItem again = session.claimRetry();
      assertThat(again.measured()).isEqualTo(usd);
      session.settle(
          SettlementDraft.of()
              .parked(
                  new Parking(batch, "annotate", 5, 0, 2, 0, Duration.ZERO, true)
                      .measured(new Measured.Attempt(usd, usd))));
      Measured twice = session.claimRetry().measured();
      session.settle(
          SettlementDraft.of()
              .outcome(
                  new Outcome(batch, 0, ItemState.SUCCEEDED, 3, null, 1, 0.5, null, true)
                      .measured(new Measured.Attempt(twice, usd))));

      Map<String, Measure> expected =
          Map.of(
              "usd", new Measure(new BigDecimal("0.3"), 1),
              "quality", new Measure(new BigDecimal("0.5"), 1));
      assertThat(job(batch).measures()).isEqualTo(expected);
      assertThat(item(batch, 0).measures()).containsOnly(Map.entry("usd", new BigDecimal("0.3")));
      completeIfDone(batch);
      assertThat(job(batch).measures()).isEqualTo(expected);
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
  class Payloads {
    @Test
    @DisplayName("FAULT-B1 outputs, reasons and errors come back as they were given")
    void comeBackExactly() {
      List<String> texts = AwkwardTexts.awkward().toList();
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
}
