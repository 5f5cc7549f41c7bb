package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sequential batches: one item at a time over all nodes, in index order. */
class SequentialTest {
  private static final JobType<String, String> POST =
      JobType.of("post", String.class, String.class).sequential();
  private static final JobType<String, String> OTHER =
      JobType.of("other", String.class, String.class);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<Integer> ran = new ArrayList<>();
  private int failing = -1;

  private ManualEngine engine() {
    return world.engine(
        builder ->
            builder
                .register(
                    POST,
                    this::process,
                    JobOptions.defaults()
                        .retry(RetryPolicy.fixed(Duration.ofSeconds(1)).maxRetries(3).jitter(0)))
                .register(OTHER, (input, context) -> input));
  }

  private String process(String input, ItemContext context) {
    ran.add(context.index());
    if (context.index() == failing && context.attempt() < 3) {
      throw new IllegalStateException("not yet");
    }
    return input;
  }

  private static List<Integer> upTo(int end) {
    return IntStream.range(0, end).boxed().toList();
  }

  @Test
  void runsInTheOrderOfTheIndexes() {
    var engine = engine();
    BatchId id = engine.submit(POST, texts(150));

    assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(ran).isEqualTo(upTo(150));
  }

  @Test
  void runsInOrderOverTwoNodes() {
    var nodes = List.of(engine(), engine());
    BatchId id = nodes.get(0).submit(POST, texts(60));
    for (int rounds = 0; !nodes.get(0).status(id).isTerminal(); rounds++) {
      assertThat(rounds).isLessThan(10_000);
      nodes.get(rounds % 2).runOnce();
      if (rounds % 20 == 0) {
        world.pass(Duration.ofSeconds(1));
      }
    }

    assertThat(ran).isEqualTo(upTo(60));
  }

  @Test
  void waitsForRetries() {
    failing = 2;
    var engine = engine();
    BatchId id = engine.submit(POST, texts(5));
    engine.runUntilIdle();
    assertThat(ran).containsExactly(0, 1, 2);
    world.pass(Duration.ofSeconds(10), engine);

    assertThat(ran).containsExactly(0, 1, 2, 2, 2, 3, 4);
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void goesOnWhereANodeDied() {
    var first = engine();
    BatchId id = first.submit(POST, texts(20));
    while (ran.size() < 8) {
      first.runOnce();
    }
    world.kill(first);
    var second = engine();
    world.pass(Duration.ofSeconds(60), second);

    assertThat(second.status(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(ran).isSorted().containsAll(upTo(20));
  }

  @Test
  void goesOnAfterAPause() {
    var engine = engine();
    BatchId id = engine.submit(POST, texts(20));
    while (ran.size() < 5) {
      engine.runOnce();
    }
    engine.pause(id, "lunch");
    for (int rounds = 0; engine.runOnce(); rounds++) {
      assertThat(rounds).isLessThan(1_000);
    }
    int before = ran.size();
    assertThat(engine.status(id).state()).isEqualTo(BatchState.PAUSED);
    engine.resume(id, "back");
    for (int rounds = 0; engine.runOnce(); rounds++) {
      assertThat(rounds).isLessThan(10_000);
    }

    assertThat(before).isLessThan(20);
    assertThat(ran).isEqualTo(upTo(20));
    assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void runsSeveralBatchesAtATimeAndOtherTypesBesides() {
    var engine = engine();
    var ids = List.of(engine.submit(POST, texts(10)), engine.submit(POST, texts(10)));
    BatchId other = engine.submit(OTHER, texts(100));
    engine.runUntilIdle();

    ids.forEach(id -> assertThat(engine.status(id).state()).isEqualTo(BatchState.COMPLETED));
    assertThat(engine.status(other).counts().succeeded()).isEqualTo(100);
    assertThat(ran).hasSize(20);
    assertThat(ran.subList(0, 10)).isNotEqualTo(upTo(10));
  }
}
