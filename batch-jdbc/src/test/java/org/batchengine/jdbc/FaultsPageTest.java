package org.batchengine.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page on faults says what is so: its tests exist, and each test's ids are on it. */
class FaultsPageTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\w+) \\| .* \\| (.+) \\|$");
  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|Contract))`");
  private static final Pattern ID = Pattern.compile("FAULT-([A-Z]\\d+b?)\\b");

  /** By id: what shows it. */
  private final Map<String, String> rows = rows();

  /** By name of a test class: its text. */
  private final Map<String, String> tests = tests();

  FaultsPageTest() throws IOException {}

  private static Map<String, String> rows() throws IOException {
    List<MatchResult> found =
        ROW.matcher(Files.readString(Path.of("../docs/faults.md"))).results().toList();
    Map<String, String> rows = new TreeMap<>();
    for (MatchResult row : found) {
      if (!row.group(1).equals("id")) {
        assertThat(rows.put(row.group(1), row.group(2))).as("another %s", row.group(1)).isNull();
      }
    }
    return rows;
  }

  private static Map<String, String> tests() throws IOException {
    Map<String, String> tests = new TreeMap<>();
    for (String module : List.of("../batch-core", "../batch-jdbc")) {
      try (Stream<Path> files = Files.walk(Path.of(module, "src", "test", "java"))) {
        for (Path file : files.filter(any -> any.toString().endsWith(".java")).toList()) {
          tests.put(
              file.getFileName().toString().replace(".java", ""),
              Files.readString(file).replaceAll("\"\\s*\\+\\s*\"", ""));
        }
      }
    }
    return tests;
  }

  private static Set<String> all(Pattern pattern, String text) {
    Set<String> all = new HashSet<>();
    pattern.matcher(text).results().forEach(match -> all.add(match.group(1)));
    return all;
  }

  @Test
  void namesTestsThatExist() {
    assertThat(rows).hasSizeGreaterThan(50);
    assertThat(rows)
        .allSatisfy((id, shown) -> assertThat(tests.keySet()).containsAll(all(TEST, shown)));
  }

  @Test
  void hasEachIdThatATestNames() {
    List<String> ids = new ArrayList<>();
    tests.values().forEach(text -> ids.addAll(all(ID, text)));

    assertThat(rows.keySet()).containsAll(ids);
  }

  @Test
  void saysWhyARowHasNoTest() {
    assertThat(rows)
        .allSatisfy(
            (id, shown) ->
                assertThat(all(TEST, shown).isEmpty() && shown.length() < 20).as(id).isFalse());
  }
}
