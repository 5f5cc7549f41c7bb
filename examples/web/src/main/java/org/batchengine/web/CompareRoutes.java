package org.batchengine.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.report.BatchComparison;
import org.batchengine.report.ComparedBatch;
import org.batchengine.report.ItemDifference;

/** Compares two batches. */
final class CompareRoutes {

  List<Route> routes() {
    return List.of(
        Route.of(
                "GET",
                "api/batch/{a}/compare/{b}",
                "What differs between two batches",
                this::compare)
            .needs(Right.READ)
            .query(
                Field.choice("kind", kinds()),
                Shapes.limit(100, 1_000),
                Field.whole("after").between(0, Long.MAX_VALUE).defaultsTo(0))
            .answers(200, comparisonShape(), differences(), Field.whole("next")));
  }

  private static String[] kinds() {
    return Stream.of(ItemDifference.Kind.values()).map(Names::of).toArray(String[]::new);
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
