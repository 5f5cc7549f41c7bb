package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.BatchEngine;
import org.batchengine.BatchRequest;
import org.batchengine.ItemProcessor;
import org.batchengine.JobOptions;
import org.batchengine.JobType;
import org.batchengine.ManualEngine;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.PayloadException;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StoredText;
import org.batchengine.store.BatchStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is kept of each text and number that a host can give, and what is refused: through the
 * engine, and the same on every store.
 */
abstract class LimitsContract {
  static final JobType<String, String> ECHO = JobType.of("echo", String.class, String.class);

  private static final int MOST_BYTES = 1_000;
  private static final String FOUR_BYTES = "\uD83D\uDE00";
  private static final JobOptions NO_RETRY = JobOptions.defaults().retry(RetryPolicy.none());

  BatchStore store;
  ManualEngine engine;

  /** An empty store, not open. */
  abstract BatchStore store();

  /** What the store has executed on its database since the last call. */
  abstract List<String> takeExecuted();

  abstract void dropStore();

  @BeforeEach
  void open() {
    store = store();
    engine = engine(builder -> builder.register(ECHO, input -> input, NO_RETRY));
  }

  @AfterEach
  void close() {
    engine.close();
    dropStore();
  }

  private ManualEngine engine(UnaryOperator<BatchEngine.Builder> options) {
    return options.apply(BatchEngine.builder(store).maxPayload(MOST_BYTES)).manual();
  }

  /** Another engine in the place of the one before. */
  private void reopen(UnaryOperator<BatchEngine.Builder> options) {
    engine.close();
    engine = engine(options);
  }

  /** A text of the host that is kept beside payloads: how it is given, and what is read then. */
  enum Text {
    NAME("name", 200, given((request, text) -> request.name(text), job -> job.name())),
    DESCRIPTION(
        "description",
        2_000,
        given((request, text) -> request.description(text), job -> job.description())),
    TENANT(
        "tenant",
        100,
        given((request, text) -> request.tenant(text), job -> Optional.of(job.tenant()))),
    SUBMITTED_BY(
        "submittedBy",
        200,
        given((request, text) -> request.submittedBy(text), job -> job.submittedBy())),
    IDEMPOTENCY_KEY(
        "idempotencyKey",
        200,
        given((request, text) -> request.idempotencyKey(text), job -> job.idempotencyKey())),
    KEY(
        "key",
        200,
        (test, text) -> {
          BatchId id = test.engine.submit(test.request().keyedBy(input -> text));
          return test.engine.item(id, text).orElseThrow().key().orElseThrow();
        }),
    FORMAT(
        "format of the input codec",
        100,
        (test, text) -> {
          Coded codec = new Coded(text);
          BatchId id = test.engine.submit(JobType.of("coded", codec, codec), List.of("input"));
          return test.store.reading().header(id, null).orElseThrow().outputFormat();
        }),
    REASON(
        "reason",
        2_000,
        (test, text) -> {
          BatchId id = test.engine.submit(test.request());
          test.takeExecuted();
          test.engine.pause(id, text);
          return test.engine.status(id).stateReason().orElseThrow();
        });

    final String word;
    final int most;

    @SuppressWarnings("ImmutableEnumChecker") // a lambda that holds nothing
    private final Keep keep;

    Text(String word, int most, Keep keep) {
      this.word = word;
      this.most = most;
      this.keep = keep;
    }

    private interface Keep {
      String kept(LimitsContract test, String text);
    }

    private interface Given {
      BatchRequest<String> in(BatchRequest<String> request, String text);
    }

    private static Keep given(Given given, Function<BatchJob, Optional<String>> read) {
      return (test, text) -> {
        BatchId id = test.engine.submit(given.in(test.request(), text));
        return read.apply(test.engine.status(id)).orElseThrow();
      };
    }
  }

  private BatchRequest<String> request() {
    return BatchRequest.of(ECHO, List.of("input"));
  }

  static Stream<String> unstorable() {
    return Stream.of("a\0", "a\uD83Db", "\uDE00a", "a\uD83D", "\uDE00\uD83D");
  }

