package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("REQ-M10 what a history is asked for")
class HistoryQueryTest {
  private static final Instant T0 = Instant.parse("2026-11-21T10:00:00Z");
  private static final HistoryQuery ALL = HistoryQuery.all();

  @Test
  void asksForEverythingUnlessSaidOtherwise() {
    assertThat(ALL.types()).isEmpty();
    assertThat(ALL.states()).isEmpty();
    assertThat(ALL.tenant()).isEmpty();
    assertThat(ALL.submittedBy()).isEmpty();
    assertThat(ALL.nameContains()).isEmpty();
    assertThat(ALL.idempotencyKey()).isEmpty();
    assertThat(ALL.createdAfter()).isEmpty();
    assertThat(ALL.createdBefore()).isEmpty();
    assertThat(ALL.after()).isEmpty();
  }

  @Test
  void asksForFiftyFromTheFirstUnlessSaidOtherwise() {
    assertThat(ALL.limit()).isEqualTo(50);
    assertThat(ALL.offset()).isZero();
  }

  @Test
  void keepsWhatIsAsked() {
    HistoryQuery query =
        ALL.type("a", "b")
            .state(BatchState.FAILED, BatchState.CANCELLED)
            .tenant("acme")
            .submittedBy("alice")
            .nameContains("Nov_%")
            .idempotencyKey("key")
            .createdAfter(T0)
            .createdBefore(T0.plusSeconds(1))
            .limit(100)
            .after("cursor");
    assertThat(query.types()).containsExactly("a", "b");
    assertThat(query.states()).containsExactly(BatchState.FAILED, BatchState.CANCELLED);
    assertThat(query.tenant()).contains("acme");
    assertThat(query.submittedBy()).contains("alice");
    assertThat(query.nameContains()).contains("Nov_%");
    assertThat(query.idempotencyKey()).contains("key");
    assertThat(query.createdAfter()).contains(T0);
    assertThat(query.createdBefore()).contains(T0.plusSeconds(1));
    assertThat(query.limit()).isEqualTo(100);
    assertThat(query.after()).contains("cursor");
    assertThat(ALL.offset(3).offset()).isEqualTo(3);
  }

  @Test
  void isNotChangedByWhatIsDerivedFromIt() {
    HistoryQuery base = ALL.tenant("acme");
    assertThat(base.limit(1)).isNotEqualTo(base);
    assertThat(base).isEqualTo(ALL.tenant("acme")).hasSameHashCodeAs(ALL.tenant("acme"));
  }

  @Test
  void takesTheLastWord() {
    assertThat(ALL.type("a").type("b").types()).containsExactly("b");
  }

  @Test
  void tellsAllAsAMap() {
    assertThat(ALL.type("a").state(BatchState.FAILED).createdAfter(T0).toMap())
        .isEqualTo(
            Map.of(
                "limit",
                50,
                "offset",
                0,
                "type",
                List.of("a"),
                "state",
                List.of("FAILED"),
                "created_after",
                "2026-11-21T10:00:00Z"));
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 101, Integer.MAX_VALUE})
  void refusesALimitOutsideOfItsRange(int limit) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ALL.limit(limit))
        .withMessage("limit " + limit + " is out of range: 1 to 100");
  }

  @Test
  void refusesANegativeOffset() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ALL.offset(-1))
        .withMessageStartingWith("offset -1 is out of range");
  }

  @Test
  void refusesACursorWithAnOffset() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ALL.offset(3).after("cursor"))
        .withMessageContaining("offset 3");
    assertThatIllegalArgumentException().isThrownBy(() -> ALL.after("cursor").offset(3));
  }

  @Test
  void refusesATimeInWhichNothingCanBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ALL.createdBefore(T0).createdAfter(T0))
        .withMessageContaining("createdAfter 2026-11-21T10:00:00Z");
  }

  @Test
  void refusesNoTypesAndNoStates() {
    assertThatIllegalArgumentException().isThrownBy(ALL::type).withMessageContaining("type");
    assertThatIllegalArgumentException().isThrownBy(ALL::state).withMessageContaining("state");
  }

  static Stream<UnaryOperator<HistoryQuery>> textsOutOfRange() {
    return Stream.of("", "x".repeat(1_001), "a\0b", "\uD83D")
        .flatMap(
            text ->
                Stream.<UnaryOperator<HistoryQuery>>of(
                    query -> query.type(text),
                    query -> query.tenant(text),
                    query -> query.submittedBy(text),
                    query -> query.nameContains(text),
                    query -> query.idempotencyKey(text),
                    query -> query.after(text)));
  }

  @ParameterizedTest
  @Tag("FAULT-S1")
  @MethodSource("textsOutOfRange")
  void refusesTextThatNothingStoredCanHave(UnaryOperator<HistoryQuery> change) {
    assertThatIllegalArgumentException().isThrownBy(() -> change.apply(ALL));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1000000000-01-01T00:00:00Z",
        "0000-12-31T23:59:59Z",
        "+10000-01-01T00:00:00Z",
        "+1000000000-12-31T23:59:59.999999999Z"
      })
  void refusesATimeThatNoDatabaseKeeps(String text) {
    Instant absurd = Instant.parse(text);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> HistoryQuery.all().createdAfter(absurd))
        .withMessageStartingWith("created_after " + absurd)
        .withMessageContaining("9999");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HistoryQuery.all().createdBefore(absurd))
        .withMessageStartingWith("created_before " + absurd);
  }
}
