package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.stream.LongStream;
import org.batchengine.SimulatedMemory;
import org.batchengine.Simulation;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Seeds of the simulation. Properties choose which: {@code simulation.from} is the first, {@code
 * simulation.seeds} and {@code simulation.h2.seeds} are how many.
 */
@DisplayName(
    "FAULT-C1 FAULT-C2 FAULT-D3 FAULT-D3b FAULT-D5 FAULT-H4 FAULT-K3 FAULT-P4 FAULT-P6 FAULT-P7 FAULT-P8"
        + " FAULT-P13 whatever a seed does to nodes")
class SimulationTest {
  private static final Logger LOG = (Logger) LoggerFactory.getLogger("org.batchengine");
  private static final long FROM = Long.getLong("simulation.from", 1);
  private static final long SEEDS = Long.getLong("simulation.seeds", 5_000);
  private static final long H2_SEEDS = Long.getLong("simulation.h2.seeds", Math.min(SEEDS, 20));

  /** What engines say of deaths and losses fills no page. */
  @BeforeAll
  static void quiet() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    LOG.setLevel(null);
  }

  @Test
  void allInvariantsHoldInMemory() {
    LongStream.range(FROM, FROM + SEEDS)
        .parallel()
        .forEach(seed -> Simulation.run(seed, SimulatedMemory::new, 1));
  }

  /** In memory: a disk that keeps what it was given shows nothing here, and takes its time. */
  @Test
  void allInvariantsHoldOnH2() {
    try (JdbcUnderTest h2 = JdbcUnderTest.onH2InMemory("simulation")) {
      LongStream.range(FROM, FROM + H2_SEEDS)
          .forEach(seed -> Simulation.run(seed, () -> new SimulatedDatabase(h2), 25));
    }
  }

  @Test
  void aSeedGivesTheSameRunEachTime() {
    for (long seed = FROM; seed < FROM + Math.min(SEEDS, 50); seed++) {
      assertThat(Simulation.traceOf(seed, SimulatedMemory::new))
          .isEqualTo(Simulation.traceOf(seed, SimulatedMemory::new));
    }
  }
}
