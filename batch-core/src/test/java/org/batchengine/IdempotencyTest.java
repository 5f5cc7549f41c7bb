package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.IdempotencyConflictException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class IdempotencyTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(way, builder -> builder.register(LENGTH, String::length));

  @Test
  void answersWithTheEarlierBatch() {
    var first = engine.submit(keyed(List.of("a", "b")));

    assertThat(engine.submit(keyed(List.of("c", "d")))).isEqualTo(first);
    assertThat(engine.history(HistoryQuery.all()).items()).hasSize(1);
  }

  @Test
  void answersWithTheEarlierBatchAfterItsEnd() throws Exception {
    var first = engine.submit(keyed(List.of("a")));
    engine.await(first);

    assertThat(engine.submit(keyed(List.of("a")))).isEqualTo(first);
  }

  @Test
  void doesNotReadTheSource() {
    var first = engine.submit(keyed(List.of("a")));

    assertThat(engine.submit(keyed(new Unreadable()))).isEqualTo(first);
  }

  @Test
  void closesAStreamThatItDoesNotRead() {
    var read = new AtomicBoolean();
    var closed = new AtomicBoolean();
    var stream = Stream.of("a").peek(text -> read.set(true)).onClose(() -> closed.set(true));
    engine.submit(keyed(List.of("a")));

    engine.submit(BatchRequest.of(LENGTH, stream).idempotencyKey("key"));

    assertThat(read).isFalse();
    assertThat(closed).isTrue();
  }

  @Test
  void isOfOneTenant() {
    var first = engine.submit(keyed(List.of("a")));

    assertThat(engine.submit(keyed(List.of("a")).tenant("other"))).isNotEqualTo(first);
  }

  @Test
  void refusesAnotherType() {
    var first = engine.submit(keyed(List.of("a")));
    var other = BatchRequest.of(ECHO, List.of("a")).idempotencyKey("key");

    assertThatExceptionOfType(IdempotencyConflictException.class)
        .isThrownBy(() -> engine.submit(other))
        .withMessageContaining("type is length, not echo")
        .satisfies(conflict -> assertThat(conflict.existing()).isEqualTo(first))
        .satisfies(conflict -> assertThat(conflict.key()).isEqualTo("key"));
  }

  @Test
  void refusesACollectionOfAnotherSize() {
    engine.submit(keyed(List.of("a", "b")));

    assertThatExceptionOfType(IdempotencyConflictException.class)
        .isThrownBy(() -> engine.submit(keyed(List.of("a", "b", "c"))))
        .withMessageContaining("2 items, not 3");
  }

  @Test
  void isFreeAgainWhenTheSourceFails() {
    assertThatThrownBy(() -> engine.submit(keyed(new Unreadable()))).hasMessage("read");

    assertThat(engine.status(engine.submit(keyed(texts(3)))).counts().total()).isEqualTo(3);
  }

  @Test
  void isFreeAgainWhenTheBatchIsDeleted() throws Exception {
    var first = engine.submit(keyed(List.of("a")));
    engine.await(first);
    engine.delete(first);

    assertThat(engine.submit(keyed(List.of("a")))).isNotEqualTo(first);
  }

  @Test
  void goesToWhoComesFirst() {
    var other = world.engine(builder -> builder);
    var first = new BatchId[1];
    way.before("begin", () -> first[0] = other.submit(keyed(List.of("a"))));

    assertThat(engine.submit(keyed(new Unreadable()))).isEqualTo(first[0]);
  }

  @Test
  void waitsForASubmitThatStillReads() throws Exception {
    var reading = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var first =
        CompletableFuture.supplyAsync(
            () -> engine.submit(slow(reading, goOn)), EngineFixture::onAThread);
    reading.await();
    way.forgetCalls();

    var second =
        CompletableFuture.supplyAsync(
            () -> engine.submit(keyed(new Unreadable())), EngineFixture::onAThread);
    await().until(() -> way.calls("findByKey") >= 3);
    assertThat(second).isNotDone();
    goOn.countDown();

    assertThat(second.get(10, TimeUnit.SECONDS)).isEqualTo(first.get(10, TimeUnit.SECONDS));
  }

  @Test
  void leavesAWaitThatIsInterrupted() throws Exception {
    var reading = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var first =
        CompletableFuture.supplyAsync(
            () -> engine.submit(slow(reading, goOn)), EngineFixture::onAThread);
    reading.await();
    var flag = new CompletableFuture<Boolean>();
    var second =
        CompletableFuture.supplyAsync(
            () -> {
              Thread.currentThread().interrupt();
              try {
                return engine.submit(keyed(new Unreadable()));
              } finally {
                flag.complete(Thread.interrupted());
              }
            },
            EngineFixture::onAThread);

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> second.get(10, TimeUnit.SECONDS))
        .havingCause()
        .isInstanceOf(BatchException.class)
        .withMessageStartingWith("interrupted while waiting for");
    assertThat(flag).isCompletedWithValue(true);
    goOn.countDown();
    first.get(10, TimeUnit.SECONDS);
  }

  private static BatchRequest<String> keyed(Iterable<String> items) {
    return BatchRequest.of(LENGTH, items).idempotencyKey("key");
  }

  private static BatchRequest<String> slow(CountDownLatch reading, CountDownLatch goOn) {
    return keyed(
        () -> {
          reading.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return List.of("a").iterator();
        });
  }

  private static final class Unreadable implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      throw new IllegalStateException("read");
    }
  }
}
