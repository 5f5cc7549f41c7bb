package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.report.BatchReport;
import org.batchengine.report.SlowItem;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** When a report is made, and when one that was made is shown again. */
class ReportsTest {
  private static final int ITEMS = 10;

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final AtomicBoolean fails = new AtomicBoolean(true);
  private final ManualEngine engine =
      world.engine(
          way,
          builder ->
              builder.register(
                  LENGTH,
                  this::length,
                  JobOptions.defaults().retry(RetryPolicy.none()).concurrency(1)));

  private int length(String text, ItemContext context) {
    world.pass(Duration.ofMillis(context.index() + 1));
    if (context.index() == 3 && fails.get()) {
      throw new IllegalArgumentException("three\tis\nbad \\t");
    }
    return text.length();
  }

  private BatchReport report(BatchId id) {
    return engine.reports().of(id);
  }

  private BatchId submit() {
    return engine.submit(
        BatchRequest.of(LENGTH, texts(ITEMS)).keyedBy(text -> "a\tkey\\n\n" + text));
  }

  private BatchId ended() {
    BatchId id = submit();
    engine.await(id);
    return id;
  }

  private long made() {
    return way.calls("figures");
  }

  @Test
  @DisplayName("REQ-M9 the report of an ended run is made once, and reads the same from then on")
  void isKeptOnceTheBatchHasEnded() {
    BatchId id = ended();
    BatchReport made = report(id);
    assertThat(made.attempts()).containsEntry(1, (long) ITEMS);
    assertThat(made.errors()).hasSize(1);
    assertThat(made.slowest()).hasSize(ITEMS);
    assertThat(made.slowest().get(0).key().orElseThrow()).startsWith("a\tkey\\n\n");

    BatchReport kept = report(id);

    assertThat(kept).isEqualTo(made);
    assertThat(world.engine(way, builder -> builder).reports().of(id)).isEqualTo(made);
    assertThat(made()).isOne();
  }

  @Test
  void isShownAgainForFiveSecondsWhileTheBatchIsLive() {
    BatchId id = submit();
    BatchReport first = report(id);
    assertThat(first.timeline()).isEmpty();
    assertThat(first.durationSeconds()).isEmpty();
    world.pass(Duration.ofMillis(4_999));
    assertThat(report(id)).isSameAs(first);
    world.pass(Duration.ofMillis(1));

    assertThat(report(id)).isNotSameAs(first).isEqualTo(report(id));
    assertThat(made()).isEqualTo(2);
  }

  @Test
  void isShownAgainForTwentyTimesWhatItTook() {
    BatchId id = submit();
    way.instead(
        "figures",
        (arguments, arrive) -> {
          world.pass(Duration.ofSeconds(2));
          return arrive.call();
        });
    report(id);
    world.pass(Duration.ofMillis(39_999));
    report(id);
    assertThat(made()).isOne();
    world.pass(Duration.ofMillis(1));
    report(id);

    assertThat(made()).isEqualTo(2);
  }

  @Test
  void isOfTheEndAsSoonAsTheBatchHasEnded() {
    BatchId id = submit();
    report(id);
    engine.await(id);

    assertThat(report(id).batch().state()).isEqualTo(BatchState.COMPLETED);
    assertThat(report(id).batch().counts().failed()).isOne();
    assertThat(report(id).slowest()).extracting(SlowItem::index).startsWith(9, 8, 7);
  }

  @Test
  void isOfItsOwnRun() {
    BatchId id = submit();
    report(id);
    engine.await(id);
    report(id);
    fails.set(false);
    engine.retryFailed(id, "repaired");

    assertThat(report(id).batch().run()).isEqualTo(2);
    assertThat(report(id).attempts()).containsExactly(Map.entry(1, ITEMS - 1L));
    engine.await(id);
    BatchReport second = report(id);
    assertThat(second.errors()).isEmpty();
    assertThat(second.attempts()).containsEntry(2, 1L).containsEntry(1, ITEMS - 1L);
    assertThat(report(id)).isEqualTo(second);
    assertThat(made()).isEqualTo(4);
  }

  @Test
  @DisplayName("REQ-M9 what was read while the batch was taken up again is kept of neither run")
  void isNotKeptIfTheBatchIsTakenUpMeanwhile() {
    BatchId id = ended();
    way.instead(
        "figures",
        (arguments, arrive) -> {
          engine.retryFailed(id, "meanwhile");
          return arrive.call();
        });

    assertThat(report(id).batch().run()).isEqualTo(2);
    assertThat(report(id).batch().state()).isEqualTo(BatchState.RUNNING);
    assertThat(world.memory.reports().report(id, 1)).isEmpty();
    assertThat(world.memory.reports().report(id, 2)).isEmpty();
  }

  @Test
  void isNoneOfABatchThatIsNotThere() {
    BatchId id = ended();
    way.instead(
        "figures",
        (arguments, arrive) -> {
          engine.delete(id);
          return arrive.call();
        });

    assertThatExceptionOfType(BatchNotFoundException.class).isThrownBy(() -> report(id));
    assertThatExceptionOfType(BatchNotFoundException.class).isThrownBy(() -> report(id));
  }

  @Test
  void isNoneOfAnotherTenantThoughItWasMade() {
    BatchId id = submit();
    report(id);
    Batches other = engine.forTenant("other");

    assertThatExceptionOfType(BatchNotFoundException.class)
        .isThrownBy(() -> other.reports().of(id));
    engine.await(id);
    report(id);
    assertThatExceptionOfType(BatchNotFoundException.class)
        .isThrownBy(() -> other.reports().of(id));
    assertThat(engine.forTenant("default").reports().of(id)).isEqualTo(report(id));
  }

  @Test
  @DisplayName("REQ-M9 items are read in pages of 2,000, so that memory is bounded")
  void readsPages() {
    BatchId id = engine.submit(BatchRequest.of(LENGTH, texts(2_001)));
    report(id);

    assertThat(made()).isEqualTo(2);
  }

  @Test
  void isOfAnEmptyBatch() {
    BatchReport report = report(engine.submit(LENGTH, List.of()));

    assertThat(report.batch().state()).isEqualTo(BatchState.COMPLETED);
    assertThat(report.quality()).isEmpty();
    assertThat(report.timeline()).isEmpty();
    assertThat(report.toMap()).containsEntry("success_rate", 0.0);
  }
}
