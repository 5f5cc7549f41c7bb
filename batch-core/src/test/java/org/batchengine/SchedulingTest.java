package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.START;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which batch runs when, and where. */
class SchedulingTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> ran = new ArrayList<>();

  private ManualEngine engine() {
    return engine(JobOptions.defaults());
  }

  private ManualEngine engine(JobOptions options) {
    return world.engine(builder -> builder.register(ECHO, this::noted, options));
  }

  private String noted(String input) {
    ran.add(input);
    return input;
  }

  @Nested
  class UnknownTypes {

    @DisplayName("FAULT-U4 items of an unknown type wait for an engine that knows it")
    @Test
    void waitForAnEngineThatHasThem() {
      var client = world.engine(builder -> builder.register(LENGTH, String::length));
      var id = client.submit(ECHO, List.of("a"));
      world.pass(MINUTE, client);
      assertThat(client.status(id).state()).isEqualTo(BatchState.PENDING);

      engine().runUntilIdle();

      assertThat(client.status(id).isSuccess()).isTrue();
    }

    @Test
    void waitWhenNoEngineHasAnyType() {
      var client = world.engine(builder -> builder);

      var id = client.submit(ECHO, List.of("a"));
      world.pass(MINUTE, client);

      assertThat(client.status(id).state()).isEqualTo(BatchState.PENDING);
    }

    @Test
    void doNotHoldUpKnownOnes() throws Exception {
      var engine = world.engine(builder -> builder.register(LENGTH, String::length));
      engine.submit(BatchRequest.of(ECHO, texts(1_000)).priority(9));

      var id = engine.submit(BatchRequest.of(LENGTH, texts(10)).priority(0));

      assertThat(engine.await(id).isSuccess()).isTrue();
    }
  }

  @Nested
  class StartAt {

    @Test
    void isWaitedFor() {
      var engine = engine();
      var later = BatchRequest.of(ECHO, List.of("a")).startAt(START.plus(MINUTE));

      var id = engine.submit(later);
      world.pass(MINUTE.minusSeconds(1), engine);
      assertThat(engine.status(id).state()).isEqualTo(BatchState.PENDING);
      world.pass(Duration.ofSeconds(1), engine);

      assertThat(engine.status(id).isSuccess()).isTrue();
      assertThat(engine.status(id).startAt()).contains(START.plus(MINUTE));
      assertThat(engine.status(id).startedAt()).contains(START.plus(MINUTE));
    }

    @Test
    void inThePastIsAtOnce() throws Exception {
      var engine = engine();

      var id = engine.submit(BatchRequest.of(ECHO, List.of("a")).startAt(START.minus(MINUTE)));

      assertThat(engine.await(id).isSuccess()).isTrue();
    }
  }

  @Nested
  class Order {

    @Test
    void isByPriority() {
      var engine = engine();
      for (int priority = 0; priority <= 9; priority++) {
        engine.submit(BatchRequest.of(ECHO, List.of("p" + priority)).priority(priority));
      }

      engine.runUntilIdle();

      assertThat(ran).containsExactly("p9", "p8", "p7", "p6", "p5", "p4", "p3", "p2", "p1", "p0");
    }

    @Test
    void isByAgeWithinAPriority() {
      var engine = engine();
      for (int i = 0; i < 5; i++) {
        engine.submit(ECHO, List.of("b" + i));
        world.pass(Duration.ofMillis(1));
      }

      engine.runUntilIdle();

      assertThat(ran).containsExactly("b0", "b1", "b2", "b3", "b4");
    }

    @Test
    void letsSmallBatchesPassLargeOnes() {
      var engine = engine(JobOptions.defaults().claim(1, 100));
      engine.submit(ECHO, texts(20_000));
      engine.submit(ECHO, List.of("small"));

      while (engine.runOnce()) {
        world.pass(Duration.ofMillis(1));
      }

      assertThat(ran.indexOf("small")).isLessThan(5_000);
    }
  }

  @Nested
  class States {

    @Test
    @DisplayName("REQ-D3 a batch goes from state to state by itself")
    void areSeenFromTheOutside() throws Exception {
      var seen = new ArrayList<BatchState>();
      var engines = new ArrayList<ManualEngine>();
      var engine =
          world.engine(
              builder ->
                  builder.register(
                      ECHO,
                      (input, context) -> {
                        seen.add(engines.get(0).status(context.batchId()).state());
                        return input;
                      }));
      engines.add(engine);
      var id = engine.submit(ECHO, List.of("a"));
      seen.add(engine.status(id).state());

      seen.add(engine.await(id).state());

      assertThat(seen)
          .containsExactly(BatchState.PENDING, BatchState.RUNNING, BatchState.COMPLETED);
    }

    @Test
    void ofItemsInHandAreRunning() throws Exception {
      var seen = new ArrayList<ItemState>();
      var engines = new ArrayList<ManualEngine>();
      var engine =
          world.engine(
              builder ->
                  builder.register(
                      ECHO,
                      (input, context) -> {
                        seen.addAll(EngineFixture.states(engines.get(0), context.batchId()));
                        return input;
                      }));
      engines.add(engine);

      engine.await(engine.submit(ECHO, List.of("a")));

      assertThat(seen).containsExactly(ItemState.RUNNING);
    }

    @Test
    void haveTheirTimes() throws Exception {
      var engine =
          world.engine(
              builder ->
                  builder.register(
                      ECHO,
                      input -> {
                        world.pass(Duration.ofSeconds(2));
                        return input;
                      }));
      var id = engine.submit(ECHO, List.of("a", "b"));
      world.pass(Duration.ofSeconds(1));

      var job = engine.await(id);

      assertThat(job.createdAt()).isEqualTo(START);
      assertThat(job.startedAt()).contains(START.plusSeconds(1));
      assertThat(job.endedAt()).contains(START.plusSeconds(5));
      assertThat(job.progress()).isEqualTo(1.0);
    }
  }

  @Nested
  class Nodes {

    @Test
    void shareTheItemsOfABatch() {
      var byFirst = new ArrayList<String>();
      var bySecond = new ArrayList<String>();
      var options = JobOptions.defaults().claim(1, 10);
      var first = world.engine(b -> b.register(ECHO, input -> add(byFirst, input), options));
      var second = world.engine(b -> b.register(ECHO, input -> add(bySecond, input), options));

      var id = first.submit(ECHO, texts(1_000));
      boolean worked = true;
      while (worked) {
        worked = first.runOnce();
        worked |= second.runOnce();
        assertThat(first.status(id).counts().total()).isEqualTo(1_000);
      }

      assertThat(first.status(id).counts().succeeded()).isEqualTo(1_000);
      assertThat(byFirst).hasSizeGreaterThan(100).doesNotContainAnyElementsOf(bySecond);
      assertThat(bySecond).hasSizeGreaterThan(100);
    }

    @Test
    void takeUpWhatOneGivesBackAtItsEnd() throws Exception {
      var first = engine(JobOptions.defaults().claim(1, 10));
      var id = first.submit(ECHO, texts(1_000));
      for (int i = 0; i < 20; i++) {
        first.runOnce();
      }
      first.close();

      var second = engine();

      assertThat(second.await(id).counts().succeeded()).isEqualTo(1_000);
      assertThat(ran).hasSize(1_000).doesNotHaveDuplicates();
    }

    private static String add(List<String> list, String input) {
      list.add(input);
      return input;
    }
  }

  @DisplayName("FAULT-B5 many batches of one item")
  @Test
  void runsManySmallBatches() throws Exception {
    var engine = engine();
    var ids = new ArrayList<BatchId>();
    for (int i = 0; i < 2_000; i++) {
      ids.add(engine.submit(ECHO, List.of("b" + i)));
    }

    engine.runUntilIdle();

    assertThat(ids).allMatch(id -> engine.status(id).isSuccess());
  }
}
