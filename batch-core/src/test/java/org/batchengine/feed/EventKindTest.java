package org.batchengine.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.batchengine.model.BatchState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EventKindTest {

  @ParameterizedTest
  @EnumSource
  void ofAnEndHasTheNameOfTheState(BatchState state) {
    if (state.isTerminal()) {
      assertThat(EventKind.ofEnd(state).name()).isEqualTo(state.name());
    } else {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> EventKind.ofEnd(state))
          .withMessageContaining(state.name());
    }
  }
}
