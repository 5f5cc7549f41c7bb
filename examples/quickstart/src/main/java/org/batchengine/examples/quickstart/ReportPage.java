package org.batchengine.examples.quickstart;

import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.batchengine.report.BatchReport;
import org.batchengine.report.Distribution;
import org.batchengine.report.HistogramBar;
import org.batchengine.report.Timeline;
import org.batchengine.report.TimelineStep;

/** Prints a report in full, with small histograms. */
final class ReportPage {
  private static final int WIDTH = 40;
  private static final int MOST_LINES_OF_TIMELINE = 20;

  private final PrintStream out;

  ReportPage(PrintStream out) {
    this.out = out;
  }

  void print(BatchReport report) {
    report.durationSeconds().ifPresent(this::printDurations);
    printAttempts(report);
    report.timeline().ifPresent(this::printTimeline);
  }

  private void printDurations(Distribution durations) {
    line(
        "Durations of %,d files: mean %s, p50 %s, p95 %s, p99 %s, from %s to %s",
        durations.items(),
        time(durations.mean()),
        time(durations.p50()),
        time(durations.p95()),
        time(durations.p99()),
        time(durations.min()),
        time(durations.max()));
    long most = durations.histogram().stream().mapToLong(HistogramBar::items).max().orElse(0);
    for (HistogramBar bar : durations.histogram()) {
      String range = "%9s to %9s".formatted(time(bar.from()), time(bar.to()));
      bar(range, bar.items(), most);
    }
  }

  private void printAttempts(BatchReport report) {
    line("Attempts:");
    long most = report.attempts().values().stream().mapToLong(Long::longValue).max().orElse(0);
    report.attempts().forEach((made, files) -> bar("%22d".formatted(made), files, most));
  }

  /** Several steps a line, if there are many. */
  private void printTimeline(Timeline timeline) {
    List<TimelineStep> steps = timeline.steps();
    int perLine = (steps.size() + MOST_LINES_OF_TIMELINE - 1) / MOST_LINES_OF_TIMELINE;
    Duration step = timeline.step().multipliedBy(perLine);
    line("Settled in each %s from %s on:", time(step.toMillis() / 1e3), steps.get(0).from());
    long most = 0;
    for (int from = 0; from < steps.size(); from += perLine) {
      most = Math.max(most, settled(steps, from, perLine));
    }
    for (int from = 0; from < steps.size(); from += perLine) {
      String offset = "+ " + time(timeline.step().multipliedBy(from).toMillis() / 1e3);
      bar("%22s".formatted(offset), settled(steps, from, perLine), most);
    }
  }

  private static long settled(List<TimelineStep> steps, int from, int count) {
    return steps.subList(from, Math.min(steps.size(), from + count)).stream()
        .mapToLong(TimelineStep::settled)
        .sum();
  }

  private void bar(String label, long items, long most) {
    int length = most == 0 ? 0 : (int) Math.ceil((double) items * WIDTH / most);
    line("  %s  %,8d  %s", label, items, "#".repeat(length));
  }

  /** Three digits of it. */
  private static String time(double seconds) {
    BigDecimal digits =
        new BigDecimal(seconds < 1 ? seconds * 1e3 : seconds)
            .round(new MathContext(3))
            .stripTrailingZeros();
    return digits.toPlainString() + (seconds < 1 ? " ms" : " s");
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}
