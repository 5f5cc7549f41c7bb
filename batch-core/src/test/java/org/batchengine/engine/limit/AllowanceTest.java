package org.batchengine.engine.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.batchengine.limit.Limit;
import org.batchengine.store.LimitAnswer;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.LimitName;
import org.batchengine.store.StoredLimit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** When a session asks. */
class AllowanceTest {
  private static final LimitName SEND = LimitName.ofType("send");
  private static final double EACH = 1e9;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static LimitAnswer nothing(Limit limit, int target, Duration nextIn) {
    return new LimitAnswer(limit, target, 0, 0, 1, 0, nextIn, nextIn, 0, 0, 0);
  }

  @Test
  @DisplayName("who was told to come back after a hold asks soon once it is released")
  void askAfterARelease() {
    Limit limit = Limit.none().rate(10, Duration.ofSeconds(1));
    Allowance allowance = new Allowance(SEND, limit);
    LimitAsk ask = allowance.ask(1, 1, 5, 8, EACH, Duration.ZERO, 0);
    allowance.answered(ask, nothing(limit, Integer.MAX_VALUE, Duration.ofHours(1)), 0);
    assertThat(allowance.untilAsk(5, 8, EACH, 0)).isGreaterThan(60 * SECOND);

    allowance.changed(new StoredLimit(SEND, limit, Duration.ZERO, 7));

    assertThat(allowance.untilAsk(5, 8, EACH, 0)).isLessThan(SECOND);
    assertThat(allowance.room(EACH, 0)).isPositive();
  }

  @Test
  @DisplayName("no more places are wanted than there are workers")
  void wantNoMoreThanWorkers() {
    Allowance allowance = new Allowance(SEND, Limit.none().running(100));

    assertThat(allowance.ask(1, 1, 1_000, 8, EACH, Duration.ZERO, 0).wanted()).isEqualTo(8);
  }

  @Test
  @DisplayName("that nothing is wanted any more is said again until it is heard")
  void sayAgainThatNothingIsWanted() {
    Limit limit = Limit.none().running(2);
    Allowance allowance = new Allowance(SEND, limit);
    LimitAsk ask = allowance.ask(1, 1, 1, 8, EACH, Duration.ZERO, 0);
    allowance.answered(ask, nothing(limit, 1, Duration.ofSeconds(1)), 0);
    LimitAsk last = allowance.ask(1, 2, 0, 8, EACH, Duration.ZERO, SECOND);
    assertThat(allowance.untilAsk(0, 8, EACH, SECOND)).isLessThan(SECOND);

    allowance.answered(last, nothing(limit, 0, Duration.ofSeconds(1)), SECOND);

    assertThat(allowance.untilAsk(0, 8, EACH, SECOND)).isEqualTo(Long.MAX_VALUE);
  }
}
