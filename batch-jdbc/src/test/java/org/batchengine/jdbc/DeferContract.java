package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;
import org.batchengine.model.SettleResult;
import org.batchengine.store.Actor;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.Measured;
import org.batchengine.store.NewItem;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.Steering;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Items that are handed out, and settled from outside. */
@DisplayName("REQ-M5 settled from outside")
abstract class DeferContract extends StoreContract {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final List<String> TYPES = List.of("annotate");

  DeferContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  /** A batch of so many items, all of them deferred for an hour. */
  private long deferred(int items) {
    return deferred(NewBatches.any(), items);
  }

  private long deferred(NewBatches of, int items) {
    long batch = submit(of, items);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(items);
    SettlementDraft draft = SettlementDraft.of().removed(chunk);
    indexes(chunk).forEach(index -> draft.deferred(batch, index, HOUR));
    session.settle(draft);
    store.sessions().release(session.id());
    store.claiming().markRunning(List.of(batch));
    return batch;
  }

  private SettleResult succeed(TestSession session, long batch, int index, int attempt) {
    return settle(session, batch, Map.of(index, attempt), DeferContract::succeeded).get(index);
  }

  private Map<Integer, SettleResult> settle(
      TestSession session,
      long batch,
      Map<Integer, Integer> attempts,
      Function<ClaimedItem, Outcome> outcome) {
    return store
        .settling()
        .settleDeferred(
            session.id(),
            batch,
            attempts,
            items ->
                Settlement.ofAnswers(
                    session.id(), items.stream().map(outcome).toList(), List.of(), List.of()));
  }

  private static Outcome succeeded(ClaimedItem item) {
    return new Outcome(
        item.batch(),
        item.index(),
        ItemState.SUCCEEDED,
        item.attempts(),
        "from outside",
        5,
        0.5,
        null,
        true,
        new Measured.Attempt(item.measured(), Measured.NONE));
  }

  /** The attempt has failed, and another follows at once. */
  private SettleResult fail(TestSession session, long batch, int index) {
    return store
        .settling()
        .settleDeferred(
            session.id(),
            batch,
            Map.of(index, 0),
            items -> {
              ClaimedItem item = items.get(0);
              return Settlement.ofAnswers(
                  session.id(),
                  List.of(),
                  List.of(new Failure(batch, index, error(item.attempts(), "no"))),
                  List.of(
                      new Parking(
                          batch,
                          "annotate",
                          5,
                          index,
                          item.attempts(),
                          item.budgetFrom(),
                          NOW,
                          true)));
            })
        .get(index);
  }

  private Claim overdue(TestSession session) {
    return store.claiming().claimOverdue(session.id(), TYPES);
  }

  @Nested
  class AnItemThatIsDeferred {
    @Test
    void waitsForNobody() {
      long batch = deferred(2);
      TestSession session = session();

      assertThat(job(batch).counts().deferred()).isEqualTo(2);
      assertThat(item(batch, 1).state()).isEqualTo(ItemState.DEFERRED);
      assertThat(item(batch, 1).attempts()).isEqualTo(1);
      assertThat(session.claim(2)).isEqualTo(NOTHING);
      assertThat(session.claimSuspect()).isEqualTo(NOTHING);
      assertThat(overdue(session)).isEqualTo(NOTHING);
      assertThat(completeIfDone(batch)).isEmpty();
    }

    @Test
    void isExplainedWithItsBound() {
      long batch = deferred(2);

      assertThat(store.reading().explain(header(batch)))
          .extracting(Reason::code, Reason::items, reason -> reason.until().orElseThrow())
          .containsExactly(tuple("DEFERRED", 2L, now().plus(HOUR)));
    }

    @Test
    void mayHaveBeenARetryBefore() {
      long batch = park(1);
      TestSession session = session();
      ClaimedItem retry = session.claimRetry();
      session.settle(
          SettlementDraft.of()
              .parked(
                  new Parking(
                      batch, "annotate", 5, 0, 2, 0, HOUR, true, true, Measured.Attempt.NONE)));

      assertThat(retry.overdue()).isFalse();
      assertThat(item(batch, 0).state()).isEqualTo(ItemState.DEFERRED);
      assertThat(succeed(session, batch, 0, 2)).isEqualTo(SettleResult.SETTLED);
    }

