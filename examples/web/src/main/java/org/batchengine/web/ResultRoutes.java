package org.batchengine.web;

import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.batchengine.Batches;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.report.ExportFormat;
import org.batchengine.report.ExportQuery;

/** Results, errors by kind, and files. */
final class ResultRoutes {
  private static final String CSV = "text/csv";
  private static final String LINES = "application/x-ndjson";
  private static final String XLSX =
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

  private static final Set<String> PAYLOADS = Set.of("input", "output");

  /** As many groups, and batches of similar names, as there are on a page. */
  private static final int MOST_KINDS = 100;

  private final Shown shown;

  ResultRoutes(Shown shown) {
    this.shown = shown;
  }

  List<Route> routes() {
    return List.of(
        get("api/batch/{id}/results", "Settled items and their summary", this::results)
            .query(Shapes.limit(100, 1_000), Shapes.after(), Field.flag("success"))
            .answers(200, resultsShape(), Shapes.next()),
        get("api/batch/{id}/errors", "Failures by kind", this::errors)
            .query(Shapes.limit(20, 100))
            .answers(200, Field.list("groups", groupShape()).required()),
        Route.of("GET", "api/batch/{id}/export", "Items as a file", this::export)
            .needs(Right.PAYLOADS)
            .query(
                Field.choice("format", "csv", "jsonl", "xlsx"),
                Shapes.itemStates("state"),
                Field.list("columns", Field.text("").between(1, 100)).between(1, 100),
                Field.choice("formulas", "guard", "raw").defaultsTo("guard"))
            .answers(200, new Route.Answer(List.of(CSV, LINES, XLSX), null)));
  }

  private static Route get(String path, String summary, Route.Handler handler) {
    return Route.of("GET", path, summary, handler).needs(Right.READ);
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

  private static Field groupShape() {
    return Field.object(
        "",
        Field.text("fingerprint").required(),
        Field.text("type").required(),
        Shapes.text("sample").required(),
        Shapes.count("count"),
        Shapes.number("percentage"),
        Shapes.time("latestAt").required(),
        Field.text("newSince")
            .description(
                "The batch of this name and operation before, if that had no such failure."));
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

  private void errors(Exchange exchange) throws IOException {
    int limit = (int) exchange.query().whole("limit");
    Batches batches = exchange.batches();
    List<ErrorGroup> groups = batches.errorGroups(exchange.id(), limit);
    Optional<BatchJob> before =
        groups.isEmpty() ? Optional.empty() : before(batches, batches.status(exchange.id()));
    Set<String> known =
        before.map(job -> batches.errorGroups(job.id(), MOST_KINDS)).orElse(List.of()).stream()
            .map(ErrorGroup::fingerprint)
            .collect(Collectors.toSet());
    exchange.answer(
        200,
        Map.of(
            "groups",
            Shown.all(
                groups,
                each -> group(each, before.filter(job -> !known.contains(each.fingerprint()))))));
  }

  /** The batch of the same name and operation before, among the hundred that have it in theirs. */
  private static Optional<BatchJob> before(Batches batches, BatchJob job) {
    return job.name()
        .flatMap(
            name ->
                batches
                    .history(
                        HistoryQuery.all()
                            .type(job.type())
                            .tenant(job.tenant())
                            .nameContains(name)
                            .createdBefore(job.createdAt())
                            .limit(MOST_KINDS))
                    .items()
                    .stream()
                    .filter(other -> other.name().equals(job.name()))
                    .findFirst());
  }

  private static Map<String, Object> group(ErrorGroup group, Optional<BatchJob> newSince) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("fingerprint", group.fingerprint());
    map.put("type", group.type());
    map.put("sample", group.sample());
    map.put("count", group.count());
    map.put("percentage", 100 * group.share());
    map.put("latestAt", group.latestAt().toString());
    newSince.ifPresent(job -> map.put("newSince", job.id().toString()));
    return map;
  }

  /** The library writes payloads as they are, so nobody exports them where they are masked. */
  private void export(Exchange exchange) throws IOException {
    Values given = exchange.query();
    List<String> columns = given.list("columns", String.class);
    if (shown.isMasked() && (columns.isEmpty() || columns.stream().anyMatch(PAYLOADS::contains))) {
      throw Problem.forbidden("payloads are masked here: name columns without input and output");
    }
    ExportQuery query = Exchange.checked("columns", () -> query(given, columns));
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
              query,
              raw ? ExportFormat.csv().raw() : ExportFormat.csv());
      case "jsonl" -> write(exchange, LINES, query, ExportFormat.jsonLines());
      default -> write(exchange, XLSX, query, ExportFormat.xlsx());
    }
  }

  private static ExportQuery query(Values given, List<String> columns) {
    List<ItemState> states = given.list("state", ItemState.class);
    ExportQuery query = ExportQuery.all();
    query = states.isEmpty() ? query : query.state(states.toArray(ItemState[]::new));
    return columns.isEmpty() ? query : query.columns(columns.toArray(String[]::new));
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

  private static void write(Exchange exchange, String type, ExportQuery query, ExportFormat format)
      throws IOException {
    OutputStream out = exchange.answer(type);
    if (exchange.isHead()) {
      return;
    }
    try {
      exchange.batches().reports().export(exchange.id(), query, format, out);
    } catch (IllegalArgumentException e) { // there is no such column; nothing is written yet
      throw Problem.invalid("columns", String.valueOf(e.getMessage()), "invalid_value");
    }
  }
}
