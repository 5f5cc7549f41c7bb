package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.model.BatchId;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchRequestTest {
  private static final JobType<String, Integer> LENGTH =
      JobType.of("length", String.class, Integer.class);
  private static final BatchRequest<String> REQUEST =
      BatchRequest.of(LENGTH, List.of("one", "three"));
  private static final PayloadCodecs CODECS = PayloadCodecs.standard();

  @Test
  @DisplayName("REQ-M1 a request has meaningful defaults")
  void hasTheDocumentedDefaults() {
    assertThat(REQUEST.type()).isEqualTo(LENGTH);
    assertThat(REQUEST.id()).isEmpty();
    assertThat(REQUEST.key()).isEmpty();
    assertThat(REQUEST.name()).isEmpty();
    assertThat(REQUEST.description()).isEmpty();
    assertThat(REQUEST.tenant()).isEqualTo("default");
    assertThat(REQUEST.submittedBy()).isEmpty();
    assertThat(REQUEST.priority()).isEqualTo(5);
    assertThat(REQUEST.metadataText(CODECS)).isEqualTo("{}");
    assertThat(REQUEST.idempotencyKey()).isEmpty();
    assertThat(REQUEST.startAt()).isEmpty();
    assertThat(REQUEST.deadline()).isEmpty();
    assertThat(REQUEST.toleratedFailures()).isEmpty();
    assertThat(REQUEST.toleratedRate()).isEmpty();
    assertThat(REQUEST.retry()).isEmpty();
    assertThat(REQUEST.maxRetries()).isEmpty();
    assertThat(REQUEST.timeout()).isEmpty();
    assertThat(REQUEST.chunkSize()).isEmpty();
  }

  @Test
  void keepsWhatIsSet() {
    var id = new BatchId(UUID.fromString("01936d3c-0000-7000-8000-000000000000"));
    var due = Instant.parse("2026-12-01T00:00:00Z");
    var policy = RetryPolicy.none();

    var request =
        REQUEST
            .id(id)
            .keyedBy(text -> "key-" + text)
            .name("Lengths")
            .description("Lengths of words")
            .tenant("acme")
            .submittedBy("alice")
            .priority(8)
            .metadataJson("{\"a\": 1}")
            .idempotencyKey("lengths-1")
            .startAt(due)
            .deadline(Duration.ofHours(6))
            .tolerateFailures(10)
            .tolerateFailureRate(0.05)
            .retry(policy)
            .maxRetries(7)
            .timeout(Duration.ofNanos(1_500_000_999))
            .chunkSize(10_000);

    assertThat(request.id()).contains(id);
    assertThat(request.key().orElseThrow().apply("one")).isEqualTo("key-one");
    assertThat(request.name()).contains("Lengths");
    assertThat(request.description()).contains("Lengths of words");
    assertThat(request.tenant()).isEqualTo("acme");
    assertThat(request.submittedBy()).contains("alice");
    assertThat(request.priority()).isEqualTo(8);
    assertThat(request.metadataText(CODECS)).isEqualTo("{\"a\": 1}");
    assertThat(request.idempotencyKey()).contains("lengths-1");
    assertThat(request.startAt()).contains(due);
    assertThat(request.deadline()).contains(Duration.ofHours(6));
    assertThat(request.toleratedFailures()).contains(10L);
    assertThat(request.toleratedRate()).contains(0.05);
    assertThat(request.retry()).containsSame(policy);
    assertThat(request.maxRetries()).contains(7);
    assertThat(request.timeout()).contains(Duration.ofMillis(1_500));
    assertThat(request.chunkSize()).contains(10_000);
  }

  @Test
  void isNotChangedByItsMethods() {
    REQUEST.name("other").tenant("other").priority(1).metadataJson("{\"other\":1}");

    assertThat(REQUEST.name()).isEmpty();
    assertThat(REQUEST.tenant()).isEqualTo("default");
    assertThat(REQUEST.priority()).isEqualTo(5);
    assertThat(REQUEST.metadataText(CODECS)).isEqualTo("{}");
  }

  @Test
  void printsNoItems() {
    assertThat(REQUEST.name("Lengths").metadata(Map.of("secret", "s3cret")).toString())
        .contains("length", "Lengths")
        .doesNotContain("three", "s3cret");
  }

  @Test
  void refusesNull() {
    assertThatNullPointerException()
        .isThrownBy(() -> BatchRequest.of(null, List.of()))
        .withMessage("type");
    assertThatNullPointerException()
        .isThrownBy(() -> BatchRequest.of(LENGTH, (List<String>) null))
        .withMessage("items");
    assertThatNullPointerException().isThrownBy(() -> REQUEST.name(null)).withMessage("name");
    assertThatNullPointerException().isThrownBy(() -> REQUEST.startAt(null)).withMessage("startAt");
    assertThatNullPointerException()
        .isThrownBy(() -> REQUEST.deadline(null))
        .withMessage("deadline");
    assertThatNullPointerException().isThrownBy(() -> REQUEST.keyedBy(null)).withMessage("key");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 10, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void refusesAPriorityOutOfRange(int priority) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.priority(priority))
        .withMessage("priority " + priority + " is out of range: 0 to 9");
  }

  @Test
  void takesThePrioritiesAtBothEnds() {
    assertThat(REQUEST.priority(0).priority()).isZero();
    assertThat(REQUEST.priority(9).priority()).isEqualTo(9);
  }

  @Test
  void refusesADueTimeThatNoDatabaseKeeps() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.startAt(Instant.MAX))
        .withMessage(
            "startAt %s is out of range: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z"
                .formatted(Instant.MAX));
    assertThatIllegalArgumentException().isThrownBy(() -> REQUEST.startAt(Instant.MIN));
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 2_147_483_648L, Long.MIN_VALUE, Long.MAX_VALUE})
  void refusesAnAbsurdNumberOfToleratedFailures(long failures) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.tolerateFailures(failures))
        .withMessage("tolerateFailures " + failures + " is out of range: 0 to 2147483647");
  }

  @Test
  void takesToleratedFailuresAtBothEnds() {
    assertThat(REQUEST.tolerateFailures(0).toleratedFailures()).contains(0L);
    assertThat(REQUEST.tolerateFailures(2_147_483_647).toleratedFailures())
        .contains(2_147_483_647L);
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {-0.01, -Double.MIN_VALUE, 1.01, 5, Double.NaN, Double.NEGATIVE_INFINITY, 1e300})
  void refusesAToleratedRateThatIsNoShare(double rate) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.tolerateFailureRate(rate))
        .withMessage("tolerateFailureRate " + rate + " is out of range: 0.0 to 1.0");
  }

  @Test
  void takesToleratedRatesAtBothEnds() {
    assertThat(REQUEST.tolerateFailureRate(0).toleratedRate()).contains(0.0);
    assertThat(REQUEST.tolerateFailureRate(-0.0).toleratedRate()).contains(0.0);
    assertThat(REQUEST.tolerateFailureRate(1).toleratedRate()).contains(1.0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT0.000999999S", "PT8760H0.000000001S"})
  void refusesATimeoutOutOfRange(Duration perCall) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.timeout(perCall))
        .withMessage("timeout %s is out of range: PT0.001S to PT8760H".formatted(perCall));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 10_001})
  void refusesAChunkSizeOutOfRange(int most) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.chunkSize(most))
        .withMessage("chunkSize " + most + " is out of range: 1 to 10000");
  }

  @Test
  void takesDeadlinesAtBothEnds() {
    var shortest = Duration.ofMillis(1);
    var longest = Duration.ofDays(3_650);

    assertThat(REQUEST.deadline(shortest).deadline()).contains(shortest);
    assertThat(REQUEST.deadline(longest).deadline()).contains(longest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT0.000999999S", "PT87600H0.000000001S"})
  void refusesAnAbsurdDeadline(String text) {
    var deadline = Duration.parse(text);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> REQUEST.deadline(deadline))
        .withMessage("deadline " + deadline + " is out of range: PT0.001S to PT87600H");
  }

  @Test
  void tellsATenantThatWasGivenFromTheDefault() {
    assertThat(REQUEST.namedTenant()).isEmpty();
    assertThat(REQUEST.tenant("default").namedTenant()).contains("default");
  }

  @Nested
  class Text {

    static Stream<Arguments> fields() {
      return Stream.of(
          field("name", 200, BatchRequest::name),
          field("description", 2_000, BatchRequest::description),
          field("tenant", 100, BatchRequest::tenant),
          field("submittedBy", 200, BatchRequest::submittedBy),
          field("idempotencyKey", 200, BatchRequest::idempotencyKey));
    }

    private static Arguments field(
        String name, int most, BiFunction<BatchRequest<String>, String, ?> setter) {
      return argumentSet(name, name, most, setter);
    }

    @ParameterizedTest
    @MethodSource("fields")
    void mayBeAsLongAsIsDocumented(
        String name, int most, BiFunction<BatchRequest<String>, String, ?> setter) {
      assertThat(setter.apply(REQUEST, "x".repeat(most))).isNotNull();
    }

    @ParameterizedTest
    @MethodSource("fields")
    void isRefusedWhenLonger(
        String name, int most, BiFunction<BatchRequest<String>, String, ?> setter) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> setter.apply(REQUEST, "x".repeat(most + 1)))
          .withMessage(
              "%s \"%s…\" has %d characters: at most %d are allowed"
                  .formatted(name, "x".repeat(99), most + 1, most));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void isRefusedWhenBlank(
        String name, int most, BiFunction<BatchRequest<String>, String, ?> setter) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> setter.apply(REQUEST, " \n"))
          .withMessage(
              "%s \" \uFFFD\" is blank: 1 to %d characters are allowed".formatted(name, most));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void isRefusedWithWhatNoDatabaseKeeps(
        String name, int most, BiFunction<BatchRequest<String>, String, ?> setter) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> setter.apply(REQUEST, "a\0b"))
          .withMessage(name + " \"a\uFFFDb\" has U+0000 at position 1, which cannot be stored");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> setter.apply(REQUEST, "a\uD83Db"))
          .withMessage(
              name
                  + " \"a\uFFFDb\" has the lone surrogate U+D83D at position 1, which cannot be"
                  + " stored");
    }

    @ParameterizedTest
    @MethodSource("fields")
    void mayHoldAnythingElse(
        String name, int most, BiFunction<BatchRequest<String>, String, ?> setter) {
      assertThat(setter.apply(REQUEST, "'; drop table %_../ 😀 \uFFFF \u202E")).isNotNull();
    }
  }

  @Nested
  class Metadata {

    @Test
    void isWrittenAsJson() throws Exception {
      var metadata = new LinkedHashMap<String, Object>();
      metadata.put("text", "quote \" backslash \\ line \n tab \t bell \u0007 delete \u007F ü 😀 /");
      metadata.put("integers", List.of((byte) 1, (short) 2, 3, 4L, new BigInteger("5".repeat(30))));
      metadata.put("fractions", List.of(1.5, 2.5f, 1e300, new BigDecimal("1E+3")));
      metadata.put("truths", List.of(true, false));
      metadata.put("nothing", null);
      metadata.put("empty", Map.of());
      metadata.put("none", List.of());
      metadata.put("deep", Map.of("list", Arrays.asList(Map.of("a", 1), null, List.of("b"))));

      var json = REQUEST.metadata(metadata).metadataText(CODECS);

      var mapper = new ObjectMapper();
      assertThat(mapper.readTree(json))
          .isEqualTo(mapper.readTree(mapper.writeValueAsString(metadata)));
    }

    @Test
    void keepsTheOrderOfTheMap() {
      var metadata = new LinkedHashMap<String, Object>();
      metadata.put("z", 1);
      metadata.put("a", List.of(1, "two"));

      assertThat(REQUEST.metadata(metadata).metadataText(CODECS))
          .isEqualTo("{\"z\":1,\"a\":[1,\"two\"]}");
    }

    @Test
    void mayBeEmpty() {
      assertThat(REQUEST.metadata(Map.of()).metadataText(CODECS)).isEqualTo("{}");
    }

    @Test
    void isCopiedAtOnce() {
      var metadata = new HashMap<String, Object>(Map.of("a", 1));
      var request = REQUEST.metadata(metadata);

      metadata.put("a", 2);

      assertThat(request.metadataText(CODECS)).isEqualTo("{\"a\":1}");
    }

    @Test
    void mayBeARecord() {
      record Month(int year, int month, Map<String, Object> more) {}
      var request = REQUEST.metadata(new Month(2026, 11, Map.of("a", 1)));

      assertThat(request.metadataText(CODECS))
          .isEqualTo("{\"year\":2026,\"month\":11,\"more\":{\"a\":1}}");
      assertThat(REQUEST.metadata((Object) Map.of("a", 1)).metadataText(CODECS))
          .isEqualTo("{\"a\":1}");
    }

    @Test
    void refusesWhatBecomesNoObject() {
      for (var values : List.of(List.of(1), 7, Instant.EPOCH, Thread.State.NEW)) {
        var request = REQUEST.metadata(values);
        assertThatIllegalArgumentException()
            .isThrownBy(() -> request.metadataText(CODECS))
            .withMessageContaining("metadata of type " + values.getClass().getName())
            .withMessageContaining(" becomes no JSON object: pass a record, a bean or a map");
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata("{}"))
          .withMessageEndingWith("or JSON text to metadataJson");
      record Note(String text) {}
      var tooLong = REQUEST.metadata(new Note("x".repeat(65_536)));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> tooLong.metadataText(CODECS))
          .withMessageContaining("at most 65536 are allowed");
    }

    @Test
    void refusesAValueOfAnotherTypeByItsPath() {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> REQUEST.metadata(Map.of("filter", Map.of("dates", List.of(1, Instant.EPOCH)))))
          .withMessageStartingWith(
              "metadata.\"filter\".\"dates\"[1] is of type java.time.Instant; use text,");
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void refusesANumberThatJsonCannotHold(double number) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Map.of("rate", number)))
          .withMessage("metadata.\"rate\" is " + number + ", which JSON cannot express");
    }

    @Test
    void refusesAKeyThatIsNoText() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Map.of("by", Map.of(1, "one"))))
          .withMessage("metadata.\"by\" has a key that is of type java.lang.Integer, not a String");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Collections.singletonMap(null, 1)))
          .withMessage("metadata has a key that is null, not a String");
    }

    @Test
    void refusesTextThatNoDatabaseKeeps() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Map.of("a", "x\0")))
          .withMessage("metadata.\"a\" has U+0000 at position 1, which cannot be stored");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Map.of("x\uD83D", 1)))
          .withMessageEndingWith(", which cannot be stored");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadataJson("{\"a\":\"\0\"}"))
          .withMessageEndingWith(", which cannot be stored");
    }

    @Test
    void refusesAMapThatContainsItself() {
      var list = new ArrayList<Object>();
      list.add(list);
      list.add(list);

      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Map.of("a", list)))
          .withMessageContaining("is nested deeper than 50 levels");
    }

    @Test
    void mayHaveAsManyCharactersAsIsDocumented() {
      var most = 65_536 - "{\"a\":\"\"}".length();

      assertThat(REQUEST.metadata(Map.of("a", "x".repeat(most))).metadataText(CODECS))
          .hasSize(65_536);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Map.of("a", "x".repeat(most + 1))))
          .withMessageEndingWith(" has 65537 characters: at most 65536 are allowed");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadata(Map.of("a", Collections.nCopies(40_000, 1))))
          .withMessage("metadata is too long: at most 65536 characters of JSON are allowed");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadataJson("{" + " ".repeat(65_536) + "}"))
          .withMessageEndingWith(" has 65538 characters: at most 65536 are allowed");
    }

    @Test
    void isKeptAsItIsWhenGivenAsText() {
      assertThat(REQUEST.metadataJson(" {\"a\" : [1]}\n").metadataText(CODECS))
          .isEqualTo(" {\"a\" : [1]}\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "}", "null", "[1]", "\"{}\"", "{}, 1"})
    void refusesTextThatIsNoObject(String json) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> REQUEST.metadataJson(json))
          .withMessage("metadata is not a JSON object: it must start with { and end with }");
    }
  }

  @Nested
  class Items {

    @Test
    void ofAnIterableAreReadAnewEachTime() {
      assertThat(read(REQUEST)).containsExactly("one", "three");
      assertThat(read(REQUEST)).containsExactly("one", "three");
    }

    @Test
    void ofAStreamAreReadOnce() {
      var request = BatchRequest.of(LENGTH, Stream.of("one", "three"));

      assertThat(read(request)).containsExactly("one", "three");
      assertThatIllegalStateException()
          .isThrownBy(request::open)
          .withMessage(
              "a request with a Stream can be submitted only once; make a new request, or use an Iterable");
    }

    @Test
    void ofAStreamAreReadOnceByAllCopies() {
      var request = BatchRequest.of(LENGTH, Stream.of("one"));
      var copy = request.name("copy");

      read(request);

      assertThatIllegalStateException().isThrownBy(copy::open);
    }

    @Test
    void areReadLazily() {
      var read = new AtomicInteger();
      var request =
          BatchRequest.of(LENGTH, Stream.iterate("x", text -> text + read.incrementAndGet()));

      try (var items = request.open()) {
        items.next();
      }

      assertThat(read).hasValueLessThanOrEqualTo(1);
    }

    @Test
    void areNotTouchedUntilTheyAreLookedAt() {
      var request =
          BatchRequest.<String>of(
              LENGTH,
              () -> {
                throw new AssertionError("read");
              });

      request.open().close();
    }

    @Test
    void ofAStreamAreClosedEvenUnread() {
      var closed = new AtomicInteger();
      var request = BatchRequest.of(LENGTH, Stream.of("one").onClose(closed::incrementAndGet));

      request.open().close();

      assertThat(closed).hasValue(1);
    }

    @Test
    void ofACollectionAreCountedWithoutReading() {
      assertThat(REQUEST.knownSize()).hasValue(2);
      assertThat(BatchRequest.<String>of(LENGTH, () -> List.of("a").iterator()).knownSize())
          .isEmpty();
      assertThat(BatchRequest.of(LENGTH, Stream.of("one")).knownSize()).isEmpty();
    }

    private static List<String> read(BatchRequest<String> request) {
      var all = new ArrayList<String>();
      try (var items = request.open()) {
        items.forEachRemaining(all::add);
      }
      return all;
    }
  }
}