    @Test
    void keepsWhatItWasMeasuredAt() {
      long batch = submit(NewBatches.any().measures("usd"), 1);
      TestSession session = session();
      ClaimedChunk chunk = session.claimChunk(1);
      Measured.Attempt at =
          new Measured.Attempt(Measured.NONE, Measured.NONE.plus(0, new BigDecimal("0.25")));
      session.settle(
          SettlementDraft.of()
              .parked(new Parking(batch, "annotate", 5, 0, 1, 0, HOUR, true, false, at))
              .removed(chunk));
      succeed(session, batch, 0, 1);

      assertThat(item(batch, 0).measures()).containsEntry("usd", new BigDecimal("0.25"));
    }

    @Test
    void runsInItsTurnInASequentialBatch() {
      long batch = submit(NewBatches.any().sequential(), 2);
      TestSession session = session();
      ClaimedChunk first = store.claiming().claimSequential(session.id(), TYPES).chunks().get(0);
      session.settle(SettlementDraft.of().deferred(batch, 0, HOUR).removed(first));

      assertThat(store.claiming().claimSequential(session.id(), TYPES).isEmpty()).isTrue();
      assertThat(overdue(session)).isEqualTo(NOTHING);
      pass(HOUR);
      assertThat(overdue(session)).isEqualTo(NOTHING);
      Claim claim = store.claiming().claimSequential(session.id(), TYPES);

      assertThat(claim.parked()).hasSize(1);
      assertThat(claim.parked().get(0).overdue()).isTrue();
      session.settle(SettlementDraft.of().returned(claim.parked().get(0)));
      assertThat(succeed(session, batch, 0, 0)).isEqualTo(SettleResult.SETTLED);
      assertThat(store.claiming().claimSequential(session.id(), TYPES).chunks()).hasSize(1);
    }
  }

  @Nested
  class AnAnswer {
    @Test
    @DisplayName("REQ-M5 ends the item, once, with what it says")
    void counts() {
      long batch = deferred(1);
      TestSession session = session();

      assertThat(succeed(session, batch, 0, 0)).isEqualTo(SettleResult.SETTLED);
      assertThat(item(batch, 0).output()).contains("from outside");
      assertThat(item(batch, 0).attempts()).isEqualTo(1);
      assertThat(item(batch, 0).quality()).contains(0.5);
      assertThat(job(batch).counts().succeeded()).isEqualTo(1);
      assertThat(succeed(session, batch, 0, 0)).isEqualTo(SettleResult.ALREADY_SETTLED);
      assertThat(succeed(session, batch, 0, 1)).isEqualTo(SettleResult.ALREADY_SETTLED);
      assertThat(completeIfDone(batch).orElseThrow().state()).isEqualTo(BatchState.COMPLETED);
    }

    @Test
    void isForItsAttemptOnly() {
      long batch = deferred(1);
      TestSession session = session();
      fail(session, batch, 0);
      assertThat(succeed(session, batch, 0, 1)).isEqualTo(SettleResult.OUTDATED);
      ClaimedItem retry = session.claimRetry();
      assertThat(succeed(session, batch, 0, 1)).isEqualTo(SettleResult.OUTDATED);
      assertThat(succeed(session, batch, 0, 2)).isEqualTo(SettleResult.NOT_YET);
      session.settle(
          SettlementDraft.of()
              .parked(
                  new Parking(
                      batch,
                      "annotate",
                      5,
                      0,
                      retry.attempts() + 1,
                      0,
                      HOUR,
                      true,
                      true,
                      Measured.Attempt.NONE)));

      assertThat(succeed(session, batch, 0, 1)).isEqualTo(SettleResult.OUTDATED);
      assertThat(succeed(session, batch, 0, 3)).isEqualTo(SettleResult.NOT_YET);
      assertThat(item(batch, 0).state()).isEqualTo(ItemState.DEFERRED);
      assertThat(succeed(session, batch, 0, 2)).isEqualTo(SettleResult.SETTLED);
    }

