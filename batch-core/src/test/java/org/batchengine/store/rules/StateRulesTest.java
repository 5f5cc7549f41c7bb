package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.IllegalTransitionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StateRulesTest {
  private static final BatchId ID = BatchId.of(new UUID(0, 1));

  @ParameterizedTest
  @CsvSource({
    // may run, can stop, can end, can reopen, is hidden at once
    "SUBMITTING, false, false, false, false, true",
    "PENDING,    true,  true,  true,  true,  false",
    "RUNNING,    true,  true,  true,  true,  false",
    "PAUSED,     false, true,  true,  true,  false",
    "STOPPING,   false, false, true,  false, false",
    "COMPLETED,  false, false, false, true,  true",
    "FAILED,     false, false, false, true,  true",
    "CANCELLED,  false, false, false, true,  true",
  })
  void sayWhatCanBeDone(
      BatchState state,
      boolean mayRun,
      boolean canStop,
      boolean canEnd,
      boolean canReopen,
      boolean isHiddenAtOnce) {
    assertThat(StateRules.mayRun(state)).isEqualTo(mayRun);
    assertThat(StateRules.canStop(state)).isEqualTo(canStop);
    assertThat(StateRules.canEnd(state)).isEqualTo(canEnd);
    assertThat(StateRules.canReopen(state)).isEqualTo(canReopen);
    assertThat(StateRules.isHiddenAtOnce(state)).isEqualTo(isHiddenAtOnce);
  }

  /** What the rules let happen is a step of the table of transitions. */
  @ParameterizedTest
  @EnumSource
  void keepToTheTransitions(BatchState state) {
    if (StateRules.mayRun(state)) {
      assertThat(state.canBecome(BatchState.PAUSED)).isTrue();
    }
    if (StateRules.canStop(state)) {
      assertThat(state.canBecome(BatchState.STOPPING)).isTrue();
    }
    if (StateRules.canEnd(state)) {
      assertThat(state.canBecome(BatchState.COMPLETED)).isTrue();
    }
    if (StateRules.canReopen(state)) {
      BatchState next = StateRules.reopened(state);
      assertThat(next == state || state.canBecome(next)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PENDING, false, true",
    "PENDING, true,  true",
    "PAUSED,  false, true",
    "PAUSED,  true,  false",
  })
  void letABatchStartThatIsNotKnownToHaveBegun(
      BatchState state, boolean isStarted, boolean canStart) {
    assertThat(StateRules.canStart(state, isStarted)).isEqualTo(canStart);
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"PENDING", "PAUSED"})
  void letNoOtherBatchStart(BatchState state) {
    assertThat(StateRules.canStart(state, false)).isFalse();
    assertThat(StateRules.canStart(state, true)).isFalse();
  }

  @Test
  void nameTheStateThatFollows() {
    assertThat(StateRules.submitted(0, false)).isEqualTo(BatchState.COMPLETED);
    assertThat(StateRules.submitted(1, false)).isEqualTo(BatchState.PENDING);
    assertThat(StateRules.resumed(false)).isEqualTo(BatchState.PENDING);
    assertThat(StateRules.resumed(true)).isEqualTo(BatchState.RUNNING);
    assertThat(StateRules.reopened(BatchState.CANCELLED)).isEqualTo(BatchState.RUNNING);
    assertThat(StateRules.reopened(BatchState.PAUSED)).isEqualTo(BatchState.PAUSED);
  }

  @ParameterizedTest
  @EnumSource
  void letOnlyEndedBatchesBeDeleted(BatchState state) {
    if (state.isTerminal()) {
      StateRules.requireEnded(ID, state);
    } else {
      assertThatThrownBy(() -> StateRules.requireEnded(ID, state))
          .isInstanceOf(IllegalTransitionException.class)
          .hasMessageContaining("cancel it first");
    }
  }

  @Test
  void answerWithBothStates() {
    var changed = StateRules.changed(ID, BatchState.RUNNING, BatchState.PAUSED);
    var unchanged = StateRules.unchanged(ID, BatchState.PAUSED);

    assertThat(changed.changed()).isTrue();
    assertThat(changed.before()).isEqualTo(BatchState.RUNNING);
    assertThat(changed.after()).isEqualTo(BatchState.PAUSED);
    assertThat(unchanged.changed()).isFalse();
    assertThat(unchanged.before()).isEqualTo(BatchState.PAUSED);
    assertThat(unchanged.after()).isEqualTo(BatchState.PAUSED);
  }
}
