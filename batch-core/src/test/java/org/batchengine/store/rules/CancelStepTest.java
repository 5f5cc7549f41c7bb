package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.model.CancelMode.FORCED;
import static org.batchengine.model.CancelMode.GRACEFUL;

import org.batchengine.model.BatchState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CancelStepTest {

  @ParameterizedTest
  @CsvSource({
    // graceful; forced; forced again
    "SUBMITTING, NOTHING, NOTHING, NOTHING",
    "PENDING,    STOP,    STOP,    STOP",
    "RUNNING,    STOP,    STOP,    STOP",
    "PAUSED,     STOP,    STOP,    STOP",
    "STOPPING,   NOTHING, FORCE,   NOTHING",
    "COMPLETED,  NOTHING, NOTHING, NOTHING",
    "FAILED,     NOTHING, NOTHING, NOTHING",
    "CANCELLED,  NOTHING, NOTHING, NOTHING",
  })
  void is(BatchState state, CancelStep graceful, CancelStep forced, CancelStep forcedAgain) {
    assertThat(CancelStep.of(state, false, GRACEFUL)).isEqualTo(graceful);
    assertThat(CancelStep.of(state, true, GRACEFUL)).isEqualTo(graceful);
    assertThat(CancelStep.of(state, false, FORCED)).isEqualTo(forced);
    assertThat(CancelStep.of(state, true, FORCED)).isEqualTo(forcedAgain);
  }
}
