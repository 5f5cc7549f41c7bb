package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GiveUpReasonTest {
  private static final Tolerance ONE = new Tolerance(1L, null, 10);

  @Test
  void isTheDeadlineBeforeAnyFailureIsCounted() {
    var reason =
        GiveUpReason.of(
            true,
            ONE,
            () -> {
              throw new AssertionError("counted");
            });

    assertThat(reason).contains("the deadline has passed");
  }

  @Test
  void isElseThatTooManyItemsFailed() {
    assertThat(GiveUpReason.of(false, ONE, () -> 2))
        .contains("2 failures are more than the 1 that are tolerated");
  }

  @Test
  void isNoneIfSoManyAreTolerated() {
    assertThat(GiveUpReason.of(false, ONE, () -> 1)).isEmpty();
  }
}
