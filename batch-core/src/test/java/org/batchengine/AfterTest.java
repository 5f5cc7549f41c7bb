package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Batches that begin when others have ended, in an engine. */
@DisplayName("REQ-M17 batches follow others")
class AfterTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();
  private boolean isBroken;
  private ManualEngine engine;

  @BeforeEach
  void open() {
    engine =
        world.engine(
            builder ->
                builder.register(
                    WORK,
                    input -> {
                      ran.add(input);
                      if (isBroken) {
                        throw new IllegalStateException("broken");
                      }
                      return input;
                    },
                    JobOptions.defaults().retry(RetryPolicy.none())));
  }

  private static BatchRequest<String> of(String input) {
    return BatchRequest.of(WORK, List.of(input));
  }

  private BatchState state(BatchId id) {
    return engine.status(id).state();
  }

  @Test
  @DisplayName("a chain runs in its order, without a sweep")
  void aChainRunsInItsOrder() {
    engine.runUntilIdle();
    BatchId one = engine.submit(of("a").priority(0));
    BatchId two = engine.submit(of("b").after(one).priority(5));
    BatchId three = engine.submit(of("c").after(List.of(two)).afterEnd(one).priority(9));
    engine.runUntilIdle();

    assertThat(ran).containsExactly("a", "b", "c");
    assertThat(state(three)).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("a broken chain is cancelled to its end; what waits for any end runs")
  void aBrokenChainIsCancelled() {
    isBroken = true;
    BatchId one = engine.submit(of("a").tolerateFailures(0));
    BatchId two = engine.submit(of("b").after(one));
    BatchId three = engine.submit(of("c").after(two));
    BatchId last = engine.submit(of("d").afterEnd(three));
    engine.runUntilIdle();

    assertThat(ran).containsExactly("a", "d");
    assertThat(state(one)).isEqualTo(BatchState.FAILED);
    assertThat(List.of(state(two), state(three)))
        .containsExactly(BatchState.CANCELLED, BatchState.CANCELLED);
    assertThat(engine.status(two).stateReason())
        .contains("it was to begin once batch " + one + " is COMPLETED, which is FAILED");
    assertThat(engine.status(last).isTerminal()).isTrue();
  }

  @Test
  @DisplayName("one that waits for a retry begins after it")
  void waitsForARetry() {
    isBroken = true;
    BatchId one = engine.submit(of("a").tolerateFailures(0));
    BatchId two = engine.submit(of("b").after(one).waitForRetry());
    engine.runUntilIdle();
    world.pass(Duration.ofMinutes(1), engine);
    assertThat(state(two)).isEqualTo(BatchState.PENDING);
    isBroken = false;
    engine.retryFailed(one, "mended");
    engine.runUntilIdle();

    assertThat(ran).containsExactly("a", "a", "b");
  }

  @Test
  @DisplayName("what an engine that died has not looked at, the sweep of another finds")
  void aSweepFindsWhatNobodyLookedAt() {
    engine.runUntilIdle();
    BatchId one = engine.submit(of("a"));
    BatchId two = engine.submit(of("b").after(one));
    while (!engine.status(one).isTerminal()) {
      engine.runOnce();
    }
    assertThat(state(two)).isEqualTo(BatchState.PENDING); // its end is told, and not looked at yet
    engine.close();
    ManualEngine other = world.engine(builder -> builder.register(WORK, input -> input));
    world.pass(Duration.ofSeconds(5), other);

    assertThat(other.status(two).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  @DisplayName("1,000 batches before one, and 10,000 after it, are released once each")
  void manyBeforeAndAfterOne() {
    List<BatchId> before =
        IntStream.range(0, 1_000).mapToObj(i -> engine.submit(of("before"))).toList();
    BatchId one = engine.submit(of("one").after(before));
    for (int i = 0; i < 10_000; i++) {
      engine.submit(of("after").after(one));
    }
    assertThat(engine.status(one).waitsFor()).isEqualTo(1_000);
    engine.runUntilIdle();

    assertThat(ran).hasSize(11_001);
    assertThat(ran.indexOf("one")).isEqualTo(1_000);
    assertThat(ran.indexOf("after")).isEqualTo(1_001);
  }

  @Test
  @DisplayName("what does not exist, or belongs to another tenant, is refused, and nothing is read")
  void refusesWhatDoesNotExist() {
    BatchId foreign = engine.submit(of("a").tenant("globex"));
    for (BatchId id : List.of(foreign, BatchId.of(new UUID(1, 2)))) {
      assertThatExceptionOfType(BatchNotFoundException.class)
          .isThrownBy(() -> engine.forTenant("acme").submit(of("b").after(id)));
    }
    engine.runUntilIdle();

    assertThat(ran).containsExactly("a");
  }

  @Test
  void refusesTooMany() {
    BatchId id = BatchId.of(new UUID(1, 2));
    List<BatchId> many =
        IntStream.range(0, 10_000).mapToObj(i -> BatchId.of(new UUID(2, i))).toList();
    assertThat(of("a").after(many).after(many)).isNotNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("a").after(many).afterEnd(id))
        .withMessageContaining("10001 batches");
    assertThatNullPointerException()
        .isThrownBy(() -> of("a").after(Collections.singletonList(null)));
  }
}
