package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.RetryPolicy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts that a host gives beside payloads are kept as they are, or refused before any SQL. */
abstract class HostTextsContract extends GivenTextContract {

  HostTextsContract(Supplier<LimitedStore> opener) {
    super(opener);
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
          test.under.takeExecuted();
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
      String kept(HostTextsContract test, String text);
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

  @Nested
  class TextsOfTheHost {
    @ParameterizedTest
    @EnumSource
    @DisplayName("FAULT-B1 FAULT-S1 texts up to their limit come back as they were given")
    void areKept(Text text) {
      Stream<String> longest =
          Stream.of("x", "\u4E2D", FOUR_BYTES).map(c -> c.repeat(text.most / c.length()));
      Stream<String> all =
          Stream.concat(longest, AwkwardTexts.awkward().filter(any -> !any.isBlank()));

      assertThat(all)
          .allSatisfy(
              any -> assertThat(text.keep.kept(HostTextsContract.this, any)).isEqualTo(any));
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
      under.takeExecuted();

      Throwable thrown = catchThrowable(() -> text.keep.kept(HostTextsContract.this, bad));

      assertThat(under.takeExecuted()).isEmpty();
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