  @Nested
  class TextsOfTheHost {
    @ParameterizedTest
    @EnumSource
    @DisplayName("FAULT-B1 FAULT-S1 texts up to their limit come back as they were given")
    void areKept(Text text) {
      Stream<String> longest =
          Stream.of("x", "\u4E2D", FOUR_BYTES).map(c -> c.repeat(text.most / c.length()));
      Stream<String> all = Stream.concat(longest, Texts.awkward().filter(any -> !any.isBlank()));

      assertThat(all)
          .allSatisfy(any -> assertThat(text.keep.kept(LimitsContract.this, any)).isEqualTo(any));
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("FAULT-B1 FAULT-S1 what cannot be kept is refused before any SQL")
    void areRefused(Text text) {
      Stream.of("x", FOUR_BYTES)
          .map(c -> c.repeat(text.most / c.length()) + "y")
          .forEach(tooLong -> isRefused(text, tooLong, String.valueOf(text.most)));
      Stream.of("", " ", "\t\n", "\u2003").forEach(blank -> isRefused(text, blank, "blank"));
      unstorable().forEach(bad -> isRefused(text, bad, "has "));
    }

    private void isRefused(Text text, String bad, String why) {
      int batches = engine.history(HistoryQuery.all()).items().size();
      takeExecuted();

      Throwable thrown = catchThrowable(() -> text.keep.kept(LimitsContract.this, bad));

      assertThat(takeExecuted()).isEmpty();
      assertThat(thrown)
          .isInstanceOfAny(IllegalArgumentException.class, InvalidItemException.class)
          .hasMessageContaining(text.word)
          .hasMessageContaining(why);
      if (text == Text.REASON) {
        assertThat(engine.history(HistoryQuery.all().limit(1)).items().get(0).stateReason())
            .isEmpty();
      } else {
        assertThat(engine.history(HistoryQuery.all()).items()).hasSize(batches);
      }
    }

    @Test
    void ofTheNodeAreKeptAtTheirLimit() {
      reopen(builder -> builder.node("\u4E2D".repeat(200)).register(ECHO, input -> input));

      BatchId id = engine.submit(request());

      assertThat(engine.pause(id, "because").changed()).isTrue();
      assertThat(engine.resume(id, "because").changed()).isTrue();
      assertThat(engine.await(id).counts().succeeded()).isOne();
    }

    @Test
    void ofTheTypeAreKeptAtTheirLimit() {
      JobType<String, String> longest = JobType.of("t".repeat(100), String.class, String.class);
      reopen(builder -> builder.register(longest, input -> input));

      assertThat(engine.await(engine.submit(longest, List.of("input"))).type())
          .isEqualTo(longest.name());
    }

    @Test
    void ofTheRetryPolicyAreKeptAtTheirLimit() {
      RetryPolicy policy = RetryPolicy.none();
      int room = RetryPolicy.MAX_TEXT_LENGTH - policy.toText().length() - " codes=".length();
      for (; room > 0; room -= 301) {
        policy =
            policy.neverOnCode(("c" + room + "x".repeat(300)).substring(0, Math.min(300, room)));
      }
      assertThat(policy.toText()).hasSizeBetween(1_990, 2_000);

      assertThat(engine.await(engine.submit(request().retry(policy))).counts().succeeded()).isOne();
    }

    @Test
    void ofMetadataAreKeptAtTheirLimit() {
      String longest = "{\"a\":\"" + FOUR_BYTES.repeat((65_536 - 8) / 2) + "\"}";

      BatchId id = engine.submit(request().metadataJson(longest));

      assertThat(engine.status(id).metadata()).isEqualTo(longest);
      unstorable()
          .forEach(
              bad ->
                  assertThatIllegalArgumentException()
                      .isThrownBy(() -> request().metadata(Map.of("a", bad)))
                      .withMessageContaining("metadata.\"a\" has "));
    }
  }

  @Nested
  class Payloads {

    static Stream<String> kept() {
      return Stream.concat(
          Texts.awkward(), Stream.of("x".repeat(MOST_BYTES), FOUR_BYTES.repeat(MOST_BYTES / 4)));
    }

