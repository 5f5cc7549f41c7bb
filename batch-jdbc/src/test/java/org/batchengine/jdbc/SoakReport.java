package org.batchengine.jdbc;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.batchengine.jdbc.SoakCheck.Findings;

/** What a soak counts and measures, and prints. */
final class SoakReport {
  private static final long LINE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long MIB = 1 << 20;

  private final String name;
  private final long began = System.nanoTime();
  private final Map<String, Long> faults = new ConcurrentSkipListMap<>();
  private final Map<String, Long> outcomes = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private final List<Measures> measures = new ArrayList<>();
  private long printed = began;
  private long batches;
  private long items;
  private long calls;
  private long repeats;
  private long takenForKillers;

  SoakReport(String name) {
    this.name = name;
  }

  /** What has to come back to where it was, taken when there is nothing to do. */
  record Measures(long heapBytes, int threads, long connections, long rows, long databaseBytes) {
    @Override
    public String toString() {
      return "heap %.1f MiB, %d threads, %d connections, %d rows, database %.1f MiB"
          .formatted(
              (double) heapBytes / MIB, threads, connections, rows, (double) databaseBytes / MIB);
    }
  }

  static Measures measured(long connections, long rows, long databaseBytes) {
    System.gc();
    return new Measures(
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        connections,
        rows,
        databaseBytes);
  }

  void fault(String kind) {
    faults.merge(kind, 1L, Long::sum);
  }

  void violation(String what) {
    violations.add(what);
    say("VIOLATION " + what);
  }

  void found(Findings findings) {
    findings.violations().forEach(this::violation);
    batches += findings.batches();
    items += findings.items();
    calls += findings.calls();
    repeats += findings.repeats();
    takenForKillers += findings.takenForKillers();
    findings.outcomes().forEach((state, count) -> outcomes.merge(state, count, Long::sum));
  }

  void measured(Measures now) {
    measures.add(now);
  }

  List<String> violations() {
    return violations;
  }

  Measures first() {
    return measures.get(0);
  }

  Measures last() {
    return measures.get(measures.size() - 1);
  }

  void say(String line) {
    System.out.printf(
        "soak %s %4d s  %s%n", name, Duration.ofNanos(System.nanoTime() - began).toSeconds(), line);
  }

  /** A line each half minute. */
  void lineIfDue() {
    if (System.nanoTime() - printed >= LINE_NANOS) {
      printed = System.nanoTime();
      say(line() + (measures.isEmpty() ? "" : "; " + last()));
    }
  }

  private String line() {
    return "%d batches, %d items, %d calls, %d repeated, %d faults, %d violations"
        .formatted(
            batches,
            items,
            calls,
            repeats,
            faults.values().stream().mapToLong(Long::longValue).sum(),
            violations.size());
  }

  void summary() {
    say(line());
    say("outcomes " + outcomes);
    say("faults " + faults);
    say(takenForKillers + " items taken for killers that were not");
    if (!measures.isEmpty()) {
      say("at the first rest: " + first());
      say("at the last rest:  " + last());
    }
  }
}
