package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page on faults says what is so: its tests exist, and each test's ids are on it. */
class FaultsPageTest {
  private static final Pattern ID = Pattern.compile("FAULT-([A-Z]\\d+b?)\\b");

  private final TestedPage page = TestedPage.read("faults.md");

  FaultsPageTest() throws IOException {}

  @Test
  void namesTestsThatExist() {
    assertThat(page.rows()).hasSizeGreaterThan(50);
    assertThat(page.rows())
        .allSatisfy(
            (id, cells) ->
                assertThat(page.tests().keySet()).containsAll(TestedPage.testsIn(shown(cells))));
  }

  @Test
  void hasEachIdThatATestNames() {
    assertThat(page.unknownIds(ID)).isEmpty();
  }

  @Test
  void saysWhyARowHasNoTest() {
    assertThat(page.rows())
        .allSatisfy(
            (id, cells) -> {
              Set<String> tests = TestedPage.testsIn(shown(cells));
              assertThat(tests.isEmpty() && shown(cells).length() < 20).as(id).isFalse();
            });
  }

  /** What the last cell says, which is what shows that the fault does no harm. */
  private static String shown(List<String> cells) {
    return cells.get(cells.size() - 1);
  }
}
