package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.texts;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.Reason;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Batches that may only cost so much. */
class BudgetTest {
  private static final JobType<String, String> ASK =
      JobType.of("ask", String.class, String.class).measuring("usd");
  private static final JobOptions ONE_BY_ONE =
      JobOptions.defaults()
          .concurrency(1)
          .claim(1, 4)
          .retry(RetryPolicy.fixed(Duration.ofSeconds(1)));

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<BatchEvent> events = new ArrayList<>();
  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(
          way, builder -> builder.register(ASK, BudgetTest::ask, ONE_BY_ONE).listener(events::add));

  private static String ask(String input, ItemContext context) {
    context.measure("usd", 1);
    return context.attempt() > 1 || !input.startsWith("again") ? input : context.fail("BUSY", "no");
  }

  private BigDecimal sum(BatchId id) {
    return engine.status(id).measures().get("usd").sum();
  }

  @Test
  void pausesTheBatchWithAtMostWhatWasInHandBeyond() {
    BatchId id = engine.submit(BatchRequest.of(ASK, texts(100)).budget("usd", 10));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
    assertThat(engine.status(id).stateReason()).contains("BUDGET");
    assertThat(engine.status(id).budget()).contains(new Budget("usd", 10));
    assertThat(sum(id)).isBetween(BigDecimal.TEN, BigDecimal.valueOf(14));
    assertThat(engine.explain(id)).extracting(Reason::code).containsExactly("BUDGET");
    assertThat(events).filteredOn(event -> event instanceof BatchEvent.Paused).hasSize(1);
  }

  @Test
  void isRaisedByAChange() {
    BatchId id = engine.submit(BatchRequest.of(ASK, texts(20)).budget("usd", 5));
    engine.runUntilIdle();
    assertThatThrownBy(() -> engine.resume(id, "go on"))
        .isInstanceOf(IllegalTransitionException.class)
        .hasMessageContaining("raise the budget with change");
    engine.change(id, BatchChange.none().budget("usd", 50), "it is worth it");
    assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
    engine.resume(id, "go on");
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(sum(id)).isEqualTo(BigDecimal.valueOf(20));
  }

  @Test
  void countsAttemptsThatAreRepeatedLater() {
    BatchId id =
        engine.submit(BatchRequest.of(ASK, Collections.nCopies(50, "again")).budget("usd", 10));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
    assertThat(sum(id)).isBetween(BigDecimal.TEN, BigDecimal.valueOf(14));
  }

  @Test
  void doesNotKeepABatchFromItsEnd() {
    BatchId id = engine.submit(BatchRequest.of(ASK, texts(4)).budget("usd", 4));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void isLoweredByAChange() {
    BatchId id = engine.submit(BatchRequest.of(ASK, texts(20)));
    engine.pause(id, "lunch");
    engine.change(id, BatchChange.none().budget("usd", 5), "too dear");
    engine.resume(id, "go on");
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
  }

  @Test
  void aSweepPausesWhatAnEngineDiedOver() {
    BatchId id = engine.submit(BatchRequest.of(ASK, texts(20)).budget("usd", 1));
    way.instead(
        "pauseAtBudget",
        (arguments, arrive) -> {
          throw new IllegalStateException("the engine is gone");
        });
    assertThatThrownBy(engine::runUntilIdle).hasMessage("the engine is gone");
    assertThat(engine.status(id).state()).isEqualTo(BatchState.RUNNING);
    world.kill(engine);
    ManualEngine other = world.engine(builder -> builder.node("other"));
    for (int second = 0; second < 10; second++) {
      world.pass(Duration.ofSeconds(1));
      other.runUntilIdle();
    }

    assertThat(other.status(id).state()).isEqualTo(BatchState.PAUSED);
    assertThat(other.status(id).stateReason()).contains("BUDGET");
  }

  @Test
  void costsABatchWithoutOneNothing() {
    BatchId id = engine.submit(ASK, texts(20));
    engine.runUntilIdle();

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(way.calls("pauseAtBudget")).isZero();
    assertThat(way.calls("failures")).isZero();
  }

  @Test
  void isOfAMeasureOfTheType() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchRequest.of(ASK, texts(1)).budget("tokens", 5))
        .withMessage(
            "budget of tokens: ask has the measures [usd]; declare it with JobType.measuring");
  }

  @Test
  void isKeptByATemplate() {
    engine.templates().put("nightly", BatchRequest.of(ASK, texts(3)).budget("usd", 5));
    BatchId id = engine.submit(engine.templates().request("nightly", ASK, texts(2)));

    assertThat(engine.status(id).budget()).contains(new Budget("usd", 5));
  }
}
