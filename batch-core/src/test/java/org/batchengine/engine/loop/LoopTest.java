package org.batchengine.engine.loop;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.batchengine.EngineFixture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LoopTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final Signal signal = new Signal();
  private final AtomicBoolean fatal = new AtomicBoolean();
  private final List<Loop> loops = new CopyOnWriteArrayList<>();

  private static FailureLog failures() {
    return new FailureLog(LONG, System::nanoTime);
  }

  private static Thread thread(Runnable body) {
    return new EngineThread(body, "loop", LoopTest.class.getClassLoader());
  }

  private Loop started(BooleanSupplier body, Duration idle) {
    return started(body, idle::toNanos, failures());
  }

  private Loop started(BooleanSupplier body, LongSupplier idleNanos, FailureLog failures) {
    var step = new StepOf("step", body, idleNanos);
    var loop = new Loop(LoopTest::thread, step, signal, failures, failure -> fatal.set(true));
    loops.add(loop);
    loop.start();
    return loop;
  }

  @AfterEach
  void stop() {
    loops.forEach(loop -> assertThat(loop.stop(LONG)).isTrue());
  }

  @Test
  void goesOnAtOnceWhileItFindsWork() throws Exception {
    var passes = new CountDownLatch(1_000);
    started(
        () -> {
          passes.countDown();
          return passes.getCount() > 0;
        },
        LONG);

    assertThat(passes.await(10, SECONDS)).isTrue();
  }

  @Test
  void goesOnAfterItsIdleTime() throws Exception {
    var passes = new CountDownLatch(3);
    started(
        () -> {
          passes.countDown();
          return false;
        },
        Duration.ofMillis(1));

    assertThat(passes.await(10, SECONDS)).isTrue();
  }

  @Test
  void goesOnWhenItIsSignalled() throws Exception {
    var passes = new Semaphore(0);
    started(
        () -> {
          passes.release();
          return false;
        },
        LONG);

    for (int i = 0; i < 100; i++) {
      assertThat(passes.tryAcquire(10, SECONDS)).isTrue();
      signal.raise();
    }
  }

  @Test
  void triesOnceASecondAfterAFailure() throws Exception {
    var tries = new CopyOnWriteArrayList<Long>();
    var enough = new CountDownLatch(3);
    started(
        () -> {
          tries.add(System.nanoTime());
          enough.countDown();
          signal.raise();
          throw new IllegalStateException("away");
        },
        Duration.ofMillis(1));

    assertThat(enough.await(10, SECONDS)).isTrue();
    assertThat(tries.get(2) - tries.get(0)).isGreaterThanOrEqualTo(SECONDS.toNanos(2) - 1_000_000);
  }

  @Test
  void goesOnAfterAnError() throws Exception {
    var passes = new CountDownLatch(2);
    started(
        () -> {
          passes.countDown();
          throw new AssertionError("a fault");
        },
        Duration.ofMillis(1));

    assertThat(passes.await(10, SECONDS)).isTrue();
  }

  @Test
  void goesOnAfterAStackOverflowAndAfterACheckedException() throws Exception {
    var passes = new CountDownLatch(3);
    started(
        () -> {
          passes.countDown();
          return EngineFixture.thrown(
              passes.getCount() == 2 ? new StackOverflowError() : new Exception("sneaked"));
        },
        Duration.ofMillis(1));

    assertThat(passes.await(10, SECONDS)).isTrue();
    assertThat(fatal).isFalse();
  }

  @Test
  void endsIfTheVirtualMachineHasFailedBehindAnErrorOfADriver() throws Exception {
    started(
        () ->
            EngineFixture.thrown(
                new IllegalStateException("no rows", new OutOfMemoryError("for a test"))),
        LONG);

    await(fatal);
  }

  private static void await(AtomicBoolean told) {
    long end = System.nanoTime() + LONG.toNanos();
    while (!told.get() && System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    assertThat(told).isTrue();
  }

  @Test
  void saysWhetherItHasEnded() {
    var loop =
        new Loop(
            LoopTest::thread,
            new StepOf("step", () -> false, LONG::toNanos),
            signal,
            failures(),
            failure -> {});
    assertThat(loop.hasEnded()).isFalse();
    loop.start();
    assertThat(loop.hasEnded()).isFalse();
    assertThat(loop.stop(LONG)).isTrue();
    assertThat(loop.hasEnded()).isTrue();
  }

  @Test
  void looksWhetherTroubleIsOverEvenIfThereIsNothingElseToDo() throws Exception {
    var failures =
        new FailureLog(Duration.ofMillis(10), () -> 0); // a clock on which it is never over
    failures.failed("another loop", new IllegalStateException("for a test"));
    var passes = new CountDownLatch(2);
    started(
        () -> {
          passes.countDown();
          return false;
        },
        () -> Long.MAX_VALUE,
        failures);

    assertThat(passes.await(10, SECONDS)).isTrue();
  }

  @Test
  void endsWithTheVirtualMachine() throws Exception {
    var passes = new Semaphore(0);
    var loop =
        started(
            () -> {
              passes.release();
              throw new OutOfMemoryError("for a test");
            },
            Duration.ofMillis(1));

    assertThat(passes.tryAcquire(10, SECONDS)).isTrue();
    assertThat(loop.stop(LONG)).isTrue();
    assertThat(fatal).isTrue();
    assertThat(passes.availablePermits()).isZero();
  }

  @Test
  void endsAtOnceWhereItPauses() throws Exception {
    var failed = new CountDownLatch(1);
    var loop =
        started(
            () -> {
              failed.countDown();
              throw new IllegalStateException("away");
            },
            LONG);
    assertThat(failed.await(10, SECONDS)).isTrue();
    var before = System.nanoTime();

    assertThat(loop.stop(LONG)).isTrue();
    assertThat(System.nanoTime() - before).isLessThan(SECONDS.toNanos(1));
  }

  @Test
  void saysThatItHasNotEnded() throws Exception {
    var entered = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var loop =
        started(
            () -> {
              entered.countDown();
              awaitQuietly(goOn);
              return false;
            },
            LONG);
    assertThat(entered.await(10, SECONDS)).isTrue();

    assertThat(loop.stop(Duration.ofMillis(10))).isFalse();
    goOn.countDown();
  }

  @Test
  void isNotInterruptedByAFlagThatAListenerLeavesBehind() throws Exception {
    var flags = new CopyOnWriteArrayList<Boolean>();
    var passes = new CountDownLatch(3);
    var events = new Events(event -> Thread.currentThread().interrupt());
    started(
        () -> {
          flags.add(Thread.currentThread().isInterrupted());
          events.fire(() -> null);
          flags.add(Thread.currentThread().isInterrupted());
          passes.countDown();
          return passes.getCount() > 0;
        },
        LONG);

    assertThat(passes.await(10, SECONDS)).isTrue();
    assertThat(flags).containsOnly(false);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
