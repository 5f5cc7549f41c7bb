package org.batchengine.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ErrorGroup;
import org.batchengine.report.BatchReport;
import org.batchengine.report.Distribution;
import org.batchengine.report.HistogramBar;
import org.batchengine.report.Timeline;
import org.batchengine.report.TimelineStep;

/** Figures for charts. */
final class ChartRoutes {

  List<Route> routes() {
    return List.of(
        Route.of("GET", "api/batch/{id}/viz", "Figures for charts", this::viz)
            .needs(Right.READ)
            .query(
                Field.whole("points")
                    .between(10, 1_000)
                    .defaultsTo(300)
                    .description("How many points of time at most; there are never more than 240."))
            .answers(200, vizShape()));
  }

  private static Field vizShape() {
    return Field.object(
            "visualization",
            Field.text("batchId").required(),
            Field.object(
                    "overview",
                    Shapes.count("total"),
                    Shapes.count("successful"),
                    Shapes.count("failed"),
                    Shapes.count("pending"),
                    Shapes.number("successRate"),
                    Shapes.number("averageDuration"))
                .required(),
            bars("errorDistribution", Shapes.text("error").required()),
            bars("qualityDistribution", Field.text("range").required()),
            Field.object(
                    "performanceMetrics",
                    Shapes.number("averageDuration"),
                    Shapes.number("p50Duration"),
                    Shapes.number("p95Duration"),
                    Shapes.number("p99Duration"))
                .required(),
            Field.list(
                    "durationHistogram",
                    Field.object(
                        "",
                        Shapes.number("fromMs"),
                        Shapes.number("toMs"),
                        Shapes.count("count"),
                        Shapes.number("percentage")))
                .required(),
            Field.list(
                    "timeline",
                    Field.object(
                        "",
                        Shapes.time("from").required(),
                        Shapes.count("succeeded"),
                        Shapes.count("failed"),
                        Shapes.count("skipped"),
                        Shapes.count("cancelled")))
                .required(),
            Field.decimal("timeline_step_seconds"),
            Field.list(
                    "attempts", Field.object("", Shapes.count("attempts"), Shapes.count("items")))
                .required())
        .required();
  }

  private static Field bars(String name, Field label) {
    return Field.list(
            name, Field.object("", label, Shapes.count("count"), Shapes.number("percentage")))
        .required();
  }

  private void viz(Exchange exchange) throws IOException {
    Values given = exchange.query();
    BatchReport report = exchange.batches().reports().of(exchange.id());
    exchange.answer(
        200, Map.of("visualization", visualization(report, (int) given.whole("points"))));
  }

  private static Map<String, Object> visualization(BatchReport report, int points) {
    BatchJob job = report.batch();
    double average = job.meanItemTime().map(Shown::millis).orElse(0.0);
    Map<String, Object> overview = new LinkedHashMap<>();
    overview.put("total", job.counts().total());
    overview.put("successful", job.counts().succeeded());
    overview.put("failed", job.counts().failed());
    overview.put("pending", job.counts().unfinished());
    overview.put("successRate", job.counts().successRate());
    overview.put("averageDuration", average);
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("averageDuration", average);
    metrics.put("p50Duration", millis(report.durationSeconds().map(Distribution::p50)));
    metrics.put("p95Duration", millis(report.durationSeconds().map(Distribution::p95)));
    metrics.put("p99Duration", millis(report.durationSeconds().map(Distribution::p99)));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("batchId", job.id().toString());
    map.put("overview", overview);
    map.put("errorDistribution", Shown.all(report.errors(), ChartRoutes::error));
    map.put("qualityDistribution", quality(report.quality()));
    map.put("performanceMetrics", metrics);
    List<HistogramBar> durations =
        report.durationSeconds().map(Distribution::histogram).orElse(List.of());
    map.put("durationHistogram", Shown.all(durations, ChartRoutes::duration));
    List<Map<String, Object>> attempts = new ArrayList<>();
    report
        .attempts()
        .forEach((made, items) -> attempts.add(Map.of("attempts", made, "items", items)));
    map.put("attempts", attempts);
    map.put("timeline", List.of());
    report.timeline().ifPresent(line -> putTimeline(map, line, points));
    return map;
  }

  private static double millis(Optional<Double> seconds) {
    return seconds.orElse(0.0) * 1e3;
  }

  private static Map<String, Object> error(ErrorGroup group) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("error", group.sample().isEmpty() ? group.type() : group.sample());
    map.put("count", group.count());
    map.put("percentage", 100 * group.share());
    return map;
  }

  /** Two of the ten bars together, the best first. */
  private static List<Map<String, Object>> quality(List<HistogramBar> tenths) {
    List<Map<String, Object>> bars = new ArrayList<>();
    for (int i = tenths.size() - 2; i >= 0; i -= 2) {
      HistogramBar lower = tenths.get(i);
      HistogramBar upper = tenths.get(i + 1);
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("range", String.format(Locale.ROOT, "%.1f-%.1f", lower.from(), upper.to()));
      map.put("count", lower.items() + upper.items());
      map.put("percentage", 100 * (lower.share() + upper.share()));
      bars.add(map);
    }
    return bars;
  }

  private static Map<String, Object> duration(HistogramBar bar) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("fromMs", bar.from() * 1e3);
    map.put("toMs", bar.to() * 1e3);
    map.put("count", bar.items());
    map.put("percentage", 100 * bar.share());
    return map;
  }

  /** As many steps together as it takes to have at most so many points. */
  private static void putTimeline(Map<String, Object> map, Timeline line, int points) {
    int together = Math.max(1, (line.steps().size() + points - 1) / points);
    List<Map<String, Object>> steps = new ArrayList<>();
    for (int i = 0; i < line.steps().size(); i += together) {
      List<TimelineStep> part =
          line.steps().subList(i, Math.min(line.steps().size(), i + together));
      Map<String, Object> step = new LinkedHashMap<>();
      step.put("from", part.get(0).from().toString());
      step.put("succeeded", part.stream().mapToLong(TimelineStep::succeeded).sum());
      step.put("failed", part.stream().mapToLong(TimelineStep::failed).sum());
      step.put("skipped", part.stream().mapToLong(TimelineStep::skipped).sum());
      step.put("cancelled", part.stream().mapToLong(TimelineStep::cancelled).sum());
      steps.add(step);
    }
    map.put("timeline", steps);
    map.put("timeline_step_seconds", line.step().toMillis() * together / 1e3);
  }
}
