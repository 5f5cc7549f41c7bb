package org.batchengine.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.BatchChange;
import org.batchengine.Batches;
import org.batchengine.CorrectedInputs;
import org.batchengine.ImportedItem;
import org.batchengine.JobType;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchId;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.RetryPolicy;
import org.batchengine.model.StateChange;
import org.batchengine.model.Violation;

/**
 * Cancels, pauses, resumes, changes, retries and deletes. A call that comes too late changes
 * nothing.
 */
final class SteerRoutes {
  private static final String CORRECTIONS = "corrections";
  private static final String[] CHOICES = {"errors", "types", "keys", "indexes", CORRECTIONS};

  private final List<Operation<?>> operations;

  SteerRoutes(List<Operation<?>> operations) {
    this.operations = List.copyOf(operations);
  }

  List<Route> routes() {
    return List.of(
        route("cancel", "Cancels a batch", this::cancel)
            .body(
                Shapes.reason(),
                Field.flag("force").description("Interrupts the items that are running.")),
        route("pause", "Starts no more items of a batch", this::pause).body(Shapes.reason()),
        route("resume", "Goes on with a paused batch", this::resume).body(Shapes.reason()),
        route("change", "Changes settings of a batch while it is live", this::change)
            .body(
                Shapes.reason(),
                Field.whole("priority").between(0, 9),
                Field.text("retryPolicy")
                    .between(1, 2_000)
                    .description("The batch's own retry policy, as RetryPolicy.toText writes it."),
                Field.whole("tolerateFailures").between(0, Integer.MAX_VALUE),
                Field.decimal("tolerateFailureRate").between(0, 1),
                Field.whole("deadlineSeconds")
                    .between(1, Wanted.LONGEST_SECONDS)
                    .description("How long from now it may take."),
                Shapes.budget(),
                Shapes.limit()),
        route("retry", "Runs failed items again: all, or those of one choice", this::retry)
            .body(
                Shapes.reason(),
                texts("errors", 100).description("Fingerprints of errors."),
                texts("types", 100).description("Types of errors."),
                texts("keys", 10_000),
                Field.list("indexes", Field.whole("").between(0, Integer.MAX_VALUE))
                    .between(1, 10_000),
                Field.list(
                        CORRECTIONS,
                        Field.object(
                                "",
                                Field.text("key").between(1, 1_000),
                                Field.whole("index").between(0, Integer.MAX_VALUE),
                                Field.any("input").required())
                            .required())
                    .between(1, 10_000)
                    .description("Other inputs, of items named by their key or index.")),
        Route.of("DELETE", "api/batch/{id}", "Deletes an ended batch", this::delete)
            .needs(Right.STEER)
            .answers(200, Shapes.count("deleted"), Field.text("message").required()));
  }

  private static Route route(String verb, String summary, Route.Handler handler) {
    return Route.of("POST", "api/batch/{id}/" + verb, summary, handler)
        .needs(Right.STEER)
        .answers(200, Shapes.changed());
  }

  private static Field texts(String name, int most) {
    return Field.list(name, Field.text("").between(1, 1_000)).between(1, most);
  }

  private void cancel(Exchange exchange) throws IOException {
    Values body = exchange.body();
    CancelMode mode = body.flag("force") ? CancelMode.FORCED : CancelMode.GRACEFUL;
    String reason = exchange.reason(body, "cancelled");
    answer(exchange, "cancelled", exchange.batches().cancel(exchange.id(), mode, reason));
  }

  private void pause(Exchange exchange) throws IOException {
    String reason = exchange.reason(exchange.body(), "paused");
    answer(exchange, "paused", exchange.batches().pause(exchange.id(), reason));
  }

  private void resume(Exchange exchange) throws IOException {
    String reason = exchange.reason(exchange.body(), "resumed");
    answer(exchange, "resumed", exchange.batches().resume(exchange.id(), reason));
  }

  private void change(Exchange exchange) throws IOException {
    Values body = exchange.body();
    String reason = exchange.reason(body, "changed");
    exchange.batches().status(exchange.id()); // one that is not there comes before all else
    BatchChange change = change(body);
    answer(
        exchange,
        "changed",
        Exchange.checked("", () -> exchange.batches().change(exchange.id(), change, reason)));
  }

