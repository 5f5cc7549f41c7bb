package org.batchengine.engine.report;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ErrorGroup;
import org.batchengine.report.BatchReport;
import org.batchengine.report.Distribution;
import org.batchengine.report.HistogramBar;
import org.batchengine.report.SlowItem;
import org.batchengine.report.Timeline;
import org.batchengine.report.TimelineStep;

/**
 * Reports as text that a store keeps: a line with the version, then one for each value, of fields
 * that are separated by tabs, the first of which says what it is. The overview is not part of it:
 * the batch has that itself.
 */
final class ReportText {
  private static final String VERSION = "1";
  private static final Pattern ESCAPED = Pattern.compile("\\\\(.)");

  private ReportText() {}

  static String of(BatchReport report) {
    List<String> lines = new ArrayList<>(List.of(VERSION));
    for (ErrorGroup error : report.errors()) {
      lines.add(
          line(
              "error",
              error.fingerprint(),
              error.type(),
              error.sample(),
              error.count(),
              error.share(),
              error.latestAt()));
    }
    report.quality().forEach(bar -> lines.add(line("quality", bar(bar))));
    report.durationSeconds().ifPresent(values -> lines.add(distribution("duration", values)));
    report
        .measures()
        .forEach((name, values) -> lines.add(distribution("measure\t" + name, values)));
    report.attempts().forEach((made, items) -> lines.add(line("attempts", made, items)));
    for (SlowItem item : report.slowest()) {
      String slow = line("slow", item.index(), item.duration());
      lines.add(item.key().map(key -> slow + "\t" + escaped(key)).orElse(slow));
    }
    report.timeline().ifPresent(timeline -> add(lines, timeline));
    return String.join("\n", lines);
  }

  private static void add(List<String> lines, Timeline timeline) {
    lines.add(line("timeline", timeline.step()));
    for (TimelineStep step : timeline.steps()) {
      lines.add(
          line(
              "step",
              step.from(),
              step.succeeded(),
              step.failed(),
              step.skipped(),
              step.cancelled()));
    }
  }

  private static String distribution(String what, Distribution values) {
    String numbers =
        line(
            values.items(),
            values.min(),
            values.mean(),
            values.p50(),
            values.p95(),
            values.p99(),
            values.max());
    return values.histogram().stream()
        .map(ReportText::bar)
        .collect(Collectors.joining("\t", what + "\t" + numbers + "\t", ""));
  }

  private static String bar(HistogramBar bar) {
    return line(bar.from(), bar.to(), bar.items(), bar.share());
  }

  private static String line(String what, String rest) {
    return what + "\t" + rest;
  }

  private static String line(Object... fields) {
    return Stream.of(fields)
        .map(field -> escaped(field.toString()))
        .collect(Collectors.joining("\t"));
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n");
  }

  private static String plain(String escaped) {
    return ESCAPED
        .matcher(escaped)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    switch (found.group(1)) {
                      case "t" -> "\t";
                      case "n" -> "\n";
                      default -> found.group(1);
                    }));
  }

  /** {@return the report of the text; empty if another version of the library wrote it} */
  static Optional<BatchReport> parse(String text, BatchJob job) {
    String[] lines = text.split("\n", -1);
    if (!lines[0].equals(VERSION)) {
      return Optional.empty();
    }
    Lines read = new Lines();
    for (int i = 1; i < lines.length; i++) {
      read.add(new Fields(lines[i].split("\t", -1)));
    }
    return Optional.of(read.report(job));
  }

  /** The fields of a line, from left to right. */
  private static final class Fields {
    private final String[] fields;
    private int next;

    Fields(String[] fields) {
      this.fields = fields;
    }

    boolean areLeft() {
      return next < fields.length;
    }

    String text() {
      return plain(fields[next++]);
    }

    long whole() {
      return Long.parseLong(text());
    }

    int index() {
      return Integer.parseInt(text());
    }

    double number() {
      return Double.parseDouble(text());
    }

    Instant instant() {
      return Instant.parse(text());
    }

    Duration duration() {
      return Duration.parse(text());
    }

    HistogramBar bar() {
      return new HistogramBar(number(), number(), whole(), number());
    }

    Distribution distribution() {
      List<HistogramBar> bars = new ArrayList<>();
      long items = whole();
      double min = number();
      double mean = number();
      double p50 = number();
      double p95 = number();
      double p99 = number();
      double max = number();
      while (areLeft()) {
        bars.add(bar());
      }
      return new Distribution(items, min, mean, p50, p95, p99, max, bars);
    }
  }

  /** What the lines have said so far. */
  private static final class Lines {
    private final List<ErrorGroup> errors = new ArrayList<>();
    private final List<HistogramBar> quality = new ArrayList<>();
    private Optional<Distribution> durations = Optional.empty();
    private final Map<String, Distribution> measures = new LinkedHashMap<>();
    private final Map<Integer, Long> attempts = new TreeMap<>();
    private final List<SlowItem> slowest = new ArrayList<>();
    private Optional<Duration> step = Optional.empty();
    private final List<TimelineStep> steps = new ArrayList<>();

    void add(Fields of) {
      String what = of.text();
      switch (what) {
        case "error" ->
            errors.add(
                new ErrorGroup(
                    of.text(), of.text(), of.text(), of.whole(), of.number(), of.instant()));
        case "quality" -> quality.add(of.bar());
        case "duration" -> durations = Optional.of(of.distribution());
        case "measure" -> measures.put(of.text(), of.distribution());
        case "attempts" -> attempts.put(of.index(), of.whole());
        case "slow" -> slowest.add(slow(of));
        case "timeline" -> step = Optional.of(of.duration());
        case "step" ->
            steps.add(
                new TimelineStep(of.instant(), of.whole(), of.whole(), of.whole(), of.whole()));
        default -> throw new IllegalStateException("a kept report has a line of " + what);
      }
    }

    private static SlowItem slow(Fields of) {
      int index = of.index();
      Duration duration = of.duration();
      return new SlowItem(
          index, of.areLeft() ? Optional.of(of.text()) : Optional.empty(), duration);
    }

    BatchReport report(BatchJob job) {
      return new BatchReport(
          job,
          errors,
          quality,
          durations,
          measures,
          attempts,
          slowest,
          step.map(length -> new Timeline(length, steps)));
    }
  }
}
