package org.batchengine.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.batchengine.JobType;
import org.batchengine.Verdict;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.model.BatchId;
import org.batchengine.model.SettleResult;
import org.jspecify.annotations.Nullable;

/** Results from outside, and items for workers that ask for them. */
final class WorkRoutes {
  private static final int MOST_ITEMS = 50;
  private static final int LONGEST_WAIT_SECONDS = 20;
  private static final String DEFERRAL = "deferral";

  private final List<Operation<?>> operations;

  WorkRoutes(List<Operation<?>> operations) {
    this.operations = List.copyOf(operations);
  }

  List<Route> routes() {
    return List.of(
        Route.of(
                "POST",
                "api/batch/{id}/items/{index}/result",
                "Settles an item that was deferred",
                this::result)
            .needs(Right.WORK)
            .body(result())
            .answers(200, settled()),
        Route.of("POST", "api/work/{operation}/claim", "Hands items out to a worker", this::claim)
            .needs(Right.WORK)
            .body(
                Field.text("worker").between(1, 200).description("Who asks, for the log."),
                Field.whole("max").between(1, MOST_ITEMS).defaultsTo(1),
                Field.whole("waitSeconds").between(0, LONGEST_WAIT_SECONDS).defaultsTo(0))
            .answers(
                200,
                Field.list(
                        "items",
                        Field.object(
                            "",
                            Field.text(DEFERRAL).required(),
                            Field.text("batchId").required(),
                            Shapes.count("index"),
                            Field.text("key"),
                            Shapes.count("attempt"),
                            Field.any("input").required()))
                    .required()),
        Route.of("POST", "api/work/{operation}/results", "Settles what a worker did", this::results)
            .needs(Right.WORK)
            .body(
                Field.list("results", Field.object("", named()).required())
                    .between(1, MOST_ITEMS)
                    .required())
            .answers(
                200,
                Field.list(
                        "results",
                        Field.object(
                            "", Field.text(DEFERRAL).required(), settled()[0], settled()[1]))
                    .required()));
  }

  private static Field[] result() {
    return new Field[] {
      Field.flag("success").required(),
      Field.any("result").description("The output: a text, or else its JSON."),
      Field.object(
          "error", Field.text("code").between(1, 100), Field.text("message").between(0, 10_000)),
      Field.whole("durationMs").between(0, Duration.ofDays(365).toMillis()),
      Field.decimal("qualityScore").between(0, 1)
    };
  }

  private static List<Field> named() {
    List<Field> fields = new ArrayList<>(List.of(result()));
    fields.add(0, Field.text(DEFERRAL).required().between(1, 200));
    return fields;
  }

  private static Field[] settled() {
    return new Field[] {Field.flag("changed").required(), Field.text("status").required()};
  }

  private void result(Exchange exchange) throws IOException {
    BatchId id = exchange.id();
    int index = index(exchange.variable("index"));
    Operation<?> operation = operation(exchange.batches().status(id).type());
    Values given = exchange.body();
    SettleResult became =
        Exchange.checked("index", () -> settle(exchange, operation.type(), id, index, given));
    if (became == SettleResult.NOT_YET) {
      throw new Problem(409, "Conflict", "the item waits for no result");
    }
    exchange.answer(200, became(became));
  }

  private static int index(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw Problem.notFound("indexes of items are whole numbers");
    }
  }

  private Operation<?> operation(String name) {
    return operations.stream()
        .filter(operation -> operation.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Problem.notFound("there is no operation " + name + " here"));
  }

  private static Map<String, Object> became(SettleResult result) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("changed", result == SettleResult.SETTLED);
    map.put("status", Names.of(result));
    return map;
  }

  private static <O> SettleResult settle(
      Exchange exchange, JobType<?, O> type, BatchId id, int index, Values given) {
    return exchange.batches().settle(type, id, index, verdict(exchange, type, given));
  }

  private static <O> Verdict<O> verdict(Exchange exchange, JobType<?, O> type, Values given) {
    Verdict<O> verdict =
        given.flag("success")
            ? Verdict.succeeded(output(exchange, type, given))
            : failed(given.values("error"));
    if (given.has("durationMs")) {
      verdict = verdict.duration(Duration.ofMillis(given.whole("durationMs")));
    }
    return given.has("qualityScore") ? verdict.quality(given.decimal("qualityScore")) : verdict;
  }

  private static <O> Verdict<O> failed(Values error) {
    return Verdict.failed(
        error.has("code") ? error.text("code") : "FAILED",
        error.has("message") ? error.text("message") : "");
  }

  private static <O> @Nullable O output(Exchange exchange, JobType<?, O> type, Values given) {
    Optional<JsonNode> result = given.find("result", JsonNode.class).filter(node -> !node.isNull());
    if (result.isEmpty()) {
      return null;
    }
    PayloadCodec<O> codec = type.outputCodec(exchange.engine().codecs());
    String text = result.get().isTextual() ? result.get().textValue() : result.get().toString();
    try {
      return codec.decode(text);
    } catch (Exception e) { // of whatever codec
      throw Problem.invalid("result", "cannot be read as " + codec.format(), "invalid_value");
    }
  }

  private void claim(Exchange exchange) throws IOException {
    Values given = exchange.body();
    PullProcessor pull = pull(exchange);
    try {
      List<Map<String, Object>> items =
          pull.take(
              exchange.visitor().tenant(),
              (int) given.whole("max"),
              Duration.ofSeconds(given.whole("waitSeconds")));
      exchange.answer(200, Map.of("items", items));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Problem(503, "Unavailable", "the service is closing").with("Retry-After", "5");
    }
  }

  private PullProcessor pull(Exchange exchange) {
    String name = exchange.variable("operation");
    return operation(name)
        .pull()
        .orElseThrow(() -> Problem.notFound("items of " + name + " are not handed out"));
  }

  private void results(Exchange exchange) throws IOException {
    List<Values> results = exchange.body().list("results", Values.class);
    pull(exchange);
    Map<String, SettleResult> became =
        settle(exchange, operation(exchange.variable("operation")).type(), results);
    List<Map<String, Object>> answers = new ArrayList<>();
    for (Values given : results) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put(DEFERRAL, given.text(DEFERRAL));
      answer.putAll(
          Optional.ofNullable(became.get(given.text(DEFERRAL)))
              .map(WorkRoutes::became)
              .orElse(Map.of("changed", false, "status", "not_found")));
      answers.add(answer);
    }
    exchange.answer(200, Map.of("results", answers));
  }

  /** Of a batch that is gone, or of another tenant, nothing is settled: the others still are. */
  private static <O> Map<String, SettleResult> settle(
      Exchange exchange, JobType<?, O> type, List<Values> results) {
    Map<BatchId, Boolean> isThere = new HashMap<>();
    Map<String, Verdict<O>> verdicts = new LinkedHashMap<>();
    for (int i = 0; i < results.size(); i++) {
      String deferral = results.get(i).text(DEFERRAL);
      String path = "results." + i + "." + DEFERRAL;
      BatchId batch = Exchange.checked(path, () -> BatchId.of(deferral.split("/", 2)[0]));
      if (isThere.computeIfAbsent(batch, id -> exchange.batches().find(id).isPresent())) {
        verdicts.put(deferral, verdict(exchange, type, results.get(i)));
      }
    }
    return Exchange.checked("results", () -> exchange.batches().settleAll(type, verdicts));
  }
}
