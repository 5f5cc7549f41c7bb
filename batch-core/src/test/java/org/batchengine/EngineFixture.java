package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.WorkerThreads;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.model.StoreException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A store in memory on a virtual clock, and the engines that a test runs on it from one thread.
 * After each test the store's invariants are checked, before and after the engines are closed.
 */
public final class EngineFixture implements AfterEachCallback {
  static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

  static final JobType<String, Integer> LENGTH = JobType.of("length", String.class, Integer.class);
  static final JobType<String, String> ECHO = JobType.of("echo", String.class, String.class);

  final ManualClock clock = ManualClock.at(START);
  final InMemoryBatchStore memory = new InMemoryBatchStore(clock);
  private final List<BatchEngine> engines = new ArrayList<>();

  /** An engine that is driven by the test. */
  ManualEngine engine(UnaryOperator<BatchEngine.Builder> options) {
    return engine(new Faults(memory), options);
  }

  /** An engine that is driven by the test, on a way to the store that may fail. */
  ManualEngine engine(Faults faults, UnaryOperator<BatchEngine.Builder> options) {
    var builder = BatchEngine.builder(faults.store()).clock(clock).node("node-" + engines.size());
    var engine = options.apply(builder).manual();
    engines.add(engine);
    return engine;
  }

  /** The parts of an engine, to be driven one by one. */
  EngineParts parts(Faults faults, UnaryOperator<BatchEngine.Builder> options) {
    var builder = BatchEngine.builder(faults.store()).clock(clock).node("parts");
    var random = new Random(1);
    var parts =
        new EngineParts(
            options.apply(builder).config(),
            WorkerThreads.none(),
            Runnable::run,
            new EngineClock(clock, () -> Duration.between(START, clock.instant()).toNanos()),
            random,
            Worker.GRACE);
    parts.sessions.connect();
    return parts;
  }

  /** Goes one round as a loop would: one that a store fails is gone again. */
  static boolean tryOnce(ManualEngine engine) {
    try {
      return engine.runOnce();
    } catch (StoreException lost) {
      return true;
    }
  }

  /** The engine's process dies: nobody drives it any more, and its session is left to expire. */
  void kill(BatchEngine engine) {
    assertThat(engines.remove(engine)).isTrue();
  }

  void pass(Duration time) {
    clock.advance(time);
  }

  /** Lets the time pass in steps in which the engine stays alive. */
  void pass(Duration time, ManualEngine alive) {
    var end = clock.instant().plus(time);
    while (clock.instant().isBefore(end)) {
      pass(Duration.ofSeconds(1));
      alive.runUntilIdle();
    }
  }

  List<String> violations() {
    return MemoryInvariants.violations(memory);
  }

  /** What state each item of the batch is in, by index. */
  static List<ItemState> states(Batches batches, BatchId id) {
    var states = new ArrayList<ItemState>();
    for (int i = 0; i < batches.status(id).counts().total(); i++) {
      states.add(batches.item(id, i).orElseThrow().state());
    }
    return states;
  }

  /** Texts that say which they are. */
  static List<String> texts(int count) {
    var texts = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      texts.add("item-" + i);
    }
    return texts;
  }

  /** Throws what must not be thrown there; to stand where a value is wanted. */
  @SuppressWarnings("TypeParameterUnusedInFormals") // there is no value to be of a wrong type
  public static <T> T thrown(Throwable failure) {
    return EngineFixture.<T, RuntimeException>sneaky(failure);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the cast is never made
  private static <T, X extends Throwable> T sneaky(Throwable failure) throws X {
    throw (X) failure;
  }

  /** An executor that never queues: the JDK's common pool has one thread on two cores. */
  static void onAThread(Runnable task) {
    Thread thread = new Thread(task, "of-the-test");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertThat(violations()).isEmpty();
    engines.forEach(BatchEngine::close);
    assertThat(violations()).isEmpty();
  }
}
