package org.batchengine;

import static java.util.Comparator.naturalOrder;
import static java.util.Comparator.reverseOrder;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchException;
import org.batchengine.model.BatchId;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.IdempotencyConflictException;
import org.batchengine.model.Submission;
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

    assertThat(engine.submit(keyed(List.of("a", "b")))).isEqualTo(first);
    assertThat(engine.history(HistoryQuery.all()).items()).hasSize(1);
  }

  @Test
  void tellsWhetherTheBatchIsNew() {
    var first = engine.submitOnce(keyed(List.of("a", "b")));
    var again = engine.submitOnce(keyed(List.of("a", "b")));
    var another = engine.submitOnce(BatchRequest.of(LENGTH, List.of("a", "b")));

    assertThat(first.isNew()).isTrue();
    assertThat(again).isEqualTo(new Submission(first.id(), false));
    assertThat(another.isNew()).isTrue();
    assertThat(another.id()).isNotEqualTo(first.id());
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
  void refusesACollectionOfOtherInputs() {
    var first = engine.submit(keyed(List.of("a", "b")));

    assertThatExceptionOfType(IdempotencyConflictException.class)
        .isThrownBy(() -> engine.submitOnce(keyed(List.of("a", "secret"))))
        .withMessageContaining("item 1 has another input")
        .satisfies(conflict -> assertThat(conflict.getMessage()).doesNotContain("secret"))
        .satisfies(conflict -> assertThat(conflict.existing()).isEqualTo(first));
  }

  @Test
  void refusesACollectionOfOtherKeys() {
    engine.submit(keyed(List.of("a", "b")).keyedBy(text -> text));

    assertThatExceptionOfType(IdempotencyConflictException.class)
        .isThrownBy(() -> engine.submit(keyed(List.of("a", "b")).keyedBy(text -> "x" + text)))
        .withMessageContaining("item 0 has another key");
  }

  @Test
  void comparesTheFirstHundredInputsOfACollection() {
    var first = engine.submit(keyed(texts(101)));
    var changed = new ArrayList<>(texts(101));
    changed.set(100, "other");

    assertThat(engine.submit(keyed(changed))).isEqualTo(first);
    changed.set(99, "other");
    assertThatExceptionOfType(IdempotencyConflictException.class)
        .isThrownBy(() -> engine.submit(keyed(changed)));
  }

  /** As a set in no order, or a release that writes one field more. */
  @Test
  void takesInputsForTheSameThatAreWrittenInAnotherWay() {
    var codec = new Sets(naturalOrder());
    var before = JobType.of("sets", codec, codec);
    var after = JobType.of("sets", new Sets(reverseOrder()), codec);
    var key = "key";
    var first =
        engine.submit(BatchRequest.of(before, List.of(Set.of("a", "b"))).idempotencyKey(key));

    assertThat(engine.submit(BatchRequest.of(after, List.of(Set.of("a", "b"))).idempotencyKey(key)))
        .isEqualTo(first);
    assertThatExceptionOfType(IdempotencyConflictException.class)
        .isThrownBy(
            () -> engine.submit(BatchRequest.of(after, List.of(Set.of("c"))).idempotencyKey(key)));
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

  private record Sets(Comparator<String> order) implements PayloadCodec<Set<String>> {
    @Override
    public String format() {
      return "sets";
    }

    @Override
    public String encode(Set<String> texts) {
      return texts.stream().sorted(order).collect(joining(","));
    }

    @Override
    public Set<String> decode(String text) {
      return Set.of(text.split(",", -1));
    }
  }

  private static final class Unreadable implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      throw new IllegalStateException("read");
    }
  }
}
