package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.run.InputRoom;
import org.batchengine.engine.run.TypeSettings;
import org.batchengine.engine.run.WorkQueue;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.WorkerThreads;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.SlowDown;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Workers that meet faults of the engine itself, driven one by one. */
class WorkerTest {
  private static final TypeSettings SETTINGS =
      new TypeSettings(
          "echo", 1, 1, 1, false, 1, 5_000, Duration.ofSeconds(30), Duration.ofSeconds(30));

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final AtomicInteger fatal = new AtomicInteger();
  private final List<Integer> ran = new ArrayList<>();
  private EngineParts parts;

  @BeforeEach
  void load() {
    parts = world.parts(new Faults(world.memory), b -> b.register(ECHO, input -> input));
    parts.submitter.submit(BatchRequest.of(ECHO, texts(3)));
    drive();
  }

  private void drive() {
    boolean worked = true;
    while (worked) {
      worked = parts.dispatcher.runOnce();
    }
  }

  /** Workers of their own, with what the dispatcher has loaded. */
  private Workers workers(Call.Maker calls) {
    var source = parts.workers.get("echo");
    var workers =
        new Workers(
            SETTINGS,
            calls,
            of ->
                new Worker(
                    of,
                    parts.settlements,
                    parts.clock.nanos(),
                    parts.closing::get,
                    how -> fatal.incrementAndGet(),
                    Worker.GRACE),
            WorkerThreads.of(Runnable::run, false, WorkerTest.class.getClassLoader()),
            new WorkQueue(
                SETTINGS,
                parts.dispatcherSignal,
                new InputRoom(),
                parts.allowances,
                parts.clock.nanos()),
            new SlowDown(parts.clock.nanos()));
    for (var items = source.queue().take().items();
        !items.isEmpty();
        items = source.queue().take().items()) {
      workers.offer(items);
    }
    return workers;
  }

  @Nested
  class Fault {

    @Test
    void givesUpTheSessionOfWhatIsInHand() {
      var session = parts.sessions.open();

      var workers = workers((items, cancelled) -> failing(items, new IllegalStateException()));

      assertThat(session.isGone()).isTrue();
      assertThat(workers.areQuiet()).isTrue();
      assertThat(workers.running()).isEmpty();
      assertThat(fatal).hasValue(0);
    }

    @Test
    void ofTheVirtualMachineStopsTheEngine() {
      workers((items, cancelled) -> failing(items, new OutOfMemoryError("for a test")));

      assertThat(fatal.get()).isPositive();
    }

    /** A call whose verdicts cannot be made. */
    private Call failing(List<WorkItem> items, Throwable fault) {
      return new Call() {
        @Override
        public void run() {
          items.forEach(item -> ran.add(item.index()));
        }

        @Override
        public List<ItemVerdict> verdicts(@Nullable Throwable thrown, long nanos) {
          return EngineFixture.thrown(fault);
        }

        @Override
        public List<ItemVerdict> timedOut(String message, boolean givenUp, long nanos) {
          return EngineFixture.thrown(fault);
        }

        @Override
        public List<ItemVerdict> cancelled(boolean givenUp, long nanos) {
          return EngineFixture.thrown(fault);
        }

        @Override
        public List<WorkItem> work() {
          return items;
        }
      };
    }
  }

  /** What comes quickly is handed over together, but waits for no call that takes longer. */
  @Test
  void handsOverWhatIsReadyWhileACallTakesLonger() {
    var worker = new AtomicReference<Worker>();
    var unsettled = new ArrayList<Integer>();
    var workers =
        new Workers(
            SETTINGS,
            (items, cancelled) ->
                returning(
                    items,
                    () -> {
                      unsettled.add(parts.settlements.unsettled());
                      if (unsettled.size() == 3) {
                        long now = parts.clock.nanos().getAsLong();
                        worker.get().watch(now + Duration.ofMillis(1).toNanos());
                        unsettled.add(parts.settlements.unsettled());
                      }
                    }),
            of ->
                new Worker(
                    of,
                    parts.settlements,
                    parts.clock.nanos(),
                    parts.closing::get,
                    how -> fatal.incrementAndGet(),
                    Worker.GRACE),
            WorkerThreads.of(task -> {}, false, WorkerTest.class.getClassLoader()),
            new WorkQueue(
                SETTINGS,
                parts.dispatcherSignal,
                new InputRoom(),
                parts.allowances,
                parts.clock.nanos()),
            new SlowDown(parts.clock.nanos()));
    workers.sizing().measure(1, 1);
    var source = parts.workers.get("echo");
    for (var items = source.queue().take().items();
        !items.isEmpty();
        items = source.queue().take().items()) {
      workers.offer(items);
    }
    worker.set(workers.newWorker());
    worker.get().runOnce();

    assertThat(unsettled).containsExactly(0, 0, 0, 2);
    assertThat(parts.settlements.unsettled()).isEqualTo(3);
    assertThat(workers.areQuiet()).isTrue();
  }

  /** A call after which its items are given back. */
  private static Call returning(List<WorkItem> items, Runnable runs) {
    return new Call() {
      @Override
      public void run() {
        runs.run();
      }

      @Override
      public List<ItemVerdict> verdicts(@Nullable Throwable thrown, long nanos) {
        return items.stream().map(ItemVerdict::returned).toList();
      }

      @Override
      public List<ItemVerdict> timedOut(String message, boolean givenUp, long nanos) {
        return verdicts(null, nanos);
      }

      @Override
      public List<ItemVerdict> cancelled(boolean givenUp, long nanos) {
        return verdicts(null, nanos);
      }

      @Override
      public List<WorkItem> work() {
        return items;
      }
    };
  }

  @Nested
  class Places {

    @Test
    void areGivenBackWhenAnExecutorRejects() {
      var workers = rejecting(new RejectedExecutionException("full"));

      assertThat(workers.running()).isEmpty();
    }

    @Test
    void areGivenBackWhateverAnExecutorThrows() {
      var workers = rejecting(new IllegalStateException("broken"));

      assertThat(workers.running()).isEmpty();
    }

    private Workers rejecting(RuntimeException failure) {
      var workers =
          new Workers(
              SETTINGS,
              WorkerTest.this::none,
              of ->
                  new Worker(
                      of,
                      parts.settlements,
                      parts.clock.nanos(),
                      () -> false,
                      how -> {},
                      Worker.GRACE),
              WorkerThreads.of(
                  task -> {
                    throw failure;
                  },
                  false,
                  getClass().getClassLoader()),
              new WorkQueue(
                  SETTINGS,
                  parts.dispatcherSignal,
                  new InputRoom(),
                  parts.allowances,
                  parts.clock.nanos()),
              new SlowDown(parts.clock.nanos()));
      workers.offer(parts.workers.get("echo").queue().take().items());
      return workers;
    }
  }

  private Call none(List<WorkItem> items, BooleanSupplier cancelled) {
    throw new AssertionError("nothing is to be called");
  }
}
