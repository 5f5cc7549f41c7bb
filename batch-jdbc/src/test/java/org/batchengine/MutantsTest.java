package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.InMemoryRows;
import org.batchengine.memory.Mutant;
import org.batchengine.model.RetryPolicy;
import org.batchengine.store.ClaimRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.slf4j.LoggerFactory;

/** Each rule of the protocol that is broken is noticed: the simulation looks where it must. */
@DisplayName("A store that breaks a rule is noticed")
class MutantsTest {
  private static final int SEEDS = 50_000;

  /** Seeds of what few notice. If the engine changes, so may they: then one is searched for. */
  private static final Map<Mutant, Long> SOON =
      Map.of(
          Mutant.NO_FENCE, 50_074L,
          Mutant.END_WITHOUT_FILL, 26_804L,
          Mutant.FENCE_BY_TIME_ONLY, 57_784L,
          Mutant.READER_BEGINS_ANEW, 50_241L,
          Mutant.ANSWER_WITHOUT_ATTEMPT, 102_619L);

  private static final Logger LOG = (Logger) LoggerFactory.getLogger("org.batchengine");

  /** What engines say of deaths and losses fills no page. */
  @BeforeAll
  static void quiet() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void loud() {
    LOG.setLevel(null);
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {
        "COMPLETION_LOOKED_UP_BEFORE_THE_COMMIT",
        "CLAIM_WITHOUT_SESSION_LOCK",
        "CORRECTED_INPUT_NOT_LOADED",
        "CLAIM_WITHOUT_REVISION"
      })
  void byTheSimulation(Mutant mutant) {
    Long soon = SOON.get(mutant);
    if (soon != null && isNoticed(mutant, soon)) {
      return;
    }
    assertThat(
            LongStream.rangeClosed(1, SEEDS)
                .parallel()
                .filter(seed -> isNoticed(mutant, seed))
                .findAny())
        .as("a seed up to %d that notices %s", SEEDS, mutant)
        .isPresent();
  }

  private static boolean isNoticed(Mutant mutant, long seed) {
    return !Simulation.violation(seed, () -> broken(mutant)).isEmpty();
  }

  /** The sweep makes up for it: what is lost is time. */
  @Test
  void byABatchThatDoesNotEndAtOnce() {
    JobType<String, String> type = JobType.of("plain", String.class, String.class);
    ManualClock clock = ManualClock.at(Instant.EPOCH);
    InMemoryBatchStore memory = new InMemoryBatchStore(clock);
    BatchEngine.Builder builder =
        BatchEngine.builder(Mutant.COMPLETION_LOOKED_UP_BEFORE_THE_COMMIT.of(memory))
            .clock(clock)
            .register(type, text -> text);
    try (ManualEngine engine = builder.manual()) {
      engine.runUntilIdle();
      var id = engine.submit(type, List.of("one", "two"));

      assertThatThrownBy(() -> engine.await(id)).isInstanceOf(IllegalStateException.class);
    }
  }

  /** Simulated items have the same inputs for ever. */
  @Test
  void byAnItemThatRunsWithTheWrongInput() {
    JobType<String, String> type = JobType.of("plain", String.class, String.class);
    InMemoryBatchStore memory = new InMemoryBatchStore();
    BatchEngine.Builder builder =
        BatchEngine.builder(Mutant.CORRECTED_INPUT_NOT_LOADED.of(memory))
            .register(
                type,
                (text, context) -> text.equals("good") ? text : context.giveUp("E_BAD", "no"));
    try (ManualEngine engine = builder.manual()) {
      var id = engine.submit(type, List.of("bad"));
      engine.await(id);
      engine.retryFailed(id, CorrectedInputs.of(type).at(0, "good"), "it was bad");

      assertThat(engine.await(id).counts().failed()).isEqualTo(1);
    }
  }

  /** The header of the batch is not read again after a change. */
  @Test
  void byARetryThatGoesByTheOldPolicy() {
    JobType<String, String> type = JobType.of("plain", String.class, String.class);
    ManualClock clock = ManualClock.at(Instant.EPOCH);
    InMemoryBatchStore memory = new InMemoryBatchStore(clock);
    RetryPolicy eachSecond = RetryPolicy.fixed(Duration.ofSeconds(1));
    try (ManualEngine working =
            BatchEngine.builder(Mutant.CLAIM_WITHOUT_REVISION.of(memory))
                .clock(clock)
                .register(type, (text, context) -> context.fail("E_BAD", "no"))
                .manual();
        ManualEngine other = BatchEngine.builder(memory).clock(clock).manual()) {
      var id =
          working.submit(BatchRequest.of(type, List.of("bad")).retry(eachSecond.maxRetries(1)));
      working.runUntilIdle();
      other.change(id, BatchChange.none().retry(eachSecond.maxRetries(9)), "patience");
      clock.advance(Duration.ofSeconds(1));
      working.runUntilIdle();

      assertThat(working.status(id).counts().failed()).isEqualTo(1);
    }
  }

  /** An engine stops claiming once it knows that its session is gone: chance hardly meets this. */
  @Test
  void byWorkOfASessionThatIsGone() {
    JobType<String, String> type = JobType.of("plain", String.class, String.class);
    InMemoryBatchStore memory = new InMemoryBatchStore();
    try (ManualEngine engine = BatchEngine.builder(memory).manual()) {
      engine.submit(type, List.of("one", "two"));
    }
    long gone = memory.sessions().open("host", Duration.ofMinutes(1));
    memory.sessions().release(gone);

    Mutant.CLAIM_WITHOUT_SESSION_LOCK
        .of(memory)
        .claiming()
        .claim(new ClaimRequest(gone, List.of(new ClaimRequest.Wanted("plain", 2, 2, 1))));

    assertThat(new InMemoryRows(memory).violations()).isNotEmpty();
  }

  private static SimulatedStore broken(Mutant mutant) {
    return new SimulatedMemory((memory, rows) -> mutant.of(memory));
  }
}
