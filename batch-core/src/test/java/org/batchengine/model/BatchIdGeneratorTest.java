package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("REQ-U2 new ids are of version 7 and rise")
class BatchIdGeneratorTest {
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00.123Z");

  private final AtomicLong millis = new AtomicLong(NOW.toEpochMilli());
  private final InstantSource clock = () -> Instant.ofEpochMilli(millis.get());
  private final BatchIdGenerator generator = BatchIdGenerator.of(clock, new Random(7));

  @Test
  void makesVersionSeven() {
    assertThat(generator.next().value().version()).isEqualTo(7);
  }

  @Test
  void makesTheVariantOfTheRfc() {
    assertThat(generator.next().value().variant()).isEqualTo(2);
  }

  @Test
  void putsTheMillisecondsFirst() {
    assertThat(timeOf(generator.next())).isEqualTo(NOW.toEpochMilli());
  }

  @Test
  void risesWithinOneMillisecond() {
    assertThat(ids(10_000)).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void takesTheNextMillisecondWhenOneIsUsedUp() {
    List<BatchId> ids = ids(5_000);
    assertThat(timeOf(ids.get(4_999))).isBetween(NOW.toEpochMilli() + 1, NOW.toEpochMilli() + 3);
  }

  @ParameterizedTest
  @Tag("FAULT-C1")
  @ValueSource(longs = {1, 600_000, 86_400_000, Long.MAX_VALUE / 2})
  void risesWhenTheClockStepsBack(long step) {
    BatchId before = generator.next();
    millis.addAndGet(-step);
    assertThat(generator.next()).isGreaterThan(before);
  }

  @Test
  void risesWithTheClock() {
    BatchId before = generator.next();
    millis.addAndGet(86_400_000);
    assertThat(timeOf(generator.next())).isGreaterThan(timeOf(before));
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void risesOverAnyClock(long seed) {
    Random steps = new Random(seed);
    List<BatchId> ids = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      millis.addAndGet(steps.nextInt(5) - 2);
      ids.add(generator.next());
    }
    assertThat(ids).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void differsFromThatOfAnotherNode() {
    BatchIdGenerator other = BatchIdGenerator.of(clock, new Random(8));
    assertThat(generator.next()).isNotEqualTo(other.next());
  }

  @Test
  void repeatsWithTheSameSeedAndClock() {
    BatchIdGenerator same = BatchIdGenerator.of(clock, new Random(7));
    assertThat(generator.next()).isEqualTo(same.next());
  }

  @Test
  void refusesTheRandomnessOfAThread() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchIdGenerator.of(clock, ThreadLocalRandom.current()))
        .withMessageContaining("SecureRandom");
  }

  @Test
  void letsOneThreadInAtATime() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    BatchIdGenerator slow = BatchIdGenerator.of(clock, () -> stay(entered, leave));
    Thread first = new Thread(slow::next);
    Thread second = new Thread(slow::next);
    first.start();
    entered.await();
    second.start();
    while (second.isAlive() && !waitsFor(slow, second)) {
      Thread.onSpinWait();
    }
    boolean secondWaits = second.isAlive();
    leave.countDown();
    first.join();
    second.join();
    assertThat(secondWaits).isTrue();
  }

  private static boolean waitsFor(Object lock, Thread thread) {
    ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(thread.getId());
    return info != null
        && info.getLockInfo() != null
        && info.getLockInfo().getIdentityHashCode() == System.identityHashCode(lock);
  }

  /** The first to come stays until it may leave. */
  private static long stay(CountDownLatch entered, CountDownLatch leave) {
    if (entered.getCount() == 1) {
      entered.countDown();
      try {
        leave.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return 0;
  }

  @Test
  void sortsByTextAsByValue() {
    List<BatchId> ids = ids(1_000);
    Collections.shuffle(ids, new Random(1));
    assertThat(ids.stream().map(BatchId::toString).sorted())
        .containsExactlyElementsOf(ids.stream().sorted().map(BatchId::toString).toList());
  }

  private List<BatchId> ids(int count) {
    return new ArrayList<>(IntStream.range(0, count).mapToObj(i -> generator.next()).toList());
  }

  private static long timeOf(BatchId id) {
    return id.value().getMostSignificantBits() >>> 16;
  }
}
