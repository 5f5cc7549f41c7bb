package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.batchengine.store.rules.LimitSimulation.Mutant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What nodes begin under a limit while messages are lost, nodes die and clocks go back. */
class LimitSimulationTest {
  private static final long FROM = Long.getLong("limits.from", 1);
  private static final long SEEDS = Long.getLong("limits.seeds", 200);

  private static void run(long seed, Mutant mutant) {
    try {
      new LimitSimulation(seed, mutant).run();
    } catch (AssertionError e) {
      throw new AssertionError(
          "seed %d, replay it with -Dlimits.from=%1$d -Dlimits.seeds=1".formatted(seed), e);
    }
  }

  @Test
  @DisplayName("no limit is exceeded, and what it allows is used, whatever happens to the nodes")
  void holds() {
    LongStream.range(FROM, FROM + SEEDS).forEach(seed -> run(seed, Mutant.NONE));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  @DisplayName("a rule that is broken is noticed")
  void notices(Mutant mutant) {
    LongStream seeds = LongStream.range(mutant.noticedFrom, mutant.noticedFrom + 100);
    assertThat(seeds.anyMatch(seed -> isNoticed(seed, mutant))).isTrue();
  }

  private static boolean isNoticed(long seed, Mutant mutant) {
    try {
      new LimitSimulation(seed, mutant).run();
      return false;
    } catch (AssertionError e) {
      return true;
    }
  }
}
