package org.batchengine.web;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.batchengine.EngineMetrics;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.EngineHealth;
import org.batchengine.model.EngineNode;
import org.batchengine.model.HistoryQuery;
import org.batchengine.report.BatchStatistics;
import org.batchengine.report.StatisticsQuery;

/** What is of no single batch: statistics, clean-up, operations, nodes, health, metrics. */
final class OperateRoutes {
  private static final int MOST_DAYS = 3_650;

  /** What anybody may know of the health of an engine; the rest may name hosts and tables. */
  private static final Set<String> OPEN_HEALTH =
      Set.of("status", "as_of", "started", "session_live", "waiting", "running", "unsettled");

  private final List<Operation<?>> operations;

  OperateRoutes(List<Operation<?>> operations) {
    this.operations = List.copyOf(operations);
  }

  List<Route> routes() {
    Field days =
        Field.whole("daysToKeep")
            .between(0, MOST_DAYS)
            .description("Batches that ended earlier are deleted.");
    Field health = Field.object("health", Field.text("status").required()).open().required();
    return List.of(
        Route.of("GET", "api/batch/stats", "Counts of batches", this::stats)
            .needs(Right.READ)
            .query(Field.text("tenant").between(1, 100), Field.instant("since"))
            .answers(200, statsShape()),
        Route.of(
                "DELETE", "api/batch/cleanup", "Deletes batches that ended long ago", this::cleanup)
            .needs(Right.ADMIN)
            .needsAllTenants()
            .query(days)
            .body(days)
            .answers(200, Shapes.count("deleted"), Shapes.count("daysToKeep")),
        Route.of("GET", "api/batch/operations", "What may be created", this::operations)
            .needs(Right.READ)
            .answers(
                200,
                Field.list(
                        "operations",
                        Field.object(
                            "",
                            Field.text("operation").required(),
                            Field.text("label").required(),
                            Shapes.text("description").required(),
                            Field.flag("findsItems").required(),
                            Field.object("filters").open().required(),
                            Field.object("options").open().required()))
                    .required()),
        Route.of("GET", "api/batch/nodes", "The engines that are connected", this::nodes)
            .needs(Right.ADMIN)
            .needsAllTenants()
            .answers(200, Field.list("nodes", nodeShape()).required()),
        Route.of("GET", "api/health", "Whether the engine is well", this::health)
            .answers(200, health)
            .answers(503, health),
        Route.of("GET", "api/metrics", "What the engine holds now", this::metrics)
            .needs(Right.ADMIN)
            .needsAllTenants()
            .answers(200, metricsShape()));
  }

  private static Field statsShape() {
    return Field.object(
            "stats",
            Shapes.count("total"),
            Field.object("byStatus").open().required(),
            Field.object("byOperation").open().required(),
            Shapes.number("completionRate"),
            Shapes.number("itemsPerSecond"))
        .required();
  }

  private static Field nodeShape() {
    return Field.object(
        "",
        Shapes.count("session"),
        Field.text("node").required(),
        Field.text("process").required(),
        Shapes.time("expires_at").required(),
        Shapes.count("chunks"),
        Shapes.count("items"),
        Field.list("types", Field.text("")).required());
  }

  private static Field metricsShape() {
    return Field.object(
            "metrics",
            Field.list(
                    "queues",
                    Field.object(
                        "",
                        Field.text("operation").required(),
                        Shapes.count("waiting"),
                        Shapes.count("running")))
                .required(),
            Shapes.count("unsettled"),
            Shapes.count("lost"),
            Field.whole("parked"),
            Field.decimal("session_age_seconds"),
            Field.decimal("since_renewal_seconds"),
            Shapes.number("items_per_second"),
            Shapes.count("memory_used_bytes"),
            Shapes.count("memory_max_bytes"),
            Shapes.count("threads"))
        .required();
  }

