package org.batchengine.jdbc;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The page on promises says what is so: what it calls kept is shown by tests that name the id. */
class PromisesTest {
  private static final Pattern ID = Pattern.compile("REQ-(\\w+)");
  private static final Pattern DISPLAY_NAME =
      Pattern.compile("@DisplayName\\(\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** By letter: the number of its last id; the first is 1. */
  private static final Map<String, Integer> LAST =
      Map.of("U", 14, "B", 12, "D", 7, "M", 26, "X", 7);

  private final TestedPage page = TestedPage.read("promises.md");

  PromisesTest() throws IOException {}

  @Test
  void hasEachPromise() {
    List<String> ids =
        LAST.entrySet().stream()
            .flatMap(
                kind ->
                    IntStream.rangeClosed(1, kind.getValue()).mapToObj(id -> kind.getKey() + id))
            .toList();

    assertThat(page.rows().keySet()).containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void hasEachIdThatATestNames() {
    assertThat(page.unknownIds(ID)).isEmpty();
  }

  @Test
  void saysOfEachWhetherItIsKept() {
    assertThat(page.rows().values())
        .extracting(PromisesTest::kept)
        .allMatch(kept -> kept.matches("yes|to come(; now: .+)?"));
  }

  @Test
  void namesATestOfWhatIsKept() {
    List<String> without = new ArrayList<>();
    page.rows()
        .forEach(
            (id, cells) -> {
              if (kept(cells).equals("yes") && shownBy(cells).isEmpty()) {
                without.add(id);
              }
            });

    assertThat(without).as("kept, and shown by no test").isEmpty();
  }

  @Test
  void namesTestsWhoseDisplayNamesHaveTheId() {
    List<String> wrong = new ArrayList<>();
    page.rows()
        .forEach(
            (id, cells) ->
                shownBy(cells).stream()
                    .filter(test -> !promisesOf(test).contains(id))
                    .forEach(test -> wrong.add("REQ-" + id + " in " + test)));

    assertThat(wrong).as("on the page, and in no display name of the test").isEmpty();
  }

  private static String kept(List<String> cells) {
    return cells.get(cells.size() - 1);
  }

  private static Set<String> shownBy(List<String> cells) {
    return TestedPage.testsIn(cells.get(cells.size() - 2));
  }

  /** The ids in the display names of a test, if there is such a test. */
  private Set<String> promisesOf(String test) {
    String text = page.tests().getOrDefault(test, "");
    String names =
        DISPLAY_NAME.matcher(text).results().map(name -> name.group(1)).collect(joining("\n"));
    return TestedPage.all(ID, names);
  }
}
