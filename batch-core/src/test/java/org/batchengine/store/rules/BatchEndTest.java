package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.model.BatchState.CANCELLED;
import static org.batchengine.model.BatchState.COMPLETED;
import static org.batchengine.model.BatchState.FAILED;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class BatchEndTest {

  @Test
  void isCompletedIfItWasNotStopped() {
    assertThat(BatchEnd.of(null, null, Optional.empty()))
        .isEqualTo(new BatchEnd(COMPLETED, null, null));
  }

  @Test
  void isFailedIfTooManyItemsFailedInTheEnd() {
    assertThat(BatchEnd.of(null, null, Optional.of("3 failures")))
        .isEqualTo(new BatchEnd(FAILED, "3 failures", "3 failures"));
  }

  @Test
  void isWhereItWasStoppedTo() {
    assertThat(BatchEnd.of(CANCELLED, "wrong file", Optional.empty()))
        .isEqualTo(new BatchEnd(CANCELLED, null, "wrong file"));
    assertThat(BatchEnd.of(FAILED, "the deadline has passed", Optional.empty()))
        .isEqualTo(new BatchEnd(FAILED, null, "the deadline has passed"));
  }

  @Test
  void isWhereItWasStoppedToWhateverFails() {
    assertThat(BatchEnd.of(CANCELLED, null, Optional.of("3 failures")))
        .isEqualTo(new BatchEnd(CANCELLED, null, null));
  }
}
