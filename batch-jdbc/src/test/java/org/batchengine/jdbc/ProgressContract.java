package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Steering;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A batch tells how far it is, and how fast it gets on. */
abstract class ProgressContract extends StoreContract {

  ProgressContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  @Nested
  class Sums {
    private Outcome outcome(long batch, int index, ItemState state, int attempts, long micros) {
      return new Outcome(batch, index, state, attempts, null, micros, null, null, false);
    }

    private void hasSums(long batch, long micros, long retries) {
      assertThat(job(batch).itemTime()).isEqualTo(Duration.of(micros, ChronoUnit.MICROS));
      assertThat(job(batch).retries()).isEqualTo(retries);
    }

    @Test
    @DisplayName("REQ-M8 REQ-B4 item time and retries are summed up while it runs, and stay")
    void growWithEachSettleAndStay() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      session.settle(
          SettlementDraft.of()
              .outcome(outcome(batch, 0, ItemState.SUCCEEDED, 3, 1_500))
              .outcome(outcome(batch, 1, ItemState.CANCELLED, 9, 9_000)));
      hasSums(batch, 1_500, 2);
      session.settle(
          SettlementDraft.of()
              .outcome(outcome(batch, 2, ItemState.FAILED, 2, 500))
              .failure(batch, 2, error(2, "no"))
              .outcome(outcome(batch, 3, ItemState.SKIPPED, 1, 1_000))
              .removed(chunk));
      hasSums(batch, 3_000, 3);
      completeIfDone(batch);

      hasSums(batch, 3_000, 3);
      assertThat(job(batch).meanItemTime()).contains(Duration.ofMillis(1));
      assertThat(job(batch).itemsPerMinuteOfOneLane()).contains(60_000.0);
    }

    @Test
    @DisplayName("REQ-M7 what runs again takes its time and its retries out of the sums")
    void loseWhatRunsAgain() {
      long batch = submit(3);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      session.settle(
          SettlementDraft.of()
              .outcome(outcome(batch, 0, ItemState.FAILED, 2, 500))
              .failure(batch, 0, error(2, "no"))
              .outcome(outcome(batch, 1, ItemState.SUCCEEDED, 1, 1_000)));
      retryFailed(batch);
      hasSums(batch, 1_000, 0);
      session.settle(
          SettlementDraft.of()
              .outcome(outcome(batch, 2, ItemState.FAILED, 4, 700))
              .failure(batch, 2, error(4, "no"))
              .removed(chunk));
      session.settle(SettlementDraft.of().outcome(session.claimRetry(), ItemState.SUCCEEDED));
      hasSums(batch, 2_700, 5);
      completeIfDone(batch);
      retryFailed(batch);

      hasSums(batch, 2_000, 2);
      session.settle(SettlementDraft.of().outcome(session.claimRetry(), ItemState.SUCCEEDED));
      completeIfDone(batch);
      hasSums(batch, 3_000, 6);
    }

    private void retryFailed(long batch) {
      assertThat(
              store
                  .steering()
                  .retryFailed(
                      new Steering(header(batch).id(), null, NewBatches.by("node"), "again"),
                      FailedItems.all())
                  .orElseThrow()
                  .items())
          .isEqualTo(1);
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

    @Test
    void letsTheRateOfASessionFadeUntilItSettlesAgain() {
      long batch = submit(4);
      TestSession session = session();
      session.claim(4);
      session.settle(SettlementDraft.of().succeeded(batch, 0).rate(batch, 10));
      pass(Duration.ofSeconds(5));
      assertThat(job(batch).itemsPerSecond()).isCloseTo(10 * Math.exp(-0.5), within(1e-6));

      session.settle(SettlementDraft.of().succeeded(batch, 1).rate(batch, 8));
      assertThat(job(batch).itemsPerSecond()).isEqualTo(8);
    }

    @Test
    @DisplayName("REQ-D7 the rate stops when work stops: all that is left waits for a retry")
    void hasNoRateWhileAllThatIsLeftWaitsForARetry() {
      long batch = submit(3);
      store.claiming().markRunning(List.of(batch));
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(3);
      session.settle(SettlementDraft.of().succeeded(batch, 0).rate(batch, 10));
      assertThat(job(batch).itemsPerSecond()).isEqualTo(10);

      session.settle(
          SettlementDraft.of()
              .parked(batch, 1, Duration.ofMinutes(30))
              .parked(batch, 2, Duration.ofMinutes(10))
              .removed(chunk));
      assertThat(job(batch).itemsPerSecond()).isZero();
      assertThat(job(batch).eta()).contains(Duration.ofMinutes(30));
    }

    @Test
    @DisplayName("REQ-D7 the rate stops when work stops: the batch is paused")
    void hasNoRateWhileItIsPausedAndNothingRuns() {
      long batch = submit(4);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(4);
      session.settle(SettlementDraft.of().succeeded(batch, 0).rate(batch, 10));
      store
          .steering()
          .pause(new Steering(header(batch).id(), null, NewBatches.by("node"), "lunch"));
      assertThat(job(batch).itemsPerSecond()).isEqualTo(10);

      session.settle(SettlementDraft.of().returned(chunk));
      assertThat(job(batch).itemsPerSecond()).isZero();
    }

    @Test
    @DisplayName("REQ-D7 the time left covers items that wait for a retry")
    void hasNoEndBeforeTheLastRetryIsDue() {
      long batch = submit(4);
      store.claiming().markRunning(List.of(batch));
      TestSession session = session();
      session.claim(4);
      session.settle(
          SettlementDraft.of()
              .succeeded(batch, 0)
              .parked(batch, 1, Duration.ofMinutes(30))
              .rate(batch, 10));

      assertThat(job(batch).retriesDueAt()).contains(now().plus(Duration.ofMinutes(30)));
      assertThat(job(batch).eta()).contains(Duration.ofMinutes(30));
    }
  }
}
