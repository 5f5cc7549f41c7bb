package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.List;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.IllegalTransitionException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The end of a batch, and what comes after. */
class EndTest {
  private static final BatchId UNKNOWN = BatchId.of("018f0000-0000-7000-8000-00000000dead");

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(way, builder -> builder.register(LENGTH, String::length));

  @Nested
  class Deleting {

    @Test
    void hidesABatchThatHasEndedAtOnce() throws Exception {
      var id = done("a");

      assertThat(engine.delete(id)).isTrue();
      assertThat(engine.find(id)).isEmpty();
      assertThat(engine.history(HistoryQuery.all())).isEmpty();
    }

    @Test
    void refusesABatchThatHasNotEnded() {
      var id = engine.submit(LENGTH, List.of("a"));

      assertThatExceptionOfType(IllegalTransitionException.class)
          .isThrownBy(() -> engine.delete(id));
      assertThat(engine.find(id)).isPresent();
    }

    @Test
    void saysThatThereWasNone() {
      assertThat(engine.delete(UNKNOWN)).isFalse();
    }

    @Test
    void removesTheRecordsInTheBackground() throws Exception {
      var id = done("a");
      engine.delete(id);
      way.forgetCalls();

      engine.runUntilIdle();

      assertThat(way.calls()).contains("removeHidden");
    }

    @Test
    void freesTheId() throws Exception {
      var id = done("a");
      engine.delete(id);

      engine.submit(BatchRequest.of(LENGTH, List.of("b")).id(id));

      assertThat(engine.await(id).counts().succeeded()).isEqualTo(1);
    }
  }

  @Nested
  class Awaiting {

    @Test
    void drivesTheWorkOfAManualEngine() throws Exception {
      assertThat(engine.await(engine.submit(LENGTH, texts(300))).counts().succeeded())
          .isEqualTo(300);
    }

    @Test
    void saysThatNothingCanRunAtThisTime() {
      var later =
          BatchRequest.of(LENGTH, List.of("a")).startAt(EngineFixture.START.plusSeconds(60));
      var id = engine.submit(later);

      assertThatIllegalStateException()
          .isThrownBy(() -> engine.await(id))
          .withMessageContaining("advance the clock");
    }

    @Test
    void answersWithTheBatchAsItStandsWhenTheTimeIsOver() throws Exception {
      var later =
          BatchRequest.of(LENGTH, List.of("a")).startAt(EngineFixture.START.plusSeconds(60));

      assertThat(engine.await(engine.submit(later), Duration.ofSeconds(5)).state())
          .isEqualTo(BatchState.PENDING);
    }

    @Test
    void saysThatThereIsNoSuchBatch() {
      assertThatExceptionOfType(BatchNotFoundException.class)
          .isThrownBy(() -> engine.await(UNKNOWN));
    }
  }

  private BatchId done(String input) throws Exception {
    var id = engine.submit(LENGTH, List.of(input));
    engine.await(id);
    return id;
  }
}
