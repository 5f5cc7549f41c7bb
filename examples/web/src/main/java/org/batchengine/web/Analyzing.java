package org.batchengine.web;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.BatchReport;
import org.batchengine.report.ComparedBatch;
import org.batchengine.report.Distribution;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.HistogramBar;
import org.batchengine.report.ItemDifference;
import org.batchengine.report.Timeline;
import org.batchengine.report.TimelineStep;

/** Results and what follows from them: figures for charts, errors, comparisons, files. */
final class Analyzing {
  private static final String CSV = "text/csv";
  private static final String LINES = "application/x-ndjson";
  private static final String XLSX =
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

  private final Shown shown;

  Analyzing(Shown shown) {
    this.shown = shown;
  }

  List<Route> routes() {
    return List.of(
        get("api/batch/{id}/results", "Settled items and their summary", this::results)
            .query(Shapes.limit(100, 1_000), Shapes.after(), Field.flag("success"))
            .answers(200, resultsShape(), Shapes.next()),
        get("api/batch/{id}/viz", "Figures for charts", this::viz)
            .query(Field.whole("points").between(10, 1_000).defaultsTo(300))
            .answers(200, vizShape()),
        get("api/batch/{id}/errors", "Failures by kind", this::errors)
            .query(Shapes.limit(20, 100))
            .answers(200, Field.list("groups", groupShape()).required()),
        Route.of("GET", "api/batch/{id}/export", "All items as a file", this::export)
            .needs(Right.PAYLOADS)
            .query(
                Field.choice("format", "csv", "jsonl", "xlsx"),
                Field.choice("formulas", "guard", "raw").defaultsTo("guard"))
            .answers(200, new Route.Answer(List.of(CSV, LINES, XLSX), null)),
        get("api/batch/{a}/compare/{b}", "What differs between two batches", this::compare)
            .query(
                Field.choice("kind", kinds()),
                Shapes.limit(100, 1_000),
                Field.whole("after").between(0, Long.MAX_VALUE).defaultsTo(0))
            .answers(200, comparisonShape(), differences(), Field.whole("next")));
  }

  private static Route get(String path, String summary, Route.Handler handler) {
    return Route.of("GET", path, summary, handler).needs(Right.READ);
  }

  private static String[] kinds() {
    return Stream.of(ItemDifference.Kind.values()).map(Names::of).toArray(String[]::new);
  }

