package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.store.ClaimedChunk;
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
