package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.batchengine.model.BatchState.CANCELLED;
import static org.batchengine.model.BatchState.COMPLETED;
import static org.batchengine.model.BatchState.PAUSED;
import static org.batchengine.model.BatchState.RUNNING;
import static org.batchengine.model.BatchState.STOPPING;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StateChangeTest {
  private static final BatchId ID = BatchId.of("0190163d-8694-739b-aea5-966c26f8ad91");

  private static StateChange change(boolean changed, BatchState before, BatchState after) {
    return new StateChange(ID, changed, before, after, 0);
  }

  @Test
  void isGivenBackByOrThrowWhenSomethingChanged() {
    StateChange change = change(true, RUNNING, STOPPING);

    assertThat(change.orThrow()).isSameAs(change);
  }

  @Test
  void isGivenBackByOrThrowWhenOnlyItemsChanged() {
    StateChange change = new StateChange(ID, true, RUNNING, RUNNING, 3);

    assertThat(change.orThrow().items()).isEqualTo(3);
  }

  @Test
  void throwsWithBothStatesWhenNothingChanged() {
    assertThatExceptionOfType(IllegalTransitionException.class)
        .isThrownBy(() -> change(false, STOPPING, CANCELLED).orThrow())
        .withMessage(
            "batch %s is CANCELLED: the call changed nothing; the batch was STOPPING before and can"
                + " now become only RUNNING",
            ID)
        .satisfies(
            thrown -> {
              assertThat(thrown.batchId()).isEqualTo(ID);
              assertThat(thrown.state()).isEqualTo(CANCELLED);
            });
  }

  @ParameterizedTest
  @EnumSource
  void throwsInEveryStateWhenNothingChanged(BatchState state) {
    assertThatExceptionOfType(IllegalTransitionException.class)
        .isThrownBy(() -> change(false, state, state).orThrow())
        .withMessageContaining("is " + state + ":")
        .withMessageContaining("was " + state + " before");
  }

  @Test
  void refusesANegativeNumberOfItems() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new StateChange(ID, true, COMPLETED, RUNNING, -1))
        .withMessage("items -1 is out of range: at least 0");
  }

  @Test
  void refusesItemsThatRunAgainThoughNothingChanged() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new StateChange(ID, false, PAUSED, PAUSED, 2))
        .withMessage("items 2 must be 0 if nothing was changed");
  }

  @Test
  void refusesNull() {
    assertThatNullPointerException()
        .isThrownBy(() -> new StateChange(null, true, RUNNING, STOPPING, 0))
        .withMessage("batchId");
    assertThatNullPointerException()
        .isThrownBy(() -> change(true, null, STOPPING))
        .withMessage("before");
    assertThatNullPointerException()
        .isThrownBy(() -> change(true, RUNNING, null))
        .withMessage("after");
  }
}
