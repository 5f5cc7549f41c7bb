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
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of docs/ whose tables have a row for each id and name the tests that show it; and the
 * tests of all modules.
 *
 * @param rows by id: the other cells of its row
 * @param tests by simple name of a class: its text, in which no literal is broken by a {@code +}
 */
record TestedPage(Map<String, List<String>> rows, Map<String, String> tests) {
  private static final Path ROOT = Path.of("..");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\w+) \\| (.+) \\|$");
  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|Contract))`");

  static TestedPage read(String name) throws IOException {
    return new TestedPage(rows(Files.readString(ROOT.resolve("docs").resolve(name))), testsOfAll());
  }

  private static Map<String, List<String>> rows(String page) {
    Map<String, List<String>> rows = new TreeMap<>();
    ROW.matcher(page)
        .results()
        .filter(row -> !row.group(1).equals("id"))
        .forEach(
            row -> {
              List<String> cells = List.of(row.group(2).split(" \\| ", -1));
              assertThat(rows.put(row.group(1), cells)).as("another %s", row.group(1)).isNull();
            });
    return rows;
  }

  private static Map<String, String> testsOfAll() throws IOException {
    Map<String, String> tests = new TreeMap<>();
    for (Path folder : folders()) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(any -> any.toString().endsWith(".java")).toList()) {
          tests.merge(
              file.getFileName().toString().replace(".java", ""),
              Files.readString(file).replaceAll("\"\\s*\\+\\s*\"", ""),
              String::concat);
        }
      }
    }
    return tests;
  }

  /** Those of a module, and of a module in a folder of modules. */
  private static List<Path> folders() throws IOException {
    try (Stream<Path> all = Files.find(ROOT, 5, (path, is) -> path.endsWith("src/test/java"))) {
      return all.toList();
    }
  }

  /** The tests that a cell names. */
  static Set<String> testsIn(String cell) {
    return all(TEST, cell);
  }

  /** What the pattern's first group finds in a text. */
  static Set<String> all(Pattern pattern, String text) {
    Set<String> all = new HashSet<>();
    pattern.matcher(text).results().forEach(match -> all.add(match.group(1)));
    return all;
  }

  /** Which ids tests name that have no row, and where: {@code "D8 in EndContract"}. */
  List<String> unknownIds(Pattern id) {
    List<String> unknown = new ArrayList<>();
    tests.forEach(
        (test, text) ->
            all(id, text).stream()
                .filter(each -> !rows.containsKey(each))
                .forEach(each -> unknown.add(each + " in " + test)));
    return unknown;
  }
}
