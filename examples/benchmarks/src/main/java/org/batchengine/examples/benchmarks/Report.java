package org.batchengine.examples.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Gathers the figures of all rounds and shows their medians. */
final class Report {
  private final Map<String, Object> about = new LinkedHashMap<>();
  private final Map<Heading, Map<Contestants, Column>> tables = new LinkedHashMap<>();
  private final Map<Heading, List<String>> notCounted = new LinkedHashMap<>();

  /** What one table is about. */
  record Heading(Workload workload, String database, int items) {
    @Override
    public String toString() {
      return workload + "/" + database + "/" + items;
    }
  }

  /** The median of the rounds, and their range. */
  record Spread(double median, double min, double max) {
    static Spread of(List<Double> values) {
      List<Double> sorted = new ArrayList<>(values);
      Collections.sort(sorted);
      int size = sorted.size();
      double median = (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
      return new Spread(rounded(median), rounded(sorted.get(0)), rounded(sorted.get(size - 1)));
    }

    @Override
    public String toString() {
      return min == max
          ? number(median)
          : "%s (%s to %s)".formatted(number(median), number(min), number(max));
    }
  }

  /** All that was measured of a contestant. */
  private static final class Column {
    String tuning = "";
    final Map<String, List<Double>> values = new LinkedHashMap<>();

    Map<String, Spread> spreads() {
      Map<String, Spread> spreads = new LinkedHashMap<>();
      values.forEach((name, each) -> spreads.put(name, Spread.of(each)));
      return spreads;
    }
  }

  void about(String name, Object value) {
    about.put(name, value);
  }

  /**
   * Adds a round. What others disturbed is marked and not counted: what ran first in its JVM, or
   * last, or both; of a pair that is compared, neither.
   */
  void add(
      Heading heading, int round, Map<Contestants, Figures> measured, double mostForeignPercent) {
    for (String prefix : List.of("", TrialMain.WARM)) {
      Set<Contestants> disturbed = new LinkedHashSet<>();
      measured.forEach(
          (contestant, figures) -> {
            double percent = figures.values.getOrDefault(prefix + TrialMain.FOREIGN_PERCENT, 0.0);
            if (percent > mostForeignPercent) {
              disturbed.add(contestant);
              notCounted
                  .computeIfAbsent(heading, any -> new ArrayList<>())
                  .add(
                      "%s%s, round %d: others used %.1f %% of the processors"
                          .formatted(prefix, contestant.label(), round, percent));
            }
          });
      if (measured.containsKey(Contestants.AGAINST) && !disturbed.isEmpty()) {
        disturbed.addAll(measured.keySet());
      }
      measured.forEach(
          (contestant, figures) -> {
            if (disturbed.contains(contestant)) {
              figures.drop(prefix);
            }
          });
    }
    measured.forEach((contestant, figures) -> add(heading, contestant, figures));
  }

  void add(Heading heading, Contestants contestant, Figures figures) {
    Column column =
        tables
            .computeIfAbsent(heading, any -> new LinkedHashMap<>())
            .computeIfAbsent(contestant, any -> new Column());
    column.tuning = figures.tuning;
    figures.values.forEach(
        (name, value) -> column.values.computeIfAbsent(name, any -> new ArrayList<>()).add(value));
  }

