package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.LENGTH;
import static org.batchengine.EngineFixture.texts;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.BatchState;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ReadingTest {
  private static final BatchId UNKNOWN = BatchId.of("018f0000-0000-7000-8000-00000000dead");

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final Faults way = new Faults(world.memory);
  private final ManualEngine engine =
      world.engine(
          way,
          builder ->
              builder.register(
                  LENGTH, ReadingTest::length, JobOptions.defaults().retry(RetryPolicy.none())));

  private static int length(String text) {
    if (text.startsWith("bad")) {
      throw new IllegalArgumentException("bad text " + text.length());
    }
    return text.length();
  }

  @Test
  @DisplayName("REQ-B11 a batch is found, and an unknown one is not")
  void findsWhatThereIs() {
    var id = engine.submit(LENGTH, List.of("a"));

    assertThat(engine.find(id)).map(BatchJob::id).contains(id);
    assertThat(engine.find(UNKNOWN)).isEmpty();
  }

  static Stream<Arguments> lookUps() {
    return Stream.of(
        lookUp("status", engine -> engine.status(UNKNOWN)),
        lookUp("items", engine -> engine.items(UNKNOWN, ItemQuery.all())),
        lookUp("typed items", engine -> engine.items(LENGTH, UNKNOWN, ItemQuery.all())),
        lookUp("item by key", engine -> engine.item(UNKNOWN, "key")),
        lookUp("item by index", engine -> engine.item(UNKNOWN, 0)),
        lookUp("results", engine -> engine.results(LENGTH, UNKNOWN)),
        lookUp("errors", engine -> engine.errors(UNKNOWN, 0)),
        lookUp("errorGroups", engine -> engine.errorGroups(UNKNOWN, 1)));
  }

  private static Arguments lookUp(String name, Consumer<Batches> call) {
    return Arguments.argumentSet(name, call);
  }

  @ParameterizedTest
  @MethodSource("lookUps")
  @DisplayName("REQ-B11 an unknown id is said to be unknown")
  void saysThatThereIsNoSuchBatch(Consumer<Batches> call) {
    assertThatExceptionOfType(BatchNotFoundException.class).isThrownBy(() -> call.accept(engine));
  }

  @Nested
  @DisplayName("REQ-B11 items")
  class Items {

    @Test
    void areShownAsText() throws Exception {
      var id = done("a", "bb");

      assertThat(engine.items(id, ItemQuery.all()))
          .extracting(BatchItem::index, BatchItem::state, BatchItem::input, BatchItem::output)
          .containsExactly(
              tuple(0, ItemState.SUCCEEDED, "a", Optional.of("1")),
              tuple(1, ItemState.SUCCEEDED, "bb", Optional.of("2")));
    }

    @Test
    void areShownDecoded() throws Exception {
      var id = done("a", "bb");

      assertThat(engine.items(LENGTH, id, ItemQuery.all()))
          .map(item -> item.output().orElseThrow())
          .containsExactly(1, 2);
    }

    @Test
    void areNotDecodedAsAnotherType() throws Exception {
      var id = done("a");

      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.items(ECHO, id, ItemQuery.all()))
          .withMessageContaining("is of type length, not echo");
    }

    @Test
    void areDecodedWhenAskedForAlone() throws Exception {
      var id = done("a");
      var misread = JobType.of("length", Integer.class, Integer.class);

      var item = engine.items(misread, id, ItemQuery.all()).items().get(0);

      assertThat(item.output()).contains(1);
      assertThatExceptionOfType(PayloadException.class).isThrownBy(item::input);
    }

    @Test
    void arePaged() throws Exception {
      var id = done("a", "bad", "bb", "bad", "ccc");
      var failed = ItemQuery.inState(ItemState.FAILED).limit(1);

      var first = engine.items(id, failed);
      var second = engine.items(id, failed.after(first.next().orElseThrow()));

      assertThat(first).extracting(BatchItem::index).containsExactly(1);
      assertThat(second).extracting(BatchItem::index).containsExactly(3);
      assertThat(second.next()).isEmpty();
    }

    @Test
    void areFoundByIndexAndKey() {
      var id = engine.submit(BatchRequest.of(LENGTH, List.of("a", "bb")).keyedBy(t -> "k-" + t));

      assertThat(engine.item(id, 1)).map(BatchItem::input).contains("bb");
      assertThat(engine.item(id, "k-bb")).map(BatchItem::index).contains(1);
      assertThat(engine.item(id, 2)).isEmpty();
      assertThat(engine.item(id, -1)).isEmpty();
      assertThat(engine.item(id, "bb")).isEmpty();
    }
  }

  @Nested
  @DisplayName("REQ-B11 results")
  class Results {

    @Test
    void areTheSettledItemsInOrder() throws Exception {
      var id = done("a", "bad", "ccc");

      assertThat(engine.results(LENGTH, id))
          .map(item -> item.output().orElse(-1))
          .containsExactly(1, -1, 3);
    }

    @Test
    void areReadPageByPage() throws Exception {
      var id = engine.submit(LENGTH, texts(2_500));
      engine.await(id);
      way.forgetCalls();

      assertThat(engine.results(LENGTH, id).limit(1_000)).hasSize(1_000);
      assertThat(way.calls("settled")).isEqualTo(1);
      assertThat(engine.results(LENGTH, id)).map(BatchItem::index).hasSize(2_500).isSorted();
    }

    @Test
    void areNoneBeforeAnythingHasRun() {
      assertThat(engine.results(LENGTH, engine.submit(LENGTH, texts(3)))).isEmpty();
    }

    @Test
    void areNotDecodedAsAnotherType() throws Exception {
      var id = done("a");

      assertThatIllegalArgumentException().isThrownBy(() -> engine.results(ECHO, id));
    }
  }

  @Nested
  class Errors {

    @Test
    void areKeptOfAFailedItem() throws Exception {
      var id = done("a", "bad");

      assertThat(engine.errors(id, 1))
          .singleElement()
          .satisfies(error -> assertThat(error.attempt()).isEqualTo(1))
          .satisfies(error -> assertThat(error.type()).endsWith("IllegalArgumentException"))
          .satisfies(error -> assertThat(error.message()).isEqualTo("bad text 3"))
          .satisfies(error -> assertThat(error.stack()).contains("ReadingTest.length"))
          .satisfies(error -> assertThat(error.at()).isEqualTo(EngineFixture.START));
    }

    @Test
    void areNoneOfAnItemThatSucceededOrIsNotThere() throws Exception {
      var id = done("a");

      assertThat(engine.errors(id, 0)).isEmpty();
      assertThat(engine.errors(id, 77)).isEmpty();
    }

    @Test
    void areGroupedByWhatTheySay() throws Exception {
      var id = done("bad", "bad1", "fine", "bad22", "bad333");

      assertThat(engine.errorGroups(id, 5))
          .singleElement()
          .satisfies(group -> assertThat(group.count()).isEqualTo(4))
          .satisfies(group -> assertThat(group.share()).isEqualTo(1.0))
          .extracting(ErrorGroup::type)
          .isEqualTo("java.lang.IllegalArgumentException");
    }

    @Test
    void leadToTheItemsOfAGroup() throws Exception {
      var id = done("bad", "fine", "bad1");
      var group = engine.errorGroups(id, 1).get(0);

      assertThat(engine.items(id, ItemQuery.all().errorFingerprint(group.fingerprint())))
          .extracting(BatchItem::index)
          .containsExactly(0, 2);
    }

    @Test
    void areGroupedIntoOneGroupAtLeast() throws Exception {
      var id = done("bad");

      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.errorGroups(id, 0))
          .withMessageContaining("most: 0");
    }

    @Test
    void areShownWithTheItem() throws Exception {
      var id = done("bad");

      assertThat(engine.item(id, 0).orElseThrow().error()).map(ItemError::message).isPresent();
    }
  }

  @Nested
  class History {

    @Test
    void isNewestFirst() {
      var first = engine.submit(LENGTH, List.of("a"));
      world.pass(Duration.ofSeconds(1));
      var second = engine.submit(LENGTH, List.of("a"));

      assertThat(engine.history(HistoryQuery.all()))
          .extracting(BatchJob::id)
          .containsExactly(second, first);
    }

    @Test
    void isFiltered() throws Exception {
      var done = done("a");
      engine.submit(BatchRequest.of(LENGTH, List.of("a")).tenant("acme").submittedBy("alice"));

      assertThat(engine.history(HistoryQuery.all().state(BatchState.COMPLETED)))
          .extracting(BatchJob::id)
          .containsExactly(done);
      assertThat(engine.history(HistoryQuery.all().tenant("acme").submittedBy("alice"))).hasSize(1);
      assertThat(engine.history(HistoryQuery.all().type("other"))).isEmpty();
    }
  }

  private BatchId done(String... inputs) throws Exception {
    var id = engine.submit(LENGTH, List.of(inputs));
    assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    return id;
  }
}
