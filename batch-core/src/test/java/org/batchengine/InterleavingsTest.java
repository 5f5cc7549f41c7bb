package org.batchengine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.Lanes;
import org.batchengine.engine.run.Call;
import org.batchengine.engine.run.InputRoom;
import org.batchengine.engine.run.TypeSettings;
import org.batchengine.engine.run.WorkQueue;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.WorkerThreads;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.SlowDown;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.model.BatchId;
import org.batchengine.model.StoreException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Threads of an engine that get in each other's way at the worst moment. */
@Timeout(30)
class InterleavingsTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);

  private static void passes(Runnable pass) {
    for (int i = 0; i < 50; i++) {
      pass.run();
    }
  }

  /** The store has given work back, and the dispatcher claims it before the settler knows. */
  @Nested
  class AClaimThatIsReadBack {
    private final EngineParts parts =
        world.parts(way, b -> b.register(ECHO, (text, context) -> retriedOnce(text, context)));

    private final EngineBatches batches = new EngineBatches(parts, null);
    private final Worker worker = parts.workers.get("echo").newWorker();

    private static String retriedOnce(String text, ItemContext context) {
      return text.equals("retried") && context.attempt() == 1
          ? context.retryAfter(Duration.ZERO)
          : text;
    }

    private void round() {
      passes(parts.dispatcher::runOnce);
      passes(worker::runOnce);
      passes(parts.settler::runOnce);
    }

    /** Within the next settlement, after its commit: a claim whose answer is lost. */
    private void claimWhileTheNextSettlementIsAnswered() {
      way.instead(
          "settle",
          (arguments, arrive) -> {
            Object answer = arrive.call();
            way.loseAnswer("claim");
            assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> passes(parts.dispatcher::runOnce));
            passes(parts.dispatcher::runOnce);
            return answer;
          });
    }

    private boolean ends(BatchId id) {
      for (int i = 0; i < 5; i++) {
        world.pass(Duration.ofSeconds(1));
        passes(parts.renewal::runOnce);
        round();
      }
      return batches.status(id).isSuccess();
    }

    @Test
    void findsAChunkThatWasGivenBack() {
      var id = batches.submit(ECHO, texts(3));
      passes(parts.dispatcher::runOnce);
      batches.pause(id, "so that it is given back");
      passes(worker::runOnce);
      batches.resume(id, "at once");
      claimWhileTheNextSettlementIsAnswered();
      passes(parts.settler::runOnce);

      assertThat(ends(id)).isTrue();
    }

    @Test
    void findsARetryThatWasParkedAgain() {
      var id = batches.submit(ECHO, List.of("retried"));
      round(); // it is parked
      world.pass(Duration.ofSeconds(1));
      passes(parts.dispatcher::runOnce);
      batches.pause(id, "so that it is given back");
      passes(worker::runOnce);
      batches.resume(id, "at once");
      claimWhileTheNextSettlementIsAnswered();
      passes(parts.settler::runOnce);

      assertThat(ends(id)).isTrue();
    }

    @Test
    void isReadBackOnceMoreOnly() {
      var id = batches.submit(ECHO, texts(3));
      passes(parts.dispatcher::runOnce);
      way.loseAnswer("claim");
      batches.submit(ECHO, texts(3));
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> passes(parts.dispatcher::runOnce));
      passes(parts.dispatcher::runOnce);
      long before = way.calls("owned");

      assertThat(ends(id)).isTrue();
      assertThat(way.calls("owned") - before).isEqualTo(1);
    }
  }

  /** The engine closes, and has interrupted a call that ignores it. */
  @Test
  void aCallThatTheCloseHasInterruptedIsNotGivenUp() {
    var running = new AtomicReference<Worker>();
    var seen = new ArrayList<Boolean>();
    var parts = new AtomicReference<EngineParts>();
    parts.set(
        world.parts(
            way,
            b ->
                b.register(
                    ECHO,
                    input -> {
                      LongSupplier now = parts.get().clock.nanos();
                      parts.get().closing.set(true);
                      running.get().stop(now.getAsLong());
                      Thread.interrupted(); // ignored
                      world.pass(Worker.GRACE.plusSeconds(1));
                      running.get().watch(now.getAsLong());
                      seen.add(parts.get().areQuiet());
                      return input;
                    })));
    new EngineBatches(parts.get(), null).submit(ECHO, texts(1));
    passes(parts.get().dispatcher::runOnce);
    running.set(parts.get().workers.get("echo").newWorker());

    running.get().runOnce();

    assertThat(seen).containsExactly(false);
  }

  /** Start has looked whether the engine is closed, and then it is closed. */
  @Test
  void aStartBesideACloseLeavesNoThreadBehind() throws Exception {
    var engine = new AtomicReference<Engine>();
    var closing = new AtomicReference<Thread>();
    var starting = Thread.currentThread();
    LongSupplier nanos =
        () -> {
          if (engine.get() != null && closing.get() == null && isHere(starting)) {
            closing.set(closing(engine.get()));
          }
          return System.nanoTime();
        };
    var config =
        BatchEngine.builder(new InMemoryBatchStore())
            .node("started-beside-a-close")
            .register(ECHO, text -> text)
            .config();
    ClassLoader loader = config.loader();
    var parts =
        new EngineParts(
            config,
            WorkerThreads.of(null, true, loader),
            Lanes.threads(loader),
            new EngineClock(config.clock(), nanos),
            new Random(1),
            Worker.GRACE);
    parts.sessions.connect();
    engine.set(new Engine(parts));

    engine.get().start();
    closing.get().join();

    await().untilAsserted(() -> assertThat(threadsOf("started-beside-a-close")).isEmpty());
  }

  private static boolean isHere(Thread thread) {
    return Thread.currentThread() == thread;
  }

  /** A thread that closes the engine, and has come as far as it gets beside this one. */
  private static Thread closing(Engine engine) {
    Thread thread = new Thread(engine::close, "closing");
    thread.start();
    while (thread.isAlive() && thread.getState() != Thread.State.BLOCKED) {
      Thread.onSpinWait();
    }
    return thread;
  }

  private static Set<String> threadsOf(String node) {
    var names = new TreeSet<String>();
    for (Thread each : Thread.getAllStackTraces().keySet()) {
      if (each.getName().endsWith(node)) {
        names.add(each.getName());
      }
    }
    return names;
  }

  /** Host code has returned while the watcher is interrupting it. */
  @Nested
  class AWorkerThatWaitsForItsInterrupt {
    private static final TypeSettings SETTINGS =
        new TypeSettings(
            "echo", 1, 1, 1, false, 1, 1, Duration.ofSeconds(1), Duration.ofSeconds(1));

    private final CountDownLatch interrupting = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final EngineParts parts = world.parts(way, b -> b.register(ECHO, text -> text));
    private final AtomicReference<Worker> worker = new AtomicReference<>();

    private Thread working(Runnable interrupt) {
      new EngineBatches(parts, null).submit(ECHO, texts(1));
      passes(parts.dispatcher::runOnce);
      var workers =
          new Workers(
              SETTINGS,
              (items, cancelled) -> new Interrupted(items, interrupt),
              of ->
                  new Worker(
                      of,
                      parts.settlements,
                      parts.clock.nanos(),
                      () -> false,
                      how -> {},
                      Worker.GRACE),
              WorkerThreads.none(),
              new WorkQueue(
                  SETTINGS,
                  parts.dispatcherSignal,
                  new InputRoom(),
                  parts.allowances,
                  parts.clock.nanos()),
              new SlowDown(parts.clock.nanos()));
      workers.offer(parts.workers.get("echo").queue().take().items());
      worker.set(workers.newWorker());
      Thread thread = new Thread(worker.get()::runOnce, "of-the-worker");
      thread.setDaemon(true);
      thread.start();
      return thread;
    }

    private final class Interrupted implements Call {
      private final List<WorkItem> items;
      private final Runnable interrupt;

      Interrupted(List<WorkItem> items, Runnable interrupt) {
        this.items = items;
        this.interrupt = interrupt;
      }

      @Override
      public void run() throws Exception {
        running.countDown();
        interrupting.await();
      }

      @Override
      public void interrupt(Thread runner) {
        interrupting.countDown();
        interrupt.run();
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
    }

    private final CountDownLatch running = new CountDownLatch(1);

    private Thread watching() throws InterruptedException {
      running.await();
      long late = parts.clock.nanos().getAsLong() + Duration.ofSeconds(2).toNanos();
      Thread thread = new Thread(() -> worker.get().watch(late), "of-the-watcher");
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler((self, thrown) -> {});
      thread.start();
      return thread;
    }

    @Test
    void takesNoTimeOfTheProcessor() throws Exception {
      Thread working = working(() -> awaitUninterrupted(interrupted));
      Thread watching = watching();

      await().until(() -> working.getState() == Thread.State.TIMED_WAITING);
      interrupted.countDown();

      watching.join(SECONDS.toMillis(5));
      working.join(SECONDS.toMillis(5));
      assertThat(working.isAlive()).isFalse();
    }

    @Test
    void goesOnIfTheWatcherFails() throws Exception {
      Thread working =
          working(
              () -> {
                throw new IllegalStateException("for a test");
              });
      watching().join();

      working.join(SECONDS.toMillis(5));
      assertThat(working.isAlive()).isFalse();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