  /** Prints tables for people and, as the last line, one JSON object. */
  void print(PrintStream out) {
    about.forEach((name, value) -> out.println(name + ": " + value));
    tables.forEach((heading, columns) -> print(out, heading, columns));
    Map<String, Object> json = new LinkedHashMap<>(about);
    json.put("figures", figures());
    json.put("ratios", ratios());
    Map<String, List<String>> disturbed = new LinkedHashMap<>();
    notCounted.forEach((heading, rounds) -> disturbed.put(heading.toString(), rounds));
    json.put("not counted", disturbed);
    try {
      out.println(new ObjectMapper().writeValueAsString(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void print(PrintStream out, Heading heading, Map<Contestants, Column> columns) {
    out.printf(
        Locale.ROOT,
        "%n## %s on %s, %,d items: %s%n%n",
        heading.workload,
        heading.database,
        heading.items,
        heading.workload.title());
    columns.forEach((one, column) -> out.println("- " + one.label() + ": " + column.tuning));
    out.println();
    List<List<String>> rows = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    columns.values().forEach(column -> names.addAll(column.values.keySet()));
    List<String> head = new ArrayList<>(List.of("median (min to max)"));
    columns.keySet().forEach(one -> head.add(one.label()));
    rows.add(head);
    for (String name : names) {
      List<String> row = new ArrayList<>(List.of(name));
      for (Column column : columns.values()) {
        Spread spread = column.spreads().get(name);
        row.add(spread == null ? "" : spread.toString());
      }
      rows.add(row);
    }
    print(out, rows);
    notCounted
        .getOrDefault(heading, List.of())
        .forEach(round -> out.println("not counted: " + round));
    ratios(heading)
        .forEach(
            (name, ratios) -> {
              if (isRate(name)) {
                out.println("ours / other, " + name + ": " + ratios);
              }
            });
    pairs(heading)
        .forEach((name, spread) -> out.println("pairs, ours / against, " + name + ": " + spread));
  }

  /** For each figure, ours by that of the other state of this project, pair by pair. */
  private Map<String, Spread> pairs(Heading heading) {
    Map<String, Spread> pairs = new LinkedHashMap<>();
    Map<Contestants, Column> columns = tables.getOrDefault(heading, Map.of());
    Column ours = columns.get(Contestants.OURS);
    Column against = columns.get(Contestants.AGAINST);
    if (ours == null || against == null) {
      return pairs;
    }
    ours.values.forEach(
        (name, values) -> {
          List<Double> others = against.values.getOrDefault(name, List.of());
          boolean arePaired = values.size() == others.size();
          if (arePaired && others.stream().allMatch(other -> other > 0)) {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < values.size(); i++) {
              ratios.add(values.get(i) / others.get(i));
            }
            pairs.put(name, Spread.of(ratios));
          }
        });
    return pairs;
  }

  private static void print(PrintStream out, List<List<String>> rows) {
    for (int row = 0; row < rows.size(); row++) {
      StringBuilder line = new StringBuilder("|");
      StringBuilder rule = new StringBuilder("|");
      for (int cell = 0; cell < rows.get(row).size(); cell++) {
        int at = cell;
        int width = rows.stream().mapToInt(any -> any.get(at).length()).max().orElse(0);
        String text = rows.get(row).get(cell);
        line.append(' ').append(text).append(" ".repeat(width - text.length())).append(" |");
        rule.append("-".repeat(width + 2)).append('|');
      }
      out.println(line);
      if (row == 0) {
        out.println(rule);
      }
    }
    out.println();
  }

  private Map<String, Object> figures() {
    Map<String, Object> all = new LinkedHashMap<>();
    tables.forEach(
        (heading, columns) -> {
          Map<String, Object> each = new LinkedHashMap<>();
          columns.forEach((one, column) -> each.put(one.label(), column.spreads()));
          all.put(heading.toString(), each);
        });
    return all;
  }

  private Map<String, Object> ratios() {
    Map<String, Object> all = new LinkedHashMap<>();
    tables.keySet().forEach(heading -> all.put(heading.toString(), ratios(heading)));
    all.put("growth", growth());
    Map<String, Object> pairs = new LinkedHashMap<>();
    tables.keySet().forEach(heading -> pairs.put(heading.toString(), pairs(heading)));
    all.put("pairs", pairs);
    return all;
  }

  /** For each figure, ours by that of each other; for a rate, also by the best of each family. */
  private Map<String, Map<String, Double>> ratios(Heading heading) {
    Map<Contestants, Column> columns = tables.getOrDefault(heading, Map.of());
    Map<String, Map<String, Double>> all = new LinkedHashMap<>();
    Column ours = columns.get(Contestants.OURS);
    if (ours == null) {
      return all;
    }
    ours.spreads()
        .forEach(
            (name, spread) -> {
              Map<String, Double> best = new LinkedHashMap<>();
              Map<String, Double> ratios = new LinkedHashMap<>();
              columns.forEach(
                  (one, column) -> {
                    Spread other = column.spreads().get(name);
                    if (one != Contestants.OURS && other != null && other.median > 0) {
                      ratios.put(one.label(), rounded(spread.median / other.median));
                      if (!one.label().equals(one.family())) {
                        best.merge(one.family(), other.median, Math::max);
                      }
                    }
                  });
              if (isRate(name)) {
                best.forEach(
                    (family, most) -> ratios.put("best " + family, rounded(spread.median / most)));
              }
              if (!ratios.isEmpty()) {
                all.put(name, ratios);
              }
            });
    return all;
  }

  /** The drain rate at each size by that at the smallest. */
  private Map<String, Double> growth() {
    Map<String, Double> all = new LinkedHashMap<>();
    Map<String, Double> smallest = new LinkedHashMap<>();
    tables.forEach(
        (heading, columns) -> {
          columns.forEach(
              (one, column) -> {
                Spread drain = column.spreads().get("drain/s");
                if (drain != null) {
                  String series = heading.workload + "/" + heading.database + "/" + one.label();
                  Double base = smallest.putIfAbsent(series, drain.median);
                  if (base != null) {
                    all.put(series + "/" + heading.items, rounded(drain.median / base));
                  }
                }
              });
        });
    return all;
  }

  private static boolean isRate(String name) {
    return name.endsWith("/s");
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private static String number(double value) {
    return String.format(
        Locale.ROOT, value >= 100 || value == Math.rint(value) ? "%,.0f" : "%.2f", value);
  }
}