  private void stats(Exchange exchange) throws IOException {
    Values given = exchange.query();
    ReadRoutes.refuseOtherTenant(exchange, given);
    StatisticsQuery query = StatisticsQuery.all();
    query = given.has("tenant") ? query.tenant(given.text("tenant")) : query;
    if (given.has("since")) {
      StatisticsQuery soFar = query;
      query = Exchange.checked("since", () -> soFar.createdAfter(given.instant("since")));
    }
    BatchStatistics statistics = exchange.batches().reports().statistics(query);
    Map<String, Object> byStatus = new LinkedHashMap<>();
    statistics.byState().forEach((state, batches) -> byStatus.put(Names.of(state), batches));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("total", statistics.total());
    map.put("byStatus", byStatus);
    map.put("byOperation", statistics.byType());
    map.put("completionRate", statistics.completionRate());
    map.put("itemsPerSecond", itemsPerSecond(exchange, given));
    exchange.answer(200, Map.of("stats", map));
  }

  /** Of the hundred newest batches that run: more are not read. */
  private static double itemsPerSecond(Exchange exchange, Values given) {
    HistoryQuery query = HistoryQuery.all().state(BatchState.RUNNING).limit(100);
    HistoryQuery running = given.has("tenant") ? query.tenant(given.text("tenant")) : query;
    return exchange.batches().history(running).items().stream()
        .mapToDouble(BatchJob::itemsPerSecond)
        .sum();
  }

  private void cleanup(Exchange exchange) throws IOException {
    Values query = exchange.query();
    Values body = exchange.body();
    if (!query.has("daysToKeep") && !body.has("daysToKeep")) {
      throw Problem.invalid("daysToKeep", "is required, in the query or the body", "required");
    }
    long days = (query.has("daysToKeep") ? query : body).whole("daysToKeep");
    long deleted = exchange.engine().removeEnded(Duration.ofDays(days));
    exchange.answer(200, ordered("deleted", deleted, "daysToKeep", days));
  }

  private static Map<String, Object> ordered(String a, Object one, String b, Object two) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(a, one);
    map.put(b, two);
    return map;
  }

  private void operations(Exchange exchange) throws IOException {
    exchange.query();
    exchange.answer(200, Map.of("operations", Shown.all(operations, OperateRoutes::form)));
  }

  private static Map<String, Object> form(Operation<?> operation) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("operation", operation.name());
    map.put("label", operation.label());
    map.put("description", operation.description());
    map.put("findsItems", operation.items().isPresent());
    map.put("filters", operation.filters().schema());
    map.put("options", Wanted.options(operation).schema());
    return map;
  }

  private void nodes(Exchange exchange) throws IOException {
    exchange.query();
    exchange.answer(
        200, Map.of("nodes", Shown.all(exchange.engine().nodes(), OperateRoutes::node)));
  }

  private static Map<String, Object> node(EngineNode node) {
    Map<String, Object> map = new LinkedHashMap<>(node.toMap());
    map.put("types", node.types());
    return map;
  }

  private void health(Exchange exchange) throws IOException {
    exchange.query();
    EngineHealth health = exchange.engine().health();
    Map<String, Object> map = new LinkedHashMap<>(health.toMap());
    if (!exchange.visitor().has(Right.ADMIN)) {
      map.keySet().retainAll(OPEN_HEALTH);
    }
    exchange.answer(health.isUp() ? 200 : 503, Map.of("health", map));
  }

  private void metrics(Exchange exchange) throws IOException {
    exchange.query();
    EngineMetrics metrics = exchange.engine().metrics();
    List<Map<String, Object>> queues = new ArrayList<>();
    for (String type : metrics.types()) {
      Map<String, Object> queue = ordered("operation", type, "waiting", metrics.waiting(type));
      queue.put("running", metrics.running(type));
      queues.add(queue);
    }
    Runtime machine = Runtime.getRuntime();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("queues", queues);
    map.put("unsettled", metrics.unsettled());
    map.put("lost", metrics.lost());
    metrics.parked().ifPresent(items -> map.put("parked", items));
    metrics.sessionAge().ifPresent(age -> map.put("session_age_seconds", age.toMillis() / 1e3));
    metrics.sinceRenewal().ifPresent(age -> map.put("since_renewal_seconds", age.toMillis() / 1e3));
    map.put("items_per_second", itemsPerSecond(exchange, Values.none()));
    map.put("memory_used_bytes", machine.totalMemory() - machine.freeMemory());
    map.put("memory_max_bytes", machine.maxMemory());
    map.put("threads", Thread.activeCount());
    exchange.answer(200, Map.of("metrics", map));
  }
}