    @Test
    void comesTooSoon() {
      long batch = submit(2);
      TestSession session = session();

      assertThat(succeed(session, batch, 0, 0)).isEqualTo(SettleResult.NOT_YET);
      session.claimChunk(2);
      assertThat(succeed(session, batch, 1, 1)).isEqualTo(SettleResult.NOT_YET);
    }

    @Test
    void ofAFailureMakesARetry() {
      long batch = deferred(1);
      TestSession session = session();

      assertThat(fail(session, batch, 0)).isEqualTo(SettleResult.SETTLED);
      assertThat(item(batch, 0).state()).isEqualTo(ItemState.RETRYING);
      assertThat(store.reading().errors(header(batch), 0)).hasSize(1);
      assertThat(session.claimRetry())
          .isEqualTo(new ClaimedItem(batch, "annotate", 0, 1, 0, false));
    }

    @Test
    void isGivenForManyItems() {
      long batch = deferred(10);
      TestSession session = session();
      succeed(session, batch, 3, 0);
      Map<Integer, Integer> all = new HashMap<>();
      IntStream.range(0, 10).forEach(index -> all.put(index, 0));

      assertThat(settle(session, batch, all, DeferContract::succeeded))
          .containsEntry(3, SettleResult.ALREADY_SETTLED)
          .containsEntry(4, SettleResult.SETTLED)
          .hasSize(10);
      assertThat(job(batch).counts().succeeded()).isEqualTo(10);
      assertThat(completeIfDone(batch)).isPresent();
    }

    @Test
    void isTakenByAPausedBatch() {
      long batch = deferred(2);
      pause(batch);

      assertThat(succeed(session(), batch, 0, 0)).isEqualTo(SettleResult.SETTLED);
      assertThat(job(batch).counts().deferred()).isEqualTo(1);
    }

    @Test
    void comesTooLateForACancel() {
      long batch = deferred(2);
      TestSession session = session();
      Steering steering =
          new Steering(header(batch).id(), null, new Actor(null, "node"), "as a test has it");
      store.steering().cancel(steering, CancelMode.GRACEFUL);
      assertThat(succeed(session, batch, 0, 0)).isEqualTo(SettleResult.SETTLED);
      store.sweeping().cancelUnowned(batch, 10);

      assertThat(succeed(session, batch, 1, 0)).isEqualTo(SettleResult.ALREADY_SETTLED);
      assertThat(completeIfDone(batch).orElseThrow().counts().cancelled()).isEqualTo(1);
    }

    @Test
    @DisplayName("REQ-M5 of answers at once, one counts")
    void countsOnceOfTwoAtOnce() {
      long batch = deferred(20);
      TestSession one = session();
      TestSession two = session();

      List<SettleResult> results =
          Concurrently.call(() -> succeedAll(one, batch), () -> succeedAll(two, batch)).stream()
              .flatMap(List::stream)
              .toList();

      assertThat(results).filteredOn(SettleResult.SETTLED::equals).hasSize(20);
      assertThat(results).doesNotContain(SettleResult.OUTDATED);
      assertThat(job(batch).counts().succeeded()).isEqualTo(20);
    }

    private List<SettleResult> succeedAll(TestSession session, long batch) {
      List<SettleResult> results = new ArrayList<>();
      IntStream.range(0, 20).forEach(i -> results.add(succeed(session, batch, i, 0)));
      return results;
    }

    @Test
    void isRefusedForASessionThatIsGone() {
      long batch = deferred(1);
      TestSession session = session();
      store.sessions().release(session.id());

      assertThatThrownBy(() -> succeed(session, batch, 0, 0)).isInstanceOf(FencedException.class);
      assertThat(item(batch, 0).state()).isEqualTo(ItemState.DEFERRED);
    }

