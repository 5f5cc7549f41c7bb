package org.batchengine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ItemQueryTest {
  private static final ItemQuery ALL = ItemQuery.all();

  @Test
  void asksForAHundredOfAllUnlessSaidOtherwise() {
    assertThat(ALL.states()).isEmpty();
    assertThat(ALL.errorFingerprint()).isEmpty();
    assertThat(ALL.errorType()).isEmpty();
    assertThat(ALL.after()).isEmpty();
    assertThat(ALL.limit()).isEqualTo(100);
  }

  @Test
  void keepsWhatIsAsked() {
    ItemQuery query =
        ItemQuery.inState(ItemState.FAILED)
            .errorFingerprint("abc")
            .errorType("HTTP_503")
            .limit(1_000)
            .after("cursor");
    assertThat(query.states()).containsExactly(ItemState.FAILED);
    assertThat(query.errorFingerprint()).contains("abc");
    assertThat(query.errorType()).contains("HTTP_503");
    assertThat(query.limit()).isEqualTo(1_000);
    assertThat(query.after()).contains("cursor");
  }

  @Test
  void tellsAllAsAMap() {
    assertThat(ItemQuery.inState(ItemState.FAILED).errorType("X").toMap())
        .isEqualTo(Map.of("limit", 100, "state", List.of("FAILED"), "error_type", "X"));
  }

  @Test
  void equalsOneThatAsksTheSame() {
    assertThat(ALL.limit(5))
        .isEqualTo(ALL.limit(5))
        .hasSameHashCodeAs(ALL.limit(5))
        .isNotEqualTo(ALL);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1_001})
  void refusesALimitOutsideOfItsRange(int limit) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ALL.limit(limit))
        .withMessage("limit " + limit + " is out of range: 1 to 1000");
  }

  @Test
  void refusesNoStates() {
    assertThatIllegalArgumentException().isThrownBy(ItemQuery::inState);
  }
}
