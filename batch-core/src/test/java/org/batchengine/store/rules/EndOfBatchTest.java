package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.model.BatchState.CANCELLED;
import static org.batchengine.model.BatchState.COMPLETED;
import static org.batchengine.model.BatchState.FAILED;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class EndOfBatchTest {

  @Test
  void isCompletedIfItWasNotStopped() {
    assertThat(EndOfBatch.of(null, null, Optional.empty()))
        .isEqualTo(new EndOfBatch(COMPLETED, null, null));
  }

  @Test
  void isFailedIfTooManyItemsFailedInTheEnd() {
    assertThat(EndOfBatch.of(null, null, Optional.of("3 failures")))
        .isEqualTo(new EndOfBatch(FAILED, "3 failures", "3 failures"));
  }

  @Test
  void isWhereItWasStoppedTo() {
    assertThat(EndOfBatch.of(CANCELLED, "wrong file", Optional.empty()))
        .isEqualTo(new EndOfBatch(CANCELLED, null, "wrong file"));
    assertThat(EndOfBatch.of(FAILED, "the deadline has passed", Optional.empty()))
        .isEqualTo(new EndOfBatch(FAILED, null, "the deadline has passed"));
  }

  @Test
  void isWhereItWasStoppedToWhateverFails() {
    assertThat(EndOfBatch.of(CANCELLED, null, Optional.of("3 failures")))
        .isEqualTo(new EndOfBatch(CANCELLED, null, null));
  }
}