    @Test
    void leavesNothingIfTheEngineFails() {
      long batch = deferred(1);
      TestSession session = session();

      assertThatThrownBy(
              () ->
                  settle(
                      session,
                      batch,
                      Map.of(0, 0),
                      item -> {
                        throw new IllegalStateException("in the middle");
                      }))
          .isInstanceOf(IllegalStateException.class);
      assertThat(succeed(session, batch, 0, 0)).isEqualTo(SettleResult.SETTLED);
    }

    @Test
    void findsItemsByTheirKeys() {
      long batch =
          submit(NewBatches.any().build(), List.of(new NewItem("a", "1"), new NewItem("B", "2")));

      assertThat(store.settling().indexes(batch, List.of("B", "none", "a")))
          .isEqualTo(Map.of("a", 0, "B", 1));
      assertThat(store.settling().indexes(batch, List.of())).isEmpty();
    }
  }

  @Nested
  class AnItemWhoseBoundHasPassed {
    @Test
    void isClaimedAndNotToBeCalled() {
      long batch = deferred(2);
      TestSession session = session();
      pass(HOUR);
      assertThat(session.claim(2)).isEqualTo(NOTHING);
      assertThat(session.claimSuspect()).isEqualTo(NOTHING);
      assertThat(store.claiming().claimOverdue(session.id(), List.of("another")))
          .isEqualTo(NOTHING);

      Claim claim = overdue(session);

      assertThat(claim.parked())
          .containsExactlyInAnyOrder(
              new ClaimedItem(batch, "annotate", 0, 1, 0, false, true, Measured.NONE, 0),
              new ClaimedItem(batch, "annotate", 1, 1, 0, false, true, Measured.NONE, 0));
      assertThat(claim.more()).isFalse();
      assertThat(store.claiming().owned(session.id()).parked()).allMatch(ClaimedItem::overdue);
      assertThat(overdue(session())).isEqualTo(NOTHING);
      assertThat(succeed(session, batch, 0, 0)).isEqualTo(SettleResult.NOT_YET);
    }

    @Test
    void isARetryOnceItIsParkedAgain() {
      long batch = deferred(1);
      TestSession session = session();
      pass(HOUR);
      overdue(session);
      session.settle(
          SettlementDraft.of()
              .failure(batch, 0, error(1, "too late"))
              .parked(new Parking(batch, "annotate", 5, 0, 1, 0, NOW, true)));

      assertThat(succeed(session, batch, 0, 1)).isEqualTo(SettleResult.OUTDATED);
      assertThat(session.claimRetry())
          .isEqualTo(new ClaimedItem(batch, "annotate", 0, 1, 0, false));
    }

    @Test
    void canStillBeSettledUntilItIsClaimed() {
      long batch = deferred(1);
      pass(LATER);

      assertThat(succeed(session(), batch, 0, 1)).isEqualTo(SettleResult.SETTLED);
    }

    @Test
    void isNoSuspectHoweverOftenItIsLost() {
      long batch = deferred(1);
      pass(HOUR);
      for (int i = 0; i < 4; i++) {
        TestSession session = session();
        assertThat(overdue(session).parked()).hasSize(1);
        kill(session);
      }

      assertThat(item(batch, 0).state()).isEqualTo(ItemState.DEFERRED);
      assertThat(succeed(session(), batch, 0, 0)).isEqualTo(SettleResult.SETTLED);
    }

    @Test
    void waitsWhileItsBatchIsPaused() {
      long batch = deferred(1);
      pause(batch);
      pass(HOUR);

      assertThat(overdue(session())).isEqualTo(NOTHING);
      assertThat(job(batch).counts().deferred()).isEqualTo(1);
    }

    @Test
    void isRefusedToASessionThatIsGone() {
      TestSession session = session();
      store.sessions().release(session.id());

      assertThatThrownBy(() -> overdue(session)).isInstanceOf(FencedException.class);
    }
  }

  private void pause(long batch) {
    store
        .steering()
        .pause(new Steering(header(batch).id(), null, new Actor(null, "node"), "as a test has it"));
  }
}
