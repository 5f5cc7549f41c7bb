package org.batchengine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.batchengine.EngineFixture.ECHO;
import static org.batchengine.EngineFixture.texts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.InvalidItemsException;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.Violation;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The validator of a job type looks at inputs before they are stored. */
class ValidationTest {
  private static final Violation BLANK = new Violation("", "is blank", "BLANK");
  private static final Violation SIGN = new Violation("sign", "is negative", "SIGN");
  private static final JobType<String, String> CHECKED =
      ECHO.validatedBy(
          text ->
              text.isBlank()
                  ? List.of(BLANK)
                  : text.startsWith("-") ? List.of(SIGN, BLANK) : List.of());

  @RegisterExtension final EngineFixture world = new EngineFixture();

  private final List<String> seen = new ArrayList<>();
  private final ManualEngine engine =
      world.engine(
          builder ->
              builder.register(
                  ECHO,
                  text -> {
                    seen.add(text);
                    if (text.startsWith("bad")) {
                      throw new IllegalStateException("bad");
                    }
                    return text;
                  },
                  JobOptions.defaults().retry(RetryPolicy.none())));

  @Test
  @DisplayName("REQ-M21 all invalid items are named with path, message and code; nothing is stored")
  void namesAllItems() {
    var items = Arrays.asList("fine", " ", "-1", null, "fine", "");

    assertThatExceptionOfType(InvalidItemsException.class)
        .isThrownBy(() -> engine.submit(BatchRequest.of(CHECKED, items)))
        .withMessage(
            "4 items are invalid: item 1: is blank (BLANK);"
                + " item 2: sign: is negative (SIGN), is blank (BLANK);"
                + " item 3: input: is null (required); item 5: is blank (BLANK)")
        .satisfies(
            e -> {
              assertThat(e.count()).isEqualTo(4);
              assertThat(e.items())
                  .extracting(InvalidItemsException.Item::index)
                  .containsExactly(1, 2, 3, 5);
              assertThat(e.items().get(1).violations()).containsExactly(SIGN, BLANK);
              assertThat(e.items()).allMatch(item -> item.key().isEmpty());
            });
    assertNothingRemains();
  }

  @Test
  @DisplayName("REQ-M21 the first thousand invalid items are kept, and all are counted")
  void countsAllItems() {
    List<String> items = new ArrayList<>(texts(45_000));
    IntStream.range(21_000, 44_000).forEach(i -> items.set(i, "-" + i));
    var request = BatchRequest.of(CHECKED, items.stream()).keyedBy(text -> "key " + text);

    assertThatExceptionOfType(InvalidItemsException.class)
        .isThrownBy(() -> engine.submit(request.idempotencyKey("once")))
        .withMessageEndingWith("; and 22990 more")
        .satisfies(
            e -> {
              assertThat(e.count()).isEqualTo(23_000);
              assertThat(e.items()).hasSize(1_000);
              assertThat(e.items().get(999).index()).isEqualTo(21_999);
              assertThat(e.items().get(999).key()).isEqualTo(Optional.of("key -21999"));
            });
    assertNothingRemains();
  }

  @Test
  void letsValidItemsPass() {
    BatchId id = engine.submit(CHECKED, List.of("a", "b"));

    assertThat(engine.await(id).state()).isEqualTo(BatchState.COMPLETED);
    assertThat(seen).containsExactly("a", "b");
  }

  @Test
  @DisplayName("REQ-M7 REQ-M21 corrected inputs are validated too")
  void looksAtCorrectedInputs() {
    BatchId id = engine.submit(ECHO, List.of("bad 0", "bad 1", "bad 2"));
    engine.await(id);

    assertRefused(id, CorrectedInputs.of(CHECKED).at(0, "fine").at(2, "-"), 1, 2);
    assertRefused(
        id,
        CorrectedInputs.mapping(
            CHECKED, FailedItems.all(), text -> text.endsWith("0") ? "fine" : " "),
        2,
        1);
    assertThat(engine.items(id, ItemQuery.inState(ItemState.FAILED)).items()).hasSize(3);
  }

  private void assertRefused(BatchId id, CorrectedInputs<String> inputs, int count, int first) {
    assertThatExceptionOfType(InvalidItemsException.class)
        .isThrownBy(() -> engine.retryFailed(id, inputs, "mended"))
        .satisfies(
            e -> {
              assertThat(e.count()).isEqualTo(count);
              assertThat(e.items().get(0).index()).isEqualTo(first);
            });
  }

  @Test
  void breaksOffIfTheValidatorThrows() {
    var failure = new IllegalStateException("no rules");
    JobType<String, String> type =
        ECHO.validatedBy(
            text -> {
              throw failure;
            });

    assertThatThrownBy(() -> engine.submit(type, List.of("a"))).isSameAs(failure);
    assertNothingRemains();
  }

  @Test
  @SuppressWarnings("NullAway") // what a host may do
  void saysWhichValidatorReturnsNull() {
    assertThatThrownBy(() -> engine.submit(ECHO.validatedBy(text -> null), List.of("a")))
        .isInstanceOf(NullPointerException.class)
        .hasMessageContaining("the validator of job type echo returned null");
  }

  @Test
  void isKeptByOtherOptionsOfTheType() {
    assertThat(CHECKED.sequential().measuring("usd").violations("-")).containsExactly(SIGN, BLANK);
    assertThat(CHECKED).isEqualTo(ECHO);
    assertThat(ECHO.violations("-")).isEmpty();
  }

  private void assertNothingRemains() {
    assertThat(engine.history(HistoryQuery.all())).isEmpty();
  }
}
