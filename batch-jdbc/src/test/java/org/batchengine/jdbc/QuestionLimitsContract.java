package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.StoredText;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Questions mean what they say, whatever texts and numbers they have. */
abstract class QuestionLimitsContract extends GivenTextContract {

  QuestionLimitsContract(Supplier<LimitedStore> opener) {
    super(opener);
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
      under.takeExecuted();

      assertThat(Stream.concat(unstorable(), Stream.of("", " ", "k".repeat(201))))
          .allSatisfy(
              key ->
                  assertThatIllegalArgumentException()
                      .isThrownBy(() -> engine.item(id, key))
                      .withMessageStartingWith("key "));
      assertThat(under.takeExecuted()).isEmpty();
    }

    @Test
    @DisplayName("FAULT-S1 texts of questions mean themselves")
    void takeTextsAsTheyStand() {
      assertThat(AwkwardTexts.awkward().filter(text -> !text.isBlank()))
          .allSatisfy(this::findsNothing);
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
}
