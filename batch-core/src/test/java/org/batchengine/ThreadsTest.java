package org.batchengine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.batchengine.EngineFixture.texts;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.batchengine.engine.run.WorkerThreads;
import org.batchengine.memory.InMemoryBatchStore;
import org.batchengine.memory.MemoryInvariants;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Engines on threads of their own. */
@Timeout(60)
class ThreadsTest {
  private static final JobType<String, String> WORK =
      JobType.of("work", String.class, String.class);
  private static final JobOptions NO_RETRY = JobOptions.defaults().retry(RetryPolicy.none());

  private final InMemoryBatchStore memory = new InMemoryBatchStore();

  @AfterEach
  void checkInvariants() {
    assertThat(MemoryInvariants.violations(memory)).isEmpty();
  }

  private BatchEngine started(ItemProcessor<String, String> processor, JobOptions options) {
    return started(builder -> builder.register(WORK, processor, options));
  }

  private BatchEngine started(UnaryOperator<BatchEngine.Builder> options) {
    var builder = BatchEngine.builder(memory).pollInterval(Duration.ofMillis(10));
    return options.apply(builder).start();
  }

  @Nested
  class Concurrency {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void isReachedAndNeverExceeded(int calls) throws Exception {
      var running = new AtomicInteger();
      var most = new AtomicInteger();
      var all = new CountDownLatch(calls);
      ItemProcessor<String, String> processor =
          (input, context) -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            all.countDown();
            assertThat(all.await(10, SECONDS)).isTrue();
            running.decrementAndGet();
            return input;
          };
      try (var engine = started(processor, NO_RETRY.concurrency(calls))) {
        var job = engine.await(engine.submit(WORK, texts(500)));

        assertThat(job.counts().succeeded()).isEqualTo(500);
      }
      assertThat(most).hasValue(calls);
    }

