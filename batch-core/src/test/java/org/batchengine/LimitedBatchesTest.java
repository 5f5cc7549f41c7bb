package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.limit.Limit;
import org.batchengine.limit.LimitScope;
import org.batchengine.limit.LimitState;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What begins of batches that have limits of their own, on a virtual clock. */
class LimitedBatchesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration STEP = Duration.ofMillis(10);
  private static final Limit TEN_A_SECOND = Limit.none().rate(10, SECOND);

  @RegisterExtension final EngineFixture fixture = new EngineFixture();

  private final List<Instant> begun = new ArrayList<>();

  private ManualEngine engine() {
    return fixture.engine(
        options ->
            options.register(
                ECHO,
                (input, context) -> {
                  begun.add(fixture.clock.instant());
                  return input;
                }));
  }

  private static BatchId submit(Batches engine, int items, Limit limit) {
    return engine.submit(BatchRequest.of(ECHO, texts(items)).limit(limit));
  }

  /** In steps of 10 ms. */
  private void work(Duration time, ManualEngine... engines) {
    for (Instant end = fixture.clock.instant().plus(time);
        fixture.clock.instant().isBefore(end);
        fixture.pass(STEP)) {
      for (ManualEngine engine : engines) {
        engine.runUntilIdle();
      }
    }
  }

  private static long succeeded(ManualEngine engine, BatchId id) {
    return engine.status(id).counts().succeeded();
  }

  @Test
  @DisplayName("REQ-M19 all nodes share the rate of a batch, and use it")
  void shareTheRate() {
    ManualEngine one = engine();
    ManualEngine other = engine();
    BatchId id = submit(one, 1_000, TEN_A_SECOND);
    work(Duration.ofSeconds(10), one, other);

    assertThat(succeeded(one, id)).isBetween(80L, 100L);
    for (int i = 10; i < begun.size(); i++) {
      assertThat(Duration.between(begun.get(i - 10), begun.get(i))).isGreaterThanOrEqualTo(SECOND);
    }
    assertThat(one.status(id).limit()).contains(TEN_A_SECOND);
  }

  @Test
  @DisplayName("REQ-M19 a batch that waits for its limit keeps no other batch of its tenant back")
  void keepNobodyBack() {
    ManualEngine engine = engine();
    BatchId slow = submit(engine, 10_000, Limit.none().rate(1, SECOND));
    BatchId running = submit(engine, 10_000, Limit.none().running(1).rate(1, SECOND));
    BatchId quick = engine.submit(BatchRequest.of(ECHO, texts(5_000)));
    work(Duration.ofSeconds(3), engine);

    assertThat(engine.status(quick).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(succeeded(engine, slow)).isBetween(2L, 4L);
    assertThat(succeeded(engine, running)).isBetween(2L, 4L);
  }

  @Test
  @DisplayName("REQ-M19 a node takes no more of a limited batch than it can begin soon")
  void takeLittle() {
    EngineParts parts =
        fixture.parts(new Faults(fixture.memory), options -> options.register(ECHO, text -> text));
    submit(fixture.engine(options -> options), 1_000, TEN_A_SECOND);
    for (int i = 0; i < 500; i++) {
      parts.dispatcher.runOnce();
      fixture.pass(STEP);
    }
    int first = parts.workers.get("echo").queue().waiting();
    parts.workers.get("echo").queue().look();
    for (int i = 0; i < 500; i++) {
      parts.dispatcher.runOnce();
    }

    assertThat(parts.workers.get("echo").queue().waiting()).isEqualTo(first);
  }

  @Test
  @DisplayName("REQ-M19 the limit of a batch is changed and taken away while it runs")
  void change() {
    ManualEngine engine = engine();
    ManualEngine other = engine();
    BatchId id = submit(engine, 5_000, TEN_A_SECOND);
    work(Duration.ofSeconds(3), engine, other);
    long before = succeeded(engine, id);
    assertThat(before).isBetween(20L, 30L);

    engine.limits().setBatch(id, Limit.none().rate(100, SECOND), "a larger contract");
    work(Duration.ofSeconds(1), engine, other);
    before = succeeded(engine, id);
    work(Duration.ofSeconds(3), engine, other);
    assertThat(succeeded(engine, id) - before).isBetween(240L, 300L);

    engine.change(id, BatchChange.none().limit(Limit.none()), "no bounds");
    work(Duration.ofSeconds(3), engine, other);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 a batch that had no limit gets one while it runs")
  void limitLater() {
    ManualEngine engine =
        fixture.engine(
            options ->
                options.register(
                    ECHO,
                    (input, context) -> {
                      fixture.pass(Duration.ofMillis(1));
                      return input;
                    }));
    BatchId id = engine.submit(BatchRequest.of(ECHO, texts(100_000)));
    for (int i = 0; i < 1_000; i++) {
      engine.runOnce();
    }
    engine.limits().setBatch(id, TEN_A_SECOND, "it is too much");
    work(Duration.ofSeconds(1), engine);
    long before = succeeded(engine, id);
    work(Duration.ofSeconds(5), engine);

    assertThat(succeeded(engine, id) - before).isBetween(40L, 50L);
  }

  @Test
  @DisplayName("REQ-M19 with each limit at its smallest a batch still ends, sequential or not")
  void endWithTheSmallest() {
    Limit smallest = Limit.none().rate(1, Limit.SHORTEST).running(1);
    ManualEngine engine = engine();
    engine.limits().set(ECHO, smallest, "small");
    engine.limits().setEachTenant(smallest, "small");
    BatchId id = submit(engine, 20, smallest);
    BatchId other = submit(engine, 20, smallest);
    work(Duration.ofSeconds(20), engine);

    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(engine.status(other).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("REQ-M19 limited batches are listed until they end")
  void list() {
    ManualEngine engine = engine();
    BatchId id = submit(engine, 20, TEN_A_SECOND);
    assertThat(engine.limits().all())
        .singleElement()
        .satisfies(
            state -> {
              assertThat(state.scope()).isEqualTo(LimitScope.BATCH);
              assertThat(state.name()).isEqualTo(id.toString());
              assertThat(state.limit()).isEqualTo(TEN_A_SECOND);
            });
    work(SECOND, engine);
    assertThat(engine.limits().all())
        .extracting(LimitState::waiting)
        .allSatisfy(waiting -> assertThat(waiting).isBetween(1, 10));
    work(Duration.ofSeconds(5), engine);
    assertThat(engine.limits().all()).isEmpty();
  }

  @Test
  void refuseWhatOnlyTenantsHave() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchRequest.of(ECHO, texts(1)).limit(Limit.none().submits(1, SECOND)))
        .withMessageContaining("has what only tenants can have");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchChange.none().limit(Limit.none().weight(2)))
        .withMessageContaining("has what only tenants can have");
  }
}
