package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.START;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.AbstractCollection;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoreException;
import org.batchengine.model.Violation;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubmitTest {
  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(way, builder -> builder.register(LENGTH, String::length));

  @Test
  void keepsTheItemsOfAnIterableInOrder() {
    var id = engine.submit(LENGTH, List.of("a", "bb", "ccc"));

    assertThat(inputs(id)).containsExactly("a", "bb", "ccc");
  }

  @Test
  void keepsTheItemsOfAStreamInOrder() {
    var id = engine.submit(LENGTH, Stream.of("a", "bb", "ccc"));

    assertThat(inputs(id)).containsExactly("a", "bb", "ccc");
  }

  @Test
  @DisplayName("REQ-M3 more than the type's maximum is refused, before anything is kept")
  void refusesMoreThanTheMaximumOfTheType() {
    var bounds = JobOptions.defaults().maxTimeout(Duration.ofMinutes(1)).maxChunkSize(100);
    var here = world.engine(way, b -> b.register(LENGTH, String::length, bounds));
    var defaults = world.engine(way, b -> b.defaults(bounds));
    var request = BatchRequest.of(LENGTH, List.of("a"));
    for (Batches bounded : List.of(here, defaults, here.forTenant("acme"))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bounded.submit(request.timeout(Duration.ofMillis(60_001))))
          .withMessage(
              "timeout PT1M0.001S is above the maximum of job type \"length\" here, which is PT1M:"
                  + " ask for less, or raise JobOptions.maxTimeout");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bounded.submit(request.chunkSize(101)))
          .withMessage(
              "chunkSize 101 is above the maximum of job type \"length\" here, which is 100:"
                  + " ask for less, or raise JobOptions.maxChunkSize");
      assertThatExceptionOfType(InvalidRequestException.class)
          .isThrownBy(() -> bounded.submit(request.timeout(Duration.ofMinutes(2)).chunkSize(101)))
          .satisfies(
              e ->
                  assertThat(e.violations())
                      .extracting(Violation::path, Violation::code)
                      .containsExactly(tuple("timeout", "too_big"), tuple("chunkSize", "too_big")));
    }
    assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();

    var most = here.submit(request.timeout(Duration.ofMinutes(1)).chunkSize(100));
    assertThat(engine.status(most).timeout()).contains(Duration.ofMinutes(1));
    assertThat(engine.status(most).chunkSize()).contains(100);
  }

  @Test
  @DisplayName("REQ-M3 a batch's own number of retries leaves the delays of the type as they are")
  void keepsTheDelaysOfTheType() {
    var slowly = RetryPolicy.fixed(Duration.ofMinutes(5)).neverOnCode("E1");
    var here =
        world.engine(
            way, b -> b.register(LENGTH, String::length, JobOptions.defaults().retry(slowly)));
    var defaults = world.engine(way, b -> b.defaults(JobOptions.defaults().retry(slowly)));
    var request = BatchRequest.of(LENGTH, List.of("a"));

    for (Batches each : List.of(here, defaults, here.forTenant("acme"))) {
      assertThat(policy(each.submit(request.maxRetries(7)))).contains(slowly.maxRetries(7));
      assertThat(policy(each.submit(request.retry(RetryPolicy.none()).maxRetries(1))))
          .contains(RetryPolicy.none().maxRetries(1));
      assertThat(policy(each.submit(request))).isEmpty();
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> request.maxRetries(10_001))
        .withMessage("maxRetries 10001 is out of range: 0 to 10000");
  }

  private Optional<RetryPolicy> policy(BatchId id) {
    String text = world.memory.reading().header(id, null).orElseThrow().retryPolicy();
    return Optional.ofNullable(text).map(RetryPolicy::parse);
  }

  @Test
  @DisplayName("REQ-M1 REQ-U2 a batch is what its request says, its id included")
  void keepsWhatARequestSays() {
    var id = BatchId.of("018f0000-0000-7000-8000-000000000001");

    engine.submit(
        BatchRequest.of(LENGTH, List.of("a"))
            .id(id)
            .name("Night")
            .description("All of it")
            .tenant("acme")
            .submittedBy("alice")
            .priority(8)
            .metadata(Map.of("month", 11))
            .idempotencyKey("night-1")
            .retry(RetryPolicy.none()));

    var job = engine.status(id);
    assertThat(job.type()).isEqualTo("length");
    assertThat(job.name()).contains("Night");
    assertThat(job.description()).contains("All of it");
    assertThat(job.tenant()).isEqualTo("acme");
    assertThat(job.submittedBy()).contains("alice");
    assertThat(job.priority()).isEqualTo(8);
    assertThat(job.metadata()).isEqualTo("{\"month\":11}");
    assertThat(job.idempotencyKey()).contains("night-1");
    assertThat(job.createdAt()).isEqualTo(START);
    assertThat(job.state()).isEqualTo(BatchState.PENDING);
  }

  @Test
  @DisplayName("REQ-X1 an empty batch is complete at once, and divides nothing by zero")
  void completesAnEmptyBatchAtOnce() {
    var job = engine.status(engine.submit(LENGTH, List.of()));

    assertThat(job.state()).isEqualTo(BatchState.COMPLETED);
    assertThat(job.counts().total()).isZero();
    assertThat(job.endedAt()).contains(START);
    assertThat(job.toMap())
        .containsEntry("progress", 1.0)
        .containsEntry("success_rate", 0.0)
        .containsEntry("failure_rate", 0.0);
  }

  @Test
  void completesAnEmptyBatchWithAKeyAtOnce() {
    var request = BatchRequest.of(LENGTH, List.of()).idempotencyKey("none");

    assertThat(engine.status(engine.submit(request)).state()).isEqualTo(BatchState.COMPLETED);
  }

  @Test
  void keepsABatchOfManyPages() {
    var id = engine.submit(LENGTH, texts(48_001));

    assertThat(engine.status(id).counts().pending()).isEqualTo(48_001);
    assertThat(engine.item(id, 48_000).orElseThrow().input()).isEqualTo("item-48000");
    assertThat(way.calls("append")).isEqualTo(3);
  }

  @Test
  void keepsOnePageInOneCall() {
    engine.submit(LENGTH, texts(20_000));

    assertThat(way.calls()).contains("submit").doesNotContain("begin", "append", "open");
  }

  @Test
  @DisplayName("REQ-U2 a batch without an id gets one of version 7, in the order of creation")
  void makesAnIdWhereNoneIsGiven() {
    var ids = Stream.generate(() -> engine.submit(LENGTH, List.of("a"))).limit(100).toList();

    assertThat(ids).isSorted().doesNotHaveDuplicates();
    assertThat(ids).allMatch(id -> id.value().version() == 7);
  }

  @Test
  void refusesMetadataThatIsNoObjectBeforeAnythingIsWritten() {
    var request = BatchRequest.of(LENGTH, List.of("a")).metadata(List.of(1));

    assertThatIllegalArgumentException().isThrownBy(() -> engine.submit(request));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.submit(request.idempotencyKey("night-1")))
        .withMessageContaining("becomes no JSON object");
    assertThat(way.calls()).doesNotContain("submit", "begin", "append");
  }

  @Test
  void refusesAnIdThatIsTaken() {
    var id = engine.submit(LENGTH, List.of("first"));
    var second = BatchRequest.of(LENGTH, List.of("second")).id(id);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.submit(second))
        .withMessageContaining(id.toString());
    assertThat(inputs(id)).containsExactly("first");
  }

  @Test
  void refusesAnIdThatIsTakenByABatchOfManyPages() {
    var id = engine.submit(LENGTH, texts(24_000));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> engine.submit(BatchRequest.of(LENGTH, texts(28_000)).id(id)));
    assertThat(engine.status(id).counts().total()).isEqualTo(24_000);
  }

  private List<String> inputs(BatchId id) {
    return engine.items(id, ItemQuery.all()).items().stream().map(BatchItem::input).toList();
  }

  @Nested
  class Source {

    @Test
    @DisplayName("REQ-X5 items are read and stored page by page")
    void isReadPageByPage() {
      var read = new AtomicInteger();
      var readAtAppend = new ArrayList<Integer>();
      way.always(
          "append",
          (arguments, arrive) -> {
            readAtAppend.add(read.get());
            return arrive.call();
          });

      engine.submit(LENGTH, counted(48_000, read));

      assertThat(readAtAppend).containsExactly(20_000, 40_000, 48_000);
    }

    @Test
    void isReadInSmallerPagesWhereItemsAreLarge() {
      var megabyte = "x".repeat(1_000_000);

      engine.submit(ECHO, Stream.generate(() -> megabyte).limit(12));

      assertThat(way.calls("append")).isEqualTo(3);
    }

    @Test
    void isReadOnceOfAStream() {
      var request = BatchRequest.of(LENGTH, Stream.of("a"));
      engine.submit(request);

      assertThatIllegalStateException()
          .isThrownBy(() -> engine.submit(request.name("again")))
          .withMessageContaining("once");
    }

    @Test
    void isReadAnewOfAnIterable() {
      var request = BatchRequest.of(LENGTH, List.of("a", "b"));

      assertThat(inputs(engine.submit(request))).isEqualTo(inputs(engine.submit(request)));
    }

    @Test
    void isClosedIfItIsAStream() {
      var closed = new AtomicBoolean();

      engine.submit(LENGTH, Stream.of("a").onClose(() -> closed.set(true)));

      assertThat(closed).isTrue();
    }

    @Test
    void isClosedWhenTheSubmitFails() {
      var closed = new AtomicBoolean();
      way.loseCall("submit");

      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(() -> engine.submit(LENGTH, Stream.of("a").onClose(() -> closed.set(true))));
      assertThat(closed).isTrue();
    }

    @Test
    void isNotClaimableBeforeItsEnd() throws Exception {
      var seen = new ArrayList<BatchState>();
      var id = BatchId.of("018f0000-0000-7000-8000-000000000002");
      Iterable<String> source =
          () ->
              IntStream.range(0, 40_000)
                  .mapToObj(
                      i -> {
                        if (i == 28_000) {
                          engine.runUntilIdle();
                          seen.add(engine.status(id).state());
                        }
                        return "item-" + i;
                      })
                  .iterator();

      engine.submit(BatchRequest.of(LENGTH, source).id(id));

      assertThat(seen).containsExactly(BatchState.SUBMITTING);
      assertThat(engine.await(id).counts().succeeded()).isEqualTo(40_000);
    }

    @DisplayName("FAULT-B6 a source that lies about its size is read to its end all the same")
    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1, 7, Integer.MAX_VALUE})
    void mayLieAboutItsSize(int size) throws Exception {
      var lying =
          new AbstractCollection<String>() {
            @Override
            public Iterator<String> iterator() {
              return texts(3).iterator();
            }

            @Override
            public int size() {
              return size;
            }
          };

      assertThat(engine.await(engine.submit(LENGTH, lying)).counts().succeeded()).isEqualTo(3);
    }

    private Iterable<String> counted(int items, AtomicInteger read) {
      return () ->
          new Iterator<>() {
            @Override
            public boolean hasNext() {
              return read.get() < items;
            }

            @Override
            public String next() {
              return "item-" + read.getAndIncrement();
            }
          };
    }
  }
}