    @Test
    void isOfCallsInBulk() throws Exception {
      var running = new AtomicInteger();
      var most = new AtomicInteger();
      BatchProcessor<String, String> processor =
          chunk -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            chunk.forEach(item -> item.succeed(item.input()));
            running.decrementAndGet();
          };
      var options = NO_RETRY.concurrency(2).chunkSize(10);
      try (var engine = started(builder -> builder.registerBulk(WORK, processor, options))) {
        assertThat(engine.await(engine.submit(WORK, texts(1_000))).isSuccess()).isTrue();
      }
      assertThat(most).hasValueBetween(1, 2);
    }
  }

  @Nested
  class Failures {

    static Stream<Throwable> errors() {
      return Stream.of(
          new StackOverflowError("deep"),
          new AssertionError("assertion"),
          new NoClassDefFoundError("class"),
          new ExceptionInInitializerError("init"),
          new Error("other"),
          new ThreadDeath(),
          new Throwable("neither"),
          new InterruptedException("host's own"),
          new IOException("checked"));
    }

    @DisplayName("FAULT-P2 errors of every kind fail their item, and the thread lives")
    @ParameterizedTest
    @MethodSource("errors")
    void failTheItemAndTheThreadLives(Throwable error) throws Exception {
      var threads = new CopyOnWriteArrayList<Thread>();
      ItemProcessor<String, String> processor =
          (input, context) -> {
            threads.add(Thread.currentThread());
            return context.index() == 0 ? EngineFixture.thrown(error) : input;
          };
      try (var engine = started(processor, NO_RETRY.concurrency(1))) {
        var id = engine.submit(WORK, texts(5));

        assertThat(engine.await(id).counts().succeeded()).isEqualTo(4);
        assertThat(engine.errors(id, 0).get(0).type()).isEqualTo(error.getClass().getName());
      }
      assertThat(threads.get(1)).isSameAs(threads.get(0));
    }

    @DisplayName("FAULT-P7 an interrupt flag that is left set is not the next item's")
    @Test
    void doNotLeaveTheInterruptFlagToTheNextItem() throws Exception {
      var flags = new CopyOnWriteArrayList<Boolean>();
      ItemProcessor<String, String> processor =
          (input, context) -> {
            flags.add(Thread.currentThread().isInterrupted());
            Thread.currentThread().interrupt();
            return input;
          };
      try (var engine = started(processor, NO_RETRY.concurrency(1))) {
        assertThat(engine.await(engine.submit(WORK, texts(20))).isSuccess()).isTrue();
      }
      assertThat(flags).hasSize(20).containsOnly(false);
    }
  }

  @Nested
  class VirtualMachine {

    @DisplayName("FAULT-P3 an engine that has met an OutOfMemoryError leaves its work to others")
    @Test
    void thatHasFailedLeavesTheWorkToOthers() throws Exception {
      ItemProcessor<String, String> processor =
          (input, context) -> {
            throw new OutOfMemoryError("for a test");
          };
      try (var failed =
          started(b -> b.sessionExpiry(Duration.ofSeconds(2)).register(WORK, processor))) {
        var id = failed.submit(WORK, texts(100));
        var completion = failed.completion(id);
        assertThat(failed.await(id, Duration.ofMillis(100)).isTerminal()).isFalse();

        try (var other = started((input, context) -> input, NO_RETRY)) {
          assertThat(other.await(id).counts().succeeded()).isEqualTo(100);
        }
        assertThat(completion.get(10, SECONDS).isSuccess()).isTrue();
      }
    }
  }

  @Nested
  class Where {

    @Test
    void isTheHostsExecutor() throws Exception {
      var executor = Executors.newFixedThreadPool(2, task -> new Thread(task, "host-thread"));
      try (var engine = named(builder -> builder.executor(executor))) {
        assertThat(outputs(engine)).allMatch("host-thread"::equals);
      }
      assertThat(executor.isShutdown()).isFalse();
      executor.shutdown();
      assertThat(executor.awaitTermination(10, SECONDS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(classes = {RejectedExecutionException.class, IllegalStateException.class})
    void isTriedAgainWhenTheExecutorRejects(Class<? extends RuntimeException> type)
        throws Exception {
      var rejected = new AtomicInteger();
      Executor moody =
          task -> {
            if (rejected.incrementAndGet() <= 20) {
              throw EngineFixture.<RuntimeException>thrown(newInstance(type));
            }
            new Thread(task, "moody").start();
          };
      try (var engine = named(builder -> builder.executor(moody))) {
        assertThat(outputs(engine)).allMatch("moody"::equals);
      }
    }

    @Test
    void isAPlatformThreadIfWanted() throws Exception {
      try (var engine = named(BatchEngine.Builder::platformThreads)) {
        assertThat(outputs(engine)).allMatch(name -> name.matches("batch-worker-\\d+"));
      }
    }

    @Test
    void isAThreadThatServedAnotherWorkerIfOneWaits() throws Exception {
      var threads = WorkerThreads.of(null, true, getClass().getClassLoader());
      Set<Thread> used = ConcurrentHashMap.newKeySet();
      for (int i = 0; i < 200; i++) {
        var ran = new CountDownLatch(1);
        threads.start(
            () -> {
              used.add(Thread.currentThread());
              ran.countDown();
            },
            false);
        assertThat(ran.await(10, SECONDS)).isTrue();
      }
      threads.close();

      assertThat(used).hasSizeLessThan(200);
      for (Thread thread : used) {
        thread.join();
      }
    }

    @Test
    void isAVirtualThreadWhereThereAreAny() throws Exception {
      var virtual = new CopyOnWriteArrayList<Boolean>();
      ItemProcessor<String, String> processor =
          (input, context) -> {
            virtual.add(isVirtual(Thread.currentThread()));
            return input;
          };
      try (var engine = started(processor, NO_RETRY)) {
        engine.await(engine.submit(WORK, texts(10)));
      }

      assertThat(virtual).containsOnly(Runtime.version().feature() >= 21);
    }

    private BatchEngine named(UnaryOperator<BatchEngine.Builder> options) {
      return started(
          builder ->
              options.apply(
                  builder.register(
                      WORK,
                      (input, context) -> Thread.currentThread().getName(),
                      NO_RETRY.concurrency(2))));
    }

    private static List<String> outputs(BatchEngine engine) throws Exception {
      var id = engine.submit(WORK, texts(50));
      assertThat(engine.await(id).isSuccess()).isTrue();
      return engine.results(WORK, id).map(item -> item.output().orElseThrow()).toList();
    }

    private static Throwable newInstance(Class<? extends RuntimeException> type) {
      try {
        return type.getDeclaredConstructor().newInstance();
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }

    /** By reflection, since the tests are built for a JDK that has none. */
    private static boolean isVirtual(Thread thread) throws ReflectiveOperationException {
      return Runtime.version().feature() >= 21
          && (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
    }
  }

  @Nested
  class Ids {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    /** A thread that never asked for randomness of its own would start from its number. */
    @Test
    void cannotBeGuessedFromTheNumberOfTheThread() throws Exception {
      try (var engine = started((input, context) -> input, NO_RETRY)) {
        var ids = new CopyOnWriteArrayList<BatchId>();
        var submitter =
            new Thread(
                () -> {
                  for (int i = 0; i < 20; i++) {
                    ids.add(engine.submit(WORK, List.of()));
                  }
                });
        submitter.start();
        submitter.join();

        assertThat(ids)
            .hasSize(20)
            .extracting(id -> id.value().getLeastSignificantBits() << 2 >>> 2)
            .doesNotContainAnyElementsOf(guesses(submitter.getId(), 1_000));
      }
    }

    /** What a ThreadLocalRandom gives on a thread that has not initialised it. */
    private static List<Long> guesses(long thread, int count) {
      long step = 2 * thread + GOLDEN;
      return LongStream.rangeClosed(1, count).map(k -> mixed(k * step) >>> 2).boxed().toList();
    }

    /** The finaliser of SplittableRandom and ThreadLocalRandom. */
    private static long mixed(long seed) {
      long z = (seed ^ (seed >>> 33)) * 0xff51afd7ed558ccdL;
      z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
      return z ^ (z >>> 33);
    }
  }

  @Nested
  class Waiting {

    @Test
    @DisplayName("REQ-B6 a submit does not wait for its items, and a wait may end before them")
    void isOverInTime() throws Exception {
      var goOn = new CountDownLatch(1);
      try (var engine = started((input, context) -> held(goOn, input), NO_RETRY)) {
        var id = engine.submit(WORK, texts(1));

        assertThat(engine.await(id, Duration.ofMillis(20)).isTerminal()).isFalse();
        assertThat(engine.await(id, Duration.ZERO).isTerminal()).isFalse();
        assertThat(engine.await(id, Duration.ofSeconds(-1)).isTerminal()).isFalse();
        goOn.countDown();
        assertThat(engine.await(id, Duration.ofSeconds(Long.MAX_VALUE)).isSuccess()).isTrue();
      }
    }

    @Test
    void isInterruptible() throws Exception {
      var goOn = new CountDownLatch(1);
      try (var engine = started((input, context) -> held(goOn, input), NO_RETRY)) {
        var id = engine.submit(WORK, texts(1));

        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> engine.await(id));
        goOn.countDown();
        assertThat(engine.await(id).isSuccess()).isTrue();
      }
    }

    private static String held(CountDownLatch goOn, String input) throws InterruptedException {
      goOn.await();
      return input;
    }
  }

  @DisplayName("FAULT-P14 an item that is longer than its session runs once")
  @Test
  void doNotLoseASessionToAnItemThatIsLongerThanIt() throws Exception {
    var calls = new AtomicInteger();
    ItemProcessor<String, String> processor =
        (input, context) -> {
          calls.incrementAndGet();
          new CountDownLatch(1).await(3, SECONDS);
          return input;
        };
    UnaryOperator<BatchEngine.Builder> options =
        builder -> builder.sessionExpiry(Duration.ofSeconds(2)).register(WORK, processor, NO_RETRY);
    try (var first = started(options);
        var second = started(options)) {
      var id = first.submit(WORK, List.of("slow"));

      assertThat(second.await(id).isSuccess()).isTrue();
    }
    assertThat(calls).hasValue(1);
  }

  @Test
  void workOnManyBatchesFromManySubmitters() throws Exception {
    try (var engine = started((input, context) -> input, NO_RETRY)) {
      var ids =
          Stream.iterate(0, i -> i < 200, i -> i + 1)
              .parallel()
              .map(i -> engine.submit(WORK, texts(20)))
              .toList();
      for (BatchId id : ids) {
        assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
        assertThat(EngineFixture.states(engine, id)).containsOnly(ItemState.SUCCEEDED);
      }
    }
  }
}
