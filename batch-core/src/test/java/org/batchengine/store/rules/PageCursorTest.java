package org.batchengine.store.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ItemQuery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageCursorTest {

  @Test
  void namesTheLastRowThatIsShown() {
    BatchPage<Long> page = PageCursor.page(List.of(7L, 5L, 3L), 2, row -> row, Map.of());

    assertThat(page).containsExactly(7L, 5L);
    assertThat(page.next()).contains("5");
    assertThat(page.next().map(PageCursor::parse)).contains(5L);
  }

  @Test
  void isNoneOnTheLastPage() {
    BatchPage<Long> page = PageCursor.page(List.of(7L, 5L), 2, row -> row, Map.of());

    assertThat(page).containsExactly(7L, 5L);
    assertThat(page.next()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "1.5", "99999999999999999999"})
  void isRefusedIfNoPageGaveIt(String cursor) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PageCursor.parse(cursor))
        .withMessage(
            "after: \"" + cursor + "\" is not a cursor; pass what next() of a page returned");
  }

  @ParameterizedTest
  @CsvSource({"-1, 0", "0, 1", "41, 42", "2147483646, 2147483647"})
  void ofItemsNamesTheIndexBeforeTheFirst(String cursor, int first) {
    assertThat(PageCursor.firstIndex(ItemQuery.all().after(cursor))).hasValue(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-2", "2147483647", "9223372036854775807"})
  void ofItemsMayNameNone(String cursor) {
    assertThat(PageCursor.firstIndex(ItemQuery.all().after(cursor))).isEmpty();
  }

  @Test
  void ofItemsIsNoneOnTheFirstPage() {
    assertThat(PageCursor.firstIndex(ItemQuery.all())).hasValue(0);
  }
}
