package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.List;
import java.util.function.Supplier;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.model.CancelMode;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Measured;
import org.batchengine.store.NewSettings;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.junit.jupiter.api.Test;

/** A batch is paused once the sum of one of its measures reaches its budget. */
abstract class BudgetContract extends SteeredContract {

  BudgetContract(Supplier<StoreUnderTest> opener) {
    super(opener);
  }

  private long withBudget(double most, int items) {
    return submit(NewBatches.any().measures("tokens,usd").budget(new Budget("usd", most)), items);
  }

  /** Its first item is measured at so much, and the others stay in their chunk. */
  private TestSession spend(long batch, String usd) {
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(1);
    session.settle(
        SettlementDraft.of().outcome(measured(batch, chunk.from(), 1, usd)).removed(chunk));
    return session;
  }

  private static Outcome measured(long batch, int index, int place, String value) {
    return new Outcome(batch, index, ItemState.SUCCEEDED, 1, null, 1, null, null, false)
        .measured(attempt(place, value));
  }

  private static Parking measuredInVain(long batch, int index) {
    return new Parking(batch, "annotate", 5, index, 1, 0, NOW, false).measured(attempt(1, "0.5"));
  }

  private static Measured.Attempt attempt(int place, String value) {
    return new Measured.Attempt(Measured.NONE, Measured.NONE.plus(place, new BigDecimal(value)));
  }

  private boolean pauseAtBudget(long batch) {
    return store.steering().pauseAtBudget(batch, "paris");
  }

  private void raise(long batch, double most) {
    store
        .steering()
        .change(
            steering(batch),
            new NewSettings(null, null, null, null, null, new Budget("usd", most), null));
  }

  @Test
  void isShown() {
    long batch = withBudget(50, 1);

    assertThat(job(batch).budget()).contains(new Budget("usd", 50));
    assertThat(header(batch).budget()).isEqualTo(new Budget("usd", 50));
    assertThat(job(submit(1)).budget()).isEmpty();
  }

  @Test
  void pausesNothingThatHasSomeLeft() {
    long batch = withBudget(0.3, 5);
    spend(batch, "0.299999999");

    assertThat(pauseAtBudget(batch)).isFalse();
    assertThat(store.sweeping().beyondBudget(10)).isEmpty();
    assertThat(pauseAtBudget(submit(1))).isFalse();
  }

  @Test
  void pausesOnceWhatHasUsedItUp() {
    long batch = withBudget(0.3, 5);
    spend(batch, "0.1");
    spend(batch, "0.1");
    spend(batch, "0.1");
    passMoment();
    assertThat(store.sweeping().beyondBudget(10)).containsExactly(batch);

    assertThat(pauseAtBudget(batch)).isTrue();
    assertThat(pauseAtBudget(batch)).isFalse();
    assertThat(state(batch)).isEqualTo(BatchState.PAUSED);
    assertThat(job(batch).stateReason()).contains("BUDGET");
    assertThat(store.sweeping().beyondBudget(10)).isEmpty();
    assertThat(under.events(batch))
        .last()
        .isEqualTo(new StoreUnderTest.Event("PAUSED", "paris", "BUDGET", now()));
    assertThat(session().claim(5)).isEqualTo(NOTHING);
  }

  @Test
  void countsAttemptsThatAreRepeated() {
    long batch = withBudget(1, 2);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(2);
    session.settle(
        SettlementDraft.of()
            .parked(measuredInVain(batch, 0))
            .parked(measuredInVain(batch, 1))
            .removed(chunk));

    assertThat(pauseAtBudget(batch)).isTrue();
  }

  @Test
  void isOfOneMeasureAlone() {
    long batch = withBudget(1, 2);
    TestSession session = session();
    ClaimedChunk chunk = session.claimChunk(1);
    session.settle(SettlementDraft.of().outcome(measured(batch, 0, 0, "10")).removed(chunk));

    assertThat(pauseAtBudget(batch)).isFalse();
  }

  @Test
  void isToBeRaisedBeforeTheBatchGoesOn() {
    long batch = withBudget(1, 3);
    spend(batch, "1.5");
    pauseAtBudget(batch);

    assertThatThrownBy(() -> resume(batch))
        .isInstanceOf(IllegalTransitionException.class)
        .hasMessageEndingWith(
            "is PAUSED: it has come to 1.5 of its budget of 1 usd: raise the budget with change,"
                + " then resume it");
    raise(batch, 1.4);
    assertThatThrownBy(() -> resume(batch)).isInstanceOf(IllegalTransitionException.class);
    raise(batch, 2);
    assertThat(state(batch)).isEqualTo(BatchState.PAUSED);
    assertThat(resume(batch)).isEqualTo(changed(batch, BatchState.PAUSED, BatchState.PENDING));
    spend(batch, "0.5");

    assertThat(pauseAtBudget(batch)).isTrue();
  }

  @Test
  void leavesWhatIsNotRunningAsItIs() {
    long batch = withBudget(1, 2);
    TestSession session = spend(batch, "1.5");
    store.steering().cancel(steering(batch), CancelMode.GRACEFUL);
    assertThat(pauseAtBudget(batch)).isFalse();
    store.sessions().release(session.id());
    end(batch);

    assertThat(pauseAtBudget(batch)).isFalse();
    assertThat(store.sweeping().beyondBudget(10)).isEmpty();
    assertThat(job(batch).budget()).contains(new Budget("usd", 1));
  }

  @Test
  void isAReasonThatNeedsAPerson() {
    long batch = withBudget(1, 3);
    assertThat(codes(batch)).containsExactly("NO_NODE");
    spend(batch, "1.25");
    pauseAtBudget(batch);

    Reason reason = store.reading().explain(header(batch)).get(0);
    assertThat(reason.code()).isEqualTo("BUDGET");
    assertThat(reason.items()).isEqualTo(2);
    assertThat(reason.needsPerson()).isTrue();
    assertThat(reason.text())
        .isEqualTo(
            "2 items wait until somebody raises the budget and resumes the batch, which has come to"
                + " 1.25 of its budget of 1 usd");
    raise(batch, 2);
    assertThat(codes(batch)).containsExactly("PAUSED");
  }

  private List<String> codes(long batch) {
    return store.reading().explain(header(batch)).stream().map(Reason::code).toList();
  }
}