    static Stream<String> refused() {
      return Stream.concat(
          unstorable(),
          Stream.of(
              "x".repeat(10_000_000),
              "x".repeat(MOST_BYTES + 1),
              FOUR_BYTES.repeat(MOST_BYTES / 4) + "y"));
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 payloads come back as they were given")
    void areKept() {
      List<String> inputs = kept().toList();

      BatchId id = engine.submit(ECHO, inputs);
      engine.await(id);

      assertThat(engine.results(ECHO, id))
          .hasSize(inputs.size())
          .allSatisfy(
              item -> {
                assertThat(item.input()).isEqualTo(inputs.get(item.index()));
                assertThat(item.output()).contains(inputs.get(item.index()));
              });
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 an input that cannot be kept is refused before any SQL")
    void areRefusedAsInputs() {
      takeExecuted();

      assertThat(refused())
          .allSatisfy(
              input ->
                  assertThatThrownBy(() -> engine.submit(ECHO, List.of("fine", input)))
                      .isInstanceOf(InvalidItemException.class)
                      .hasMessageStartingWith("item 1 is invalid: input: has "));
      assertThat(takeExecuted()).isEmpty();
      assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 an output that cannot be kept fails its item alone")
    void failTheirItemAsOutputs() {
      reopen(
          builder ->
              builder.register(ECHO, (input, context) -> outputs().get(context.index()), NO_RETRY));

      outputsFailTheirItems();
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B2 an output of a bulk processor fails its item alone")
    void failTheirItemAsOutputsInBulk() {
      reopen(
          builder ->
              builder.registerBulk(
                  ECHO,
                  chunk -> chunk.forEach(item -> item.succeed(outputs().get(item.index()))),
                  NO_RETRY));

      outputsFailTheirItems();
    }

    private List<String> outputs() {
      List<String> outputs = new ArrayList<>();
      refused().forEach(bad -> outputs.addAll(List.of("fine", bad)));
      outputs.add("fine");
      return outputs;
    }

    private void outputsFailTheirItems() {
      BatchId id = engine.submit(ECHO, outputs().stream().map(output -> "input").toList());
      engine.await(id);

      assertThat(engine.results(ECHO, id))
          .hasSize(outputs().size())
          .allSatisfy(
              item -> {
                boolean isFine = outputs().get(item.index()).equals("fine");
                assertThat(item.state()).isEqualTo(isFine ? ItemState.SUCCEEDED : ItemState.FAILED);
                assertThat(item.error().map(ItemError::type))
                    .isEqualTo(isFine ? Optional.empty() : Optional.of("REFUSED_OUTPUT"));
              });
      assertThat(engine.errors(id, outputs().size() - 2).get(0).message())
          .isEqualTo("output: 1001 bytes exceed the limit of 1000 (maxPayload)");
    }

    @Test
    void ofAnotherTypeThanTheCodecsAreRefused() {
      @SuppressWarnings({"unchecked", "rawtypes"})
      Iterable<String> wrong = (Iterable) List.of("fine", 5);

      assertThatThrownBy(() -> engine.submit(ECHO, wrong))
          .isInstanceOf(InvalidItemException.class)
          .hasMessageContaining("item 1")
          .hasMessageContaining("java.lang.Integer");
      assertThat(engine.history(HistoryQuery.all()).items()).isEmpty();
    }

    @Test
    void thatCannotBeDecodedFailTheirItemAlone() {
      JobType<Integer, String> numbers = JobType.of("echo", Integer.class, String.class);
      BatchId id = engine.submit(ECHO, List.of("1", "one", "3"));
      reopen(builder -> builder.register(numbers, number -> "number " + number));
      engine.await(id);

      List<BatchItem<Integer, String>> items = engine.results(numbers, id).toList();

      assertThat(items)
          .extracting(BatchItem::state)
          .containsExactly(ItemState.SUCCEEDED, ItemState.FAILED, ItemState.SUCCEEDED);
      assertThat(items.get(2).input()).isEqualTo(3);
      assertThatThrownBy(() -> items.get(1).input())
          .isInstanceOf(PayloadException.class)
          .hasMessageNotContaining("one");
      assertThat(engine.errors(id, 1).get(0).message()).contains("java.lang.Integer");
    }
  }

  @Nested
  class TextsOfTheEngine {

    static Stream<String> hostile() {
      return Stream.of(
              unstorable(),
              Texts.awkward(),
              Stream.of(299, 300, 1_999, 2_000, 16_000)
                  .flatMap(
                      length ->
                          Stream.of(
                              "x".repeat(length),
                              "x".repeat(length) + "y",
                              "x".repeat(length - 1) + FOUR_BYTES.repeat(3),
                              FOUR_BYTES.repeat(length))))
          .flatMap(texts -> texts);
    }

    private List<BatchItem<String, String>> ended(ItemProcessor<String, String> processor) {
      reopen(builder -> builder.register(ECHO, processor, NO_RETRY));
      int count = hostile().toList().size();
      BatchId id =
          engine.submit(ECHO, IntStream.range(0, count).mapToObj(String::valueOf).toList());
      engine.await(id);
      assertThat(engine.status(id).counts().total()).isEqualTo(count);
      return engine.items(id, ItemQuery.all().limit(1_000)).items();
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B3 reasons of skips are cleaned and cut")
    void areReasonsOfSkips() {
      List<String> given = hostile().toList();

      assertThat(ended((input, context) -> context.skip(given.get(context.index()))))
          .allSatisfy(
              item -> {
                assertThat(item.state()).isEqualTo(ItemState.SKIPPED);
                assertThat(item.reason()).contains(cleaned(given.get(item.index()), 2_000));
              });
    }

    @Test
    @DisplayName("FAULT-B1 FAULT-B3 codes and messages are cleaned and cut")
    void areCodesAndMessages() {
      List<String> given = hostile().toList();

      assertThat(
              ended(
                  (input, context) ->
                      context.giveUp(given.get(context.index()), given.get(context.index()))))
          .allSatisfy(
              item -> {
                String text = given.get(item.index());
                ItemError error = item.error().orElseThrow();
                assertThat(error.type()).isEqualTo(text.isBlank() ? "ERROR" : cleaned(text, 300));
                assertThat(error.message()).isEqualTo(cleaned(text, 2_000));
              });
    }

    @Test
    @DisplayName(
        "FAULT-B1 FAULT-B3 REQ-X2 what exceptions say is cleaned and cut, and their cause kept")
    void areExceptions() {
      List<String> given = hostile().toList();

      assertThat(
              ended(
                  (input, context) -> {
                    String text = given.get(context.index());
                    throw new IllegalStateException(text, new IllegalStateException(text));
                  }))
          .allSatisfy(
              item -> {
                ItemError error = item.error().orElseThrow();
                assertThat(error.message()).isEqualTo(cleaned(given.get(item.index()), 2_000));
                assertThat(StoredText.problem(error.stack())).isEmpty();
                assertThat(error.stack()).hasSizeLessThanOrEqualTo(16_000).contains("Caused by: ");
              });
    }

    @Test
    @DisplayName("FAULT-B3 a message of 5 MB is cut")
    void areLongMessages() {
      String text = FOUR_BYTES.repeat(1_250_000);
      reopen(
          builder ->
              builder.register(
                  ECHO,
                  (input, context) -> {
                    throw new IllegalStateException(text);
                  },
                  NO_RETRY));

      BatchId id = engine.submit(request());
      engine.await(id);

      assertThat(engine.errors(id, 0).get(0).message()).isEqualTo(cleaned(text, 2_000));
    }

    /** The text as code points, which a cut never halves. */
    private String cleaned(String text, int most) {
      StringBuilder clean = new StringBuilder();
      text.codePoints()
          .map(c -> c == 0 || (c >= 0xD800 && c <= 0xDFFF) ? 0xFFFD : c)
          .forEach(clean::appendCodePoint);
      if (clean.length() <= most) {
        return clean.toString();
      }
      int end = most - 1;
      return clean.substring(0, Character.isHighSurrogate(clean.charAt(end - 1)) ? end - 1 : end)
          + "\u2026";
    }
  }

  @Nested
  class Questions {
    private BatchId earlier;
    private BatchId id;

    @BeforeEach
    void submit() {
      reopen(
          builder ->
              builder.register(
                  ECHO, (input, context) -> context.giveUp("CODE", "message"), NO_RETRY));
      earlier = engine.submit(request());
      id = engine.submit(request().keyedBy(input -> "key"));
      engine.await(earlier);
      engine.await(id);
    }

    @Test
    @DisplayName("no index of one batch is that of another's item")
    void findNothingAtPlacesThatAreNot() {
      for (int index : new int[] {-1, Integer.MIN_VALUE, 1, Integer.MAX_VALUE}) {
        assertThat(engine.item(id, index)).isEmpty();
        assertThat(engine.errors(id, index)).as("index %d", index).isEmpty();
        assertThat(engine.item(earlier, index)).isEmpty();
        assertThat(engine.errors(earlier, index)).isEmpty();
      }
    }

    @Test
    void refuseKeysThatNoItemHas() {
      takeExecuted();

      assertThat(Stream.concat(unstorable(), Stream.of("", " ", "k".repeat(201))))
          .allSatisfy(
              key ->
                  assertThatIllegalArgumentException()
                      .isThrownBy(() -> engine.item(id, key))
                      .withMessageStartingWith("key "));
      assertThat(takeExecuted()).isEmpty();
    }

    @Test
    @DisplayName("FAULT-S1 texts of questions mean themselves")
    void takeTextsAsTheyStand() {
      assertThat(Texts.awkward().filter(text -> !text.isBlank())).allSatisfy(this::findsNothing);
    }

    private void findsNothing(String text) {
      assertThat(engine.item(id, text)).isEmpty();
      assertThat(engine.items(id, ItemQuery.all().errorType(text)).items()).isEmpty();
      assertThat(engine.items(id, ItemQuery.all().errorFingerprint(text)).items()).isEmpty();
      HistoryQuery all = HistoryQuery.all();
      assertThat(engine.history(all.type(text)).items()).isEmpty();
      assertThat(engine.history(all.tenant(text)).items()).isEmpty();
      assertThat(engine.history(all.submittedBy(text)).items()).isEmpty();
      assertThat(engine.history(all.idempotencyKey(text)).items()).isEmpty();
      assertThat(engine.history(all.nameContains(text)).items()).isEmpty();
      assertThat(engine.deleteSubmittedBy(text)).isZero();
      assertThat(engine.retryFailed(id, FailedItems.keyed(text), "because").changed()).isFalse();
      assertThat(engine.retryFailed(id, FailedItems.ofType(text), "because").changed()).isFalse();
      assertThat(engine.forTenant(text).find(id)).isEmpty();
    }

    @Test
    void findNothingAfterACursorOfNowhere() {
      assertThat(
              Stream.of(-2L, Long.MIN_VALUE, (long) Integer.MAX_VALUE, Long.MAX_VALUE)
                  .map(String::valueOf))
          .allSatisfy(
              cursor ->
                  assertThat(engine.items(id, ItemQuery.all().after(cursor)).items()).isEmpty());
    }

    @Test
    void refuseACursorThatIsNone() {
      assertThat(Stream.of("x", "1.5", "9223372036854775808", " ", "1\n2", "'; --"))
          .allSatisfy(
              cursor -> {
                assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.items(id, ItemQuery.all().after(cursor)))
                    .withMessageStartingWith("after: " + StoredText.quoted(cursor));
                assertThatIllegalArgumentException()
                    .isThrownBy(() -> engine.history(HistoryQuery.all().after(cursor)))
                    .withMessageStartingWith("after: " + StoredText.quoted(cursor));
              });
    }

    @Test
    void takeTheGreatestNumbers() {
      assertThat(engine.history(HistoryQuery.all().offset(Integer.MAX_VALUE)).items()).isEmpty();
      assertThat(engine.errorGroups(id, Integer.MAX_VALUE)).hasSize(1);
      assertThat(engine.retryFailed(id, FailedItems.at(Integer.MAX_VALUE), "because").changed())
          .isFalse();
    }

    @Test
    void takeTheTimesAtBothEnds() {
      HistoryQuery ever =
          HistoryQuery.all()
              .createdAfter(Instant.parse("0001-01-01T00:00:00Z"))
              .createdBefore(Instant.parse("9999-12-31T23:59:59Z"));

      assertThat(engine.history(ever).items()).hasSize(2);
    }
  }

  /** Text as it stands, in a format of any name. */
  private record Coded(String format) implements PayloadCodec<String> {
    @Override
    public String encode(String payload) {
      return payload;
    }

    @Override
    public String decode(String text) {
      return text;
    }
  }
}
