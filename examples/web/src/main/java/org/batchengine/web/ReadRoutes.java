package org.batchengine.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.batchengine.feed.AuditQuery;
import org.batchengine.feed.FeedEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.ItemState;
import org.batchengine.model.Reason;

/** Shows batches, their items and their history. */
final class ReadRoutes {
  private final Shown shown;

  ReadRoutes(Shown shown) {
    this.shown = shown;
  }

  List<Route> routes() {
    return List.of(
        get("api/batch/{id}", "A batch as it is", this::batch).answers(200, Shapes.batch("batch")),
        get("api/batch/history", "Batches, newest first", this::history)
            .query(
                Field.list("operation", Field.text("").between(1, 100)),
                Shapes.states("status"),
                Field.text("tenant").between(1, 100),
                Field.text("owner").between(1, 200),
                Field.text("name").between(1, 200).description("A part of the name."),
                Field.instant("createdAfter"),
                Field.instant("createdBefore"),
                Shapes.limit(50, 100),
                Field.whole("offset").between(0, Integer.MAX_VALUE).defaultsTo(0),
                Shapes.after())
            .answers(
                200,
                Field.list("batches", Shapes.batch("")).required(),
                Shapes.count("count").description("How many are on this page."),
                Field.object("filter").open().required(),
                Shapes.next()),
        get(
                "api/batch/{id}/items",
                "Items of a batch, in order; one if a key is given",
                this::items)
            .query(
                Shapes.itemStates("state"),
                Field.text("errorFingerprint").between(1, 1_000),
                Field.text("errorType").between(1, 1_000),
                Field.text("key").between(1, 200),
                Shapes.limit(100, 1_000),
                Shapes.after())
            .answers(
                200,
                Field.list("items", Shapes.item("")).required(),
                Field.object("filter").open().required(),
                Shapes.next()),
        get("api/batch/{id}/items/{index}", "An item with every attempt that failed", this::item)
            .answers(
                200,
                Shapes.item("item"),
                Field.list("errors", attempt()).required(),
                Field.list(
                        "inputs",
                        Field.object(
                                "",
                                Shapes.count("attempt"),
                                Shapes.text("input"),
                                Shapes.time("at"))
                            .open())
                    .description("All that it had, the first one first.")
                    .required()),
        get("api/batch/{id}/events", "Who did what to a batch, and why", this::events)
            .query(Shapes.limit(100, 1_000), Shapes.after())
            .answers(200, Field.list("events", event()).required(), Shapes.next()),
        get("api/batch/{id}/explain", "Why a batch is not done", this::explain)
            .answers(200, Field.list("reasons", reason()).required()));
  }

  private static Route get(String path, String summary, Route.Handler handler) {
    return Route.of("GET", path, summary, handler).needs(Right.READ);
  }

  private static Field attempt() {
    return Field.object(
        "",
        Shapes.count("attempt"),
        Field.text("type").required(),
        Shapes.text("message").required(),
        Field.text("fingerprint").required(),
        Shapes.text("stack").description("With the right PAYLOADS only."),
        Shapes.time("at").required());
  }

  private static Field event() {
    return Field.object(
        "",
        Shapes.count("position"),
        Field.text("event").required(),
        Field.text("batch_id").required(),
        Field.text("tenant").required(),
        Field.text("type").required(),
        Shapes.count("run"),
        Field.text("actor"),
        Field.text("node"),
        Field.text("reason"),
        Field.text("detail"),
        Shapes.time("at").required());
  }

  private static Field reason() {
    return Field.object(
        "",
        Field.text("code").required(),
        Field.text("text").required(),
        Shapes.count("items"),
        Shapes.time("until"),
        Field.text("node"),
        Field.flag("needs_person").required());
  }

  private void batch(Exchange exchange) throws IOException {
    exchange.query();
    exchange.answer(200, Map.of("batch", Shown.batch(exchange.batches().status(exchange.id()))));
  }

  private void history(Exchange exchange) throws IOException {
    Values given = exchange.query();
    refuseOtherTenant(exchange, given);
    HistoryQuery query = Exchange.checked("", () -> historyQuery(given));
    BatchPage<BatchJob> page = Exchange.checked("after", () -> exchange.batches().history(query));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("batches", Shown.all(page.items(), Shown::batch));
    map.put("count", page.items().size());
    map.put("filter", filter(given));
    page.next().ifPresent(next -> map.put("next", next));
    exchange.link(page.next());
    exchange.answer(200, map);
  }

  static void refuseOtherTenant(Exchange exchange, Values given) {
    Optional<String> own = exchange.visitor().tenant();
    if (given.has("tenant") && own.isPresent() && !own.get().equals(given.text("tenant"))) {
      throw Problem.forbidden("the batches of other tenants are not yours to see");
    }
  }