  private static Field resultsShape() {
    return Shapes.batchWith(
        Field.list(
                "results",
                Field.object(
                    "",
                    Field.text("nodeId").required(),
                    Shapes.count("index"),
                    Field.flag("success").required(),
                    Field.text("status").required(),
                    Field.any("result"),
                    Shapes.text("error"),
                    Shapes.count("retries"),
                    Field.decimal("durationMs"),
                    Field.decimal("qualityScore"),
                    Shapes.time("createdAt").required()))
            .required(),
        Field.object(
                "summary",
                Shapes.count("total"),
                Shapes.count("successful"),
                Shapes.count("failed"),
                Shapes.count("skipped"),
                Field.decimal("qualityScore"),
                Field.object(
                        "performanceMetrics",
                        Shapes.number("averageDuration"),
                        Shapes.number("totalDuration"),
                        Shapes.number("requestsPerMinute"),
                        Shapes.number("itemsPerMinute"))
                    .required())
            .required());
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

  private static Field groupShape() {
    return Field.object(
        "",
        Field.text("fingerprint").required(),
        Field.text("type").required(),
        Shapes.text("sample").required(),
        Shapes.count("count"),
        Shapes.number("percentage"),
        Shapes.time("latestAt").required());
  }

  private static Field comparisonShape() {
    Field both = Field.object("", Field.decimal("a"), Field.decimal("b"));
    return Field.object(
            "comparison",
            Shapes.count("newlyFailing"),
            Shapes.count("newlyFixed"),
            Shapes.count("changed").description("Outputs that differ."),
            Shapes.count("changedStates"),
            Shapes.count("unchanged"),
            Shapes.count("onlyInA"),
            Shapes.count("onlyInB"),
            Field.object("duration", both.named("p50").required(), both.named("p95").required())
                .description("In milliseconds.")
                .required(),
            both.named("quality").required())
        .required();
  }

  private static Field differences() {
    return Field.list(
            "items",
            Field.object(
                "",
                Field.choice("kind", kinds()).required(),
                Field.text("key"),
                Field.whole("index_in_a"),
                Field.whole("index_in_b"),
                Field.text("state_in_a"),
                Field.text("state_in_b")))
        .required();
  }

  private void results(Exchange exchange) throws IOException {
    Values given = exchange.query();
    ItemQuery query = ItemQuery.inState(settled(given)).limit((int) given.whole("limit"));
    BatchPage<BatchItem<String, String>> page =
        Exchange.checked(
            "after",
            () ->
                exchange
                    .batches()
                    .items(
                        exchange.id(),
                        given.has("after") ? query.after(given.text("after")) : query));
    BatchJob job = exchange.batches().status(exchange.id());
    Map<String, Object> batch = Shown.batch(job);
    batch.put("results", Shown.all(page.items(), item -> shown.result(exchange.visitor(), item)));
    batch.put("summary", summary(job));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("batch", batch);
    page.next().ifPresent(next -> map.put("next", next));
    exchange.link(page.next());
    exchange.answer(200, map);
  }

  private static ItemState[] settled(Values given) {
    if (!given.has("success")) {
      return Stream.of(ItemState.values()).filter(ItemState::isTerminal).toArray(ItemState[]::new);
    }
    return new ItemState[] {given.flag("success") ? ItemState.SUCCEEDED : ItemState.FAILED};
  }

  static Map<String, Object> summary(BatchJob job) {
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("averageDuration", job.meanItemTime().map(Shown::millis).orElse(0.0));
    metrics.put("totalDuration", Shown.millis(job.itemTime()));
    metrics.put("requestsPerMinute", job.itemsPerMinuteOfOneLane().orElse(0.0));
    metrics.put("itemsPerMinute", job.itemsPerMinute().orElse(0.0));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("total", job.counts().total());
    map.put("successful", job.counts().succeeded());
    map.put("failed", job.counts().failed());
    map.put("skipped", job.counts().skipped());
    job.meanQuality().ifPresent(quality -> map.put("qualityScore", quality));
    map.put("performanceMetrics", metrics);
    return map;
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
    map.put("errorDistribution", Shown.all(report.errors(), Analyzing::error));
    map.put("qualityDistribution", quality(report.quality()));
    map.put("performanceMetrics", metrics);
    List<HistogramBar> durations =
        report.durationSeconds().map(Distribution::histogram).orElse(List.of());
    map.put("durationHistogram", Shown.all(durations, Analyzing::duration));
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

  private void errors(Exchange exchange) throws IOException {
    int limit = (int) exchange.query().whole("limit");
    List<ErrorGroup> groups = exchange.batches().errorGroups(exchange.id(), limit);
    exchange.answer(200, Map.of("groups", Shown.all(groups, Analyzing::group)));
  }

  private static Map<String, Object> group(ErrorGroup group) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("fingerprint", group.fingerprint());
    map.put("type", group.type());
    map.put("sample", group.sample());
    map.put("count", group.count());
    map.put("percentage", 100 * group.share());
    map.put("latestAt", group.latestAt().toString());
    return map;
  }

  /** The library writes the payloads as they are, so nobody exports what is masked. */
  private void export(Exchange exchange) throws IOException {
    Values given = exchange.query();
    if (shown.isMasked()) {
      throw Problem.forbidden("payloads are masked here, so there is no export");
    }
    BatchId id = exchange.id();
    exchange.batches().status(id);
    String format = given.has("format") ? given.text("format") : accepted(exchange);
    boolean raw = given.text("formulas").equals("raw");
    exchange.set("Content-Disposition", "attachment; filename=\"batch-" + id + "." + format + "\"");
    switch (format) {
      case "csv" ->
          write(
              exchange,
              CSV + ";charset=UTF-8",
              raw ? ExportFormat.csv().raw() : ExportFormat.csv());
      case "jsonl" -> write(exchange, LINES, ExportFormat.jsonLines());
      default -> write(exchange, XLSX, ExportFormat.xlsx());
    }
  }

  private static String accepted(Exchange exchange) {
    String accept = exchange.header("Accept").orElse("*/*");
    if (accept.contains(XLSX)) {
      return "xlsx";
    }
    if (accept.contains(LINES)) {
      return "jsonl";
    }
    if (accept.contains(CSV) || accept.contains("*/*") || accept.contains("text/*")) {
      return "csv";
    }
    throw new Problem(406, "Not acceptable", "there is " + String.join(", ", CSV, LINES, XLSX));
  }

  private static void write(Exchange exchange, String type, ExportFormat format)
      throws IOException {
    OutputStream out = exchange.answer(type);
    if (!exchange.isHead()) {
      exchange.batches().reports().export(exchange.id(), format, out);
    }
  }

  private void compare(Exchange exchange) throws IOException {
    Values given = exchange.query();
    BatchId a = exchange.id("a");
    BatchId b = exchange.id("b");
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("comparison", comparison(exchange.batches().reports().compare(a, b)));
    List<Object> items = new ArrayList<>();
    long after = given.whole("after");
    try (Stream<ItemDifference> all = exchange.batches().reports().differences(a, b)) {
      Iterator<ItemDifference> rest = all.filter(item -> isOf(given, item)).skip(after).iterator();
      while (items.size() < given.whole("limit") && rest.hasNext()) {
        items.add(Shown.lower(rest.next().toMap(), "kind", "state_in_a", "state_in_b"));
      }
      if (rest.hasNext()) {
        map.put("next", after + items.size());
      }
    }
    map.put("items", items);
    exchange.answer(200, map);
  }

  private static boolean isOf(Values given, ItemDifference item) {
    return !given.has("kind") || given.text("kind").equals(Names.of(item.kind()));
  }

  private static Map<String, Object> comparison(BatchComparison comparison) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("newlyFailing", comparison.newlyFailing());
    map.put("newlyFixed", comparison.newlyFixed());
    map.put("changed", comparison.changedOutputs());
    map.put("changedStates", comparison.changedStates());
    map.put("unchanged", comparison.unchanged());
    map.put("onlyInA", comparison.onlyInA());
    map.put("onlyInB", comparison.onlyInB());
    ComparedBatch a = comparison.a();
    ComparedBatch b = comparison.b();
    map.put(
        "duration",
        Map.of(
            "p50",
            both(a.medianDuration().map(Shown::millis), b.medianDuration().map(Shown::millis)),
            "p95",
            both(a.p95Duration().map(Shown::millis), b.p95Duration().map(Shown::millis))));
    map.put("quality", both(a.meanQuality(), b.meanQuality()));
    return map;
  }

  private static Map<String, Object> both(Optional<Double> a, Optional<Double> b) {
    Map<String, Object> map = new LinkedHashMap<>();
    a.ifPresent(value -> map.put("a", value));
    b.ifPresent(value -> map.put("b", value));
    return map;
  }
}
