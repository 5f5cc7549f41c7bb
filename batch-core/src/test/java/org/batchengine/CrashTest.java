package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Processes that die, one after the other. What an item does to its process here: from then on none
 * of its calls reaches the store, and nobody drives it any more.
 */
class CrashTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobOptions OPTIONS =
      JobOptions.defaults().retry(RetryPolicy.fixed(Duration.ofSeconds(1)));

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Set<String> killers = new HashSet<>();
  private final List<String> ran = new ArrayList<>();
  private int deaths;
  private boolean dead;

  private BatchId submitted(List<String> texts) {
    return world.engine(builder -> builder).submit(WORK, texts);
  }

  /** Starts one process after the other until the batch has ended. */
  private EndedBatch worked(BatchId id) {
    while (!state(id).isTerminal()) {
      live(id);
    }
    return new EndedBatch(id);
  }

  private BatchState state(BatchId id) {
    return world.memory.reading().find(id, null).orElseThrow().state();
  }

  /** The life of a process: until it dies or the batch has ended. */
  private void live(BatchId id) {
    dead = false;
    var way = new Faults(world.memory);
    var process = process(way);
    while (!dead && !state(id).isTerminal()) {
      EngineFixture.tryOnce(process);
      world.pass(Duration.ofMillis(200));
    }
    if (dead) {
      deaths++;
      world.kill(process);
    }
  }

  private ManualEngine process(Faults way) {
    return world.engine(
        way, builder -> builder.register(WORK, (input, context) -> run(way, input), OPTIONS));
  }

  private String run(Faults way, String input) {
    ran.add(input);
    if (killers.contains(input)) {
      dead = true;
      way.goAway();
    }
    return input;
  }

  /** A batch that has ended. */
  private final class EndedBatch {
    private final Batches batches = world.engine(builder -> builder);
    private final BatchId id;

    EndedBatch(BatchId id) {
      this.id = id;
    }

    void assertOnlyKillersFailed(int items) {
      var failed = batches.items(id, ItemQuery.inState(ItemState.FAILED).limit(1_000));
      assertThat(failed).extracting(BatchItem::input).containsExactlyInAnyOrderElementsOf(killers);
      assertThat(failed)
          .map(item -> item.error().orElseThrow())
          .allMatch(error -> error.type().equals("NODE_CRASH"));
      assertThat(batches.status(id).counts().succeeded()).isEqualTo(items - killers.size());
      assertThat(batches.status(id).state()).isEqualTo(BatchState.COMPLETED);
    }
  }

  @Nested
  class Killers {

    @DisplayName("FAULT-P4 a killer costs at most four processes")
    @Test
    void costAtMostFourProcesses() {
      killers.add("item-500");

      var batch = worked(submitted(texts(1_000)));

      batch.assertOnlyKillersFailed(1_000);
      assertThat(deaths).isLessThanOrEqualTo(4);
    }

    @Test
    void costAtMostFourProcessesWhereTheyAreAlone() {
      killers.add("item-0");

      worked(submitted(texts(1))).assertOnlyKillersFailed(1);
      assertThat(deaths).isEqualTo(4);
    }

    @DisplayName("FAULT-P5 killers in one chunk cost at most four processes each")
    @Test
    void inOneChunkCostAtMostFourProcessesEach() {
      killers.addAll(Set.of("item-10", "item-11", "item-20", "item-30", "item-99"));

      worked(submitted(texts(100))).assertOnlyKillersFailed(100);
      assertThat(deaths).isLessThanOrEqualTo(4 * killers.size());
    }

    @DisplayName("FAULT-P5 killers in many chunks cost at most four processes each")
    @Test
    void inManyChunksCostAtMostFourProcessesEach() {
      IntStream.range(0, 8).forEach(i -> killers.add("item-" + (i * 125 + 60)));

      worked(submitted(texts(1_000))).assertOnlyKillersFailed(1_000);
      assertThat(deaths).isLessThanOrEqualTo(4 * killers.size());
    }

    @Test
    void thatFailedBeforeAreFoundToo() {
      var id = world.engine(builder -> builder).submit(WORK, List.of("late-killer", "fine"));
      var first =
          world.engine(
              builder ->
                  builder.register(
                      WORK,
                      input ->
                          input.equals("fine")
                              ? input
                              : EngineFixture.thrown(new IOException("once")),
                      OPTIONS));
      first.runUntilIdle();
      first.close();
      killers.add("late-killer");

      worked(id).assertOnlyKillersFailed(2);
      assertThat(deaths).isLessThanOrEqualTo(4);
      assertThat(
              world
                  .memory
                  .reading()
                  .errors(world.memory.reading().header(id, null).orElseThrow(), 0))
          .extracting(ItemError::type)
          .containsExactly("java.io.IOException", "NODE_CRASH");
    }
  }

  @Nested
  class Innocents {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void surviveProcessesThatDieForOtherReasons(int times) {
      var id = submitted(texts(200));
      for (int i = 0; i < times; i++) {
        var process = process(new Faults(world.memory));
        while (MemoryInvariants.owned(world.memory) == 0) {
          process.runOnce();
          world.pass(Duration.ofMillis(200));
        }
        world.kill(process);
        world.pass(Duration.ofSeconds(30), world.engine(CrashTest.this::withAnotherType));
      }

      worked(id).assertOnlyKillersFailed(200);
    }

    @Test
    void keepTheirRetries() {
      var attempts = new ArrayList<Integer>();
      killers.add("killer");
      var id = submitted(List.of("killer", "flaky"));
      while (!state(id).isTerminal()) {
        dead = false;
        var way = new Faults(world.memory);
        var process =
            world.engine(
                way,
                builder ->
                    builder.register(
                        WORK,
                        (input, context) -> {
                          run(way, input);
                          if (input.equals("flaky")) {
                            attempts.add(context.attempt());
                            throw new IOException("attempt " + context.attempt());
                          }
                          return input;
                        },
                        OPTIONS));
        while (!dead && !state(id).isTerminal()) {
          EngineFixture.tryOnce(process);
          world.pass(Duration.ofMillis(200));
        }
        world.kill(process);
      }

      assertThat(attempts).startsWith(1).endsWith(4);
      assertThat(Set.copyOf(attempts)).containsExactlyInAnyOrder(1, 2, 3, 4);
    }
  }

  private BatchEngine.Builder withAnotherType(BatchEngine.Builder builder) {
    return builder.register(EngineFixture.LENGTH, String::length);
  }

  @Nested
  class Suspects {

    @Test
    void runAlone() {
      suspects(10);
      var alone = new ArrayList<Integer>();
      var way = new Faults(world.memory);
      var process =
          world.engine(
              way,
              builder ->
                  builder.register(
                      WORK,
                      input -> {
                        world.pass(Duration.ofMillis(10));
                        ran.add(input);
                        if (input.startsWith("item")) {
                          alone.add(MemoryInvariants.owned(world.memory));
                        }
                        return input;
                      },
                      OPTIONS));

      process.submit(WORK, ordinary(500));
      process.runUntilIdle();

      assertThat(alone).hasSize(10).containsOnly(1);
    }

    @Test
    void runAloneThoughTheAnswerOfTheirClaimIsLost() {
      suspects(1);
      var alone = new ArrayList<Integer>();
      var way = new Faults(world.memory);
      var process =
          world.engine(
              way,
              builder ->
                  builder.register(
                      WORK,
                      input -> {
                        if (input.startsWith("item")) {
                          alone.add(MemoryInvariants.owned(world.memory));
                        }
                        return input;
                      },
                      OPTIONS));
      process.submit(WORK, ordinary(100));
      way.loseAnswer("claimSuspect");

      while (EngineFixture.tryOnce(process)) {
        world.pass(Duration.ofMillis(1));
      }

      assertThat(alone).containsExactly(1);
    }

    @Test
    void takeTurnsWithOrdinaryWork() {
      suspects(100);
      var process =
          world.engine(
              builder ->
                  builder.register(
                      WORK,
                      input -> {
                        world.pass(Duration.ofMillis(100));
                        ran.add(input);
                        return input;
                      },
                      OPTIONS));
      ran.clear();
      process.submit(WORK, ordinary(100));
      while (ran.size() < 200) {
        process.runUntilIdle();
        world.pass(Duration.ofMillis(200));
      }

      assertThat(ran.subList(0, 60)).anyMatch(input -> input.startsWith("item"));
      assertThat(ran.subList(0, 60)).anyMatch(input -> input.startsWith("ordinary"));
    }

    /** Makes suspects of that many items: their process dies twice. */
    private void suspects(int items) {
      submitted(texts(items));
      for (int i = 0; i < 2; i++) {
        var process = process(new Faults(world.memory));
        while (MemoryInvariants.owned(world.memory) == 0) {
          process.runOnce();
        }
        world.kill(process);
        world.pass(Duration.ofSeconds(30), world.engine(CrashTest.this::withAnotherType));
      }
    }

    private static List<String> ordinary(int items) {
      return IntStream.range(0, items).mapToObj(i -> "ordinary-" + i).collect(Collectors.toList());
    }
  }
}
