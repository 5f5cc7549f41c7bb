package org.batchengine.engine.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.batchengine.engine.limit.BreakerSimulation.Mutant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a breaker does while messages are lost, nodes die, clocks go back and a provider is down.
 */
class BreakerSimulationTest {
  private static final long FROM = Long.getLong("breaker.from", 1);
  private static final long SEEDS = Long.getLong("breaker.seeds", 100);

  private static void run(long seed, Mutant mutant) {
    try {
      new BreakerSimulation(seed, mutant).run();
    } catch (AssertionError e) {
      throw new AssertionError(
          "seed %d, replay it with -Dbreaker.from=%1$d -Dbreaker.seeds=1".formatted(seed), e);
    }
  }

  @Test
  @DisplayName("few calls fail, only those of a trial begin, and it heals, whatever happens")
  void holds() {
    LongStream.range(FROM, FROM + SEEDS).forEach(seed -> run(seed, Mutant.NONE));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  @DisplayName("a rule that is broken is noticed")
  void notices(Mutant mutant) {
    assertThat(LongStream.range(1, 101).anyMatch(seed -> isNoticed(seed, mutant))).isTrue();
  }

  private static boolean isNoticed(long seed, Mutant mutant) {
    try {
      new BreakerSimulation(seed, mutant).run();
      return false;
    } catch (AssertionError e) {
      return true;
    }
  }
}
