package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.ItemProcessor;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.StoredText;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What processors say of their items is cleaned, and cut where it is too long. */
abstract class EngineTextsContract extends GivenTextContract {

  EngineTextsContract(Supplier<LimitedStore> opener) {
    super(opener);
  }

  @Nested
  class TextsOfTheEngine {

    static Stream<String> hostile() {
      return Stream.of(
              unstorable(),
              AwkwardTexts.awkward(),
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
}
