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
        .contains("too many failures: 2; the limit is 1");
  }

  @Test
  void isNoneIfSoManyAreTolerated() {
    assertThat(GiveUpReason.of(false, ONE, () -> 1)).isEmpty();
  }
}