  private static HistoryQuery historyQuery(Values given) {
    HistoryQuery query = HistoryQuery.all().limit((int) given.whole("limit"));
    List<String> operations = given.list("operation", String.class);
    List<BatchState> states = given.list("status", BatchState.class);
    query = operations.isEmpty() ? query : query.type(operations.toArray(String[]::new));
    query = states.isEmpty() ? query : query.state(states.toArray(BatchState[]::new));
    query = given.has("tenant") ? query.tenant(given.text("tenant")) : query;
    query = given.has("owner") ? query.submittedBy(given.text("owner")) : query;
    query = given.has("name") ? query.nameContains(given.text("name")) : query;
    query = given.has("createdAfter") ? query.createdAfter(given.instant("createdAfter")) : query;
    query =
        given.has("createdBefore") ? query.createdBefore(given.instant("createdBefore")) : query;
    query = query.offset((int) given.whole("offset"));
    return given.has("after") ? query.after(given.text("after")) : query;
  }

  /** What was asked for: of what may be repeated, one value as it is and several as a list. */
  private static Map<String, Object> filter(Values given) {
    Map<String, Object> map = new LinkedHashMap<>();
    given
        .toMap()
        .forEach(
            (name, value) -> {
              List<Object> values =
                  value instanceof List<?> list ? printable(list) : printable(List.of(value));
              if (!values.isEmpty()) {
                map.put(name, values.size() == 1 ? values.get(0) : values);
              }
            });
    return map;
  }

  private static List<Object> printable(List<?> values) {
    List<Object> printable = new ArrayList<>();
    for (Object value : values) {
      printable.add(
          value instanceof Enum<?> state
              ? Names.of(state)
              : value instanceof Number ? value : value.toString());
    }
    return printable;
  }

  private void items(Exchange exchange) throws IOException {
    Values given = exchange.query();
    BatchId id = exchange.id();
    Map<String, Object> map = new LinkedHashMap<>();
    BatchPage<BatchItem<String, String>> page =
        given.has("key") ? keyed(exchange, id, given) : paged(exchange, id, given);
    map.put("items", Shown.all(page.items(), item -> shown.item(exchange.visitor(), item)));
    map.put("filter", filter(given));
    page.next().ifPresent(next -> map.put("next", next));
    exchange.link(page.next());
    exchange.answer(200, map);
  }

  private static BatchPage<BatchItem<String, String>> keyed(
      Exchange exchange, BatchId id, Values given) {
    var item = Exchange.checked("key", () -> exchange.batches().item(id, given.text("key")));
    return BatchPage.of(item.stream().toList(), null, Map.of());
  }

  private static BatchPage<BatchItem<String, String>> paged(
      Exchange exchange, BatchId id, Values given) {
    List<ItemState> states = given.list("state", ItemState.class);
    ItemQuery query =
        states.isEmpty() ? ItemQuery.all() : ItemQuery.inState(states.toArray(ItemState[]::new));
    query = query.limit((int) given.whole("limit"));
    query =
        given.has("errorFingerprint")
            ? query.errorFingerprint(given.text("errorFingerprint"))
            : query;
    query = given.has("errorType") ? query.errorType(given.text("errorType")) : query;
    ItemQuery all = given.has("after") ? query.after(given.text("after")) : query;
    return Exchange.checked("after", () -> exchange.batches().items(id, all));
  }

  private void item(Exchange exchange) throws IOException {
    exchange.query();
    int index = index(exchange.variable("index"));
    BatchItem<String, String> item =
        exchange
            .batches()
            .item(exchange.id(), index)
            .orElseThrow(() -> Problem.notFound("the batch has no item " + index));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("item", shown.item(exchange.visitor(), item));
    map.put(
        "errors",
        Shown.all(
            exchange.batches().errors(exchange.id(), index),
            error -> Shown.attempt(exchange.visitor(), error)));
    map.put(
        "inputs",
        Shown.all(
            exchange.batches().inputs(exchange.id(), index),
            version -> shown.version(exchange.visitor(), version)));
    exchange.answer(200, map);
  }

  private static int index(String text) {
    try {
      return Integer.parseUnsignedInt(text) & Integer.MAX_VALUE;
    } catch (NumberFormatException e) {
      throw Problem.notFound("indexes of items are whole numbers");
    }
  }

  private void events(Exchange exchange) throws IOException {
    Values given = exchange.query();
    exchange.batches().status(exchange.id()); // of another tenant: not found
    AuditQuery query =
        AuditQuery.all().batch(exchange.id()).oldestFirst().limit((int) given.whole("limit"));
    BatchPage<FeedEvent> page =
        Exchange.checked(
            "after",
            () ->
                exchange
                    .batches()
                    .audit()
                    .read(given.has("after") ? query.after(given.text("after")) : query));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("events", Shown.all(page.items(), event -> Shown.lower(event.toMap(), "event")));
    page.next().ifPresent(next -> map.put("next", next));
    exchange.link(page.next());
    exchange.answer(200, map);
  }

  private void explain(Exchange exchange) throws IOException {
    exchange.query();
    List<Reason> reasons = exchange.batches().explain(exchange.id());
    exchange.answer(200, Map.of("reasons", Shown.all(reasons, Reason::toMap)));
  }
}
