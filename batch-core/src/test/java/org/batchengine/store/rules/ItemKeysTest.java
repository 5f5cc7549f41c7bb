package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.Violation;
import org.batchengine.store.NewItem;
import org.junit.jupiter.api.Test;

class ItemKeysTest {

  @Test
  void comeInTheOrderOfTheirTextWithTheirIndexes() {
    assertThat(ItemKeys.of(10, page("b", null, "a")))
        .containsExactly(entry("a", 12), entry("b", 10));
  }

  @Test
  void areRefusedIfTwoItemsOfThePageHaveTheSame() {
    assertIsTaken(12, () -> ItemKeys.of(10, page("a", "b", "a")));
  }

  @Test
  void areRefusedIfTheBatchHasOne() {
    var keys = ItemKeys.of(10, page("a", "c", "b"));

    assertIsTaken(11, () -> ItemKeys.refuseTaken(keys, Set.of("b", "c", "z")));
  }

  @Test
  void areNotRefusedForThoseOfOtherItems() {
    var keys = ItemKeys.of(10, page("a", null, null));

    assertThatCode(() -> ItemKeys.refuseTaken(keys, Set.of("b"))).doesNotThrowAnyException();
  }

  private static List<NewItem> page(String... keys) {
    return Stream.of(keys).map(key -> new NewItem(key, "input")).toList();
  }

  private static void assertIsTaken(int index, ThrowingCallable code) {
    assertThatThrownBy(code)
        .asInstanceOf(InstanceOfAssertFactories.type(InvalidItemException.class))
        .satisfies(
            refused -> {
              assertThat(refused.index()).isEqualTo(index);
              assertThat(refused.violations())
                  .extracting(Violation::code)
                  .containsExactly("DUPLICATE_KEY");
            });
  }
}