  private static BatchChange change(Values body) {
    BatchChange change = BatchChange.none();
    if (body.has("priority")) {
      change = change.priority((int) body.whole("priority"));
    }
    if (body.has("retryPolicy")) {
      BatchChange soFar = change;
      change =
          Exchange.checked(
              "retryPolicy", () -> soFar.retry(RetryPolicy.parse(body.text("retryPolicy"))));
    }
    if (body.has("tolerateFailures")) {
      change = change.tolerateFailures(body.whole("tolerateFailures"));
    }
    if (body.has("tolerateFailureRate")) {
      change = change.tolerateFailureRate(body.decimal("tolerateFailureRate"));
    }
    if (body.has("deadlineSeconds")) {
      change = change.deadline(Duration.ofSeconds(body.whole("deadlineSeconds")));
    }
    if (body.has("budget")) {
      BatchChange soFar = change;
      Values budget = body.values("budget");
      change =
          Exchange.checked(
              "budget", () -> soFar.budget(budget.text("measure"), budget.decimal("most")));
    }
    if (body.has("limit")) {
      BatchChange soFar = change;
      change = Exchange.checked("limit", () -> soFar.limit(Limit.parse(body.text("limit"))));
    }
    return change;
  }

  /** Several errors or types are several calls, one after the other. */
  private void retry(Exchange exchange) throws IOException {
    Values body = exchange.body();
    String reason = exchange.reason(body, "retried");
    Batches batches = exchange.batches();
    BatchId id = exchange.id();
    List<FailedItems> choices = which(body);
    if (body.has(CORRECTIONS)) {
      String type = batches.status(id).type();
      Operation<?> operation =
          operations.stream()
              .filter(candidate -> candidate.name().equals(type))
              .findFirst()
              .orElseThrow(() -> Problem.notFound("there is no operation " + type + " here"));
      CorrectedInputs<?> corrected = corrected(exchange, operation.type(), body);
      answer(
          exchange,
          "reopened",
          Exchange.checked(CORRECTIONS, () -> batches.retryFailed(id, corrected, reason)));
      return;
    }
    StateChange first = null;
    StateChange sum = null;
    for (FailedItems which : choices) {
      StateChange change = batches.retryFailed(id, which, reason);
      first = first == null ? change : first;
      sum =
          sum == null
              ? change
              : new StateChange(
                  id,
                  sum.changed() || change.changed(),
                  first.before(),
                  change.after(),
                  sum.items() + change.items());
    }
    if (sum != null) {
      answer(exchange, "reopened", sum);
    }
  }

  private static <I> CorrectedInputs<I> corrected(
      Exchange exchange, JobType<I, ?> type, Values body) throws IOException {
    List<Values> given = body.list(CORRECTIONS, Values.class);
    List<JsonNode> inputs =
        given.stream().map(one -> one.find("input", JsonNode.class).orElseThrow()).toList();
    List<ImportedItem<I>> items =
        CreateRoutes.inputs(exchange, type, inputs, index -> CORRECTIONS + "." + index + ".input");
    CorrectedInputs<I> corrected = CorrectedInputs.of(type);
    for (int i = 0; i < given.size(); i++) {
      Values one = given.get(i);
      CorrectedInputs<I> before = corrected;
      I input = items.get(i).input();
      if (one.has("key") == one.has("index")) {
        throw Problem.invalid(
            CORRECTIONS + "." + i, "give either a key or an index", "invalid_value");
      }
      corrected =
          Exchange.checked(
              CORRECTIONS + "." + i,
              () ->
                  one.has("key")
                      ? before.keyed(one.text("key"), input)
                      : before.at((int) one.whole("index"), input));
    }
    return corrected;
  }

  private static List<FailedItems> which(Values body) {
    List<Violation> violations = new ArrayList<>();
    String given = null;
    for (String choice : CHOICES) {
      if (body.has(choice) && given != null) {
        violations.add(new Violation(choice, "cannot be combined with " + given, "invalid_value"));
      }
      given = body.has(choice) && given == null ? choice : given;
    }
    Exchange.refuse(violations);
    if (given == null || given.equals(CORRECTIONS)) {
      return List.of(FailedItems.all());
    }
    return Exchange.checked(given, () -> selected(body));
  }

  private static List<FailedItems> selected(Values body) {
    if (body.has("errors")) {
      return body.list("errors", String.class).stream().map(FailedItems::ofFingerprint).toList();
    }
    if (body.has("types")) {
      return body.list("types", String.class).stream().map(FailedItems::ofType).toList();
    }
    return body.has("keys")
        ? List.of(FailedItems.keyed(body.list("keys", String.class)))
        : List.of(
            FailedItems.at(body.list("indexes", Long.class).stream().map(Long::intValue).toList()));
  }

  private static void answer(Exchange exchange, String done, StateChange change)
      throws IOException {
    String status = Names.of(change.after());
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("changed", change.changed());
    map.put("status", status);
    map.put("items", change.items());
    map.put(
        "message",
        change.changed()
            ? "Batch " + done + " successfully"
            : "Nothing was changed: the batch is " + status);
    exchange.answer(200, map);
  }

  private void delete(Exchange exchange) throws IOException {
    exchange.body();
    if (!exchange.batches().delete(exchange.id())) {
      throw Problem.notFound("there is no such batch: it was removed, or never was");
    }
    exchange.answer(200, Map.of("deleted", 1, "message", "Batch deleted successfully"));
  }
}
