package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.engine.mend.Sweeping;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.memory.MemorySabotage;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A batch ends although its rows of motion were lost. */
@DisplayName("FAULT-L7 a batch whose rows of motion vanish ends by itself")
class RebuildingTest {
  private static final Duration EXPIRY = Duration.ofSeconds(12);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();
  private final ManualEngine engine = worker();
  @RegisterExtension final LoggedWarnings warnings = new LoggedWarnings();

  private ManualEngine worker() {
    return world.engine(
        builder ->
            builder.register(
                ECHO,
                input -> {
                  ran.add(input);
                  return input;
                }));
  }

  @Test
  void isToldAndRunsToItsEnd() {
    BatchId id = engine.submit(ECHO, texts(10));
    MemorySabotage.loseMotion(world.memory, id);
    world.pass(EXPIRY.plus(Sweeping.INTERVAL.multipliedBy(2)), engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(ran).containsExactlyInAnyOrderElementsOf(texts(10));
    assertThat(warnings.texts())
        .singleElement()
        .asString()
        .startsWith("batch " + id + " was damaged: 10 unfinished items");
  }

  @Test
  void isLeftAloneForAnExpiry() {
    BatchId id = engine.submit(ECHO, texts(10));
    MemorySabotage.loseMotion(world.memory, id);
    world.pass(EXPIRY.minusSeconds(1), engine);

    assertThat(ran).isEmpty();
    assertThat(engine.status(id).state().isTerminal()).isFalse();
    world.pass(EXPIRY, engine);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void isLeftAloneWhileAnEngineHasItInHand() {
    BatchId id = engine.submit(ECHO, texts(10));
    while (MemoryInvariants.owned(world.memory) == 0) {
      engine.runOnce();
    }
    MemorySabotage.loseMotion(world.memory, id);
    ran.clear();
    world.pass(Duration.ofMinutes(2), engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(id).counts().succeeded()).isEqualTo(10);
    assertThat(ran).hasSizeLessThanOrEqualTo(20);
  }
}
