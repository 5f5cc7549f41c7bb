package org.batchengine.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.batchengine.BatchRequest;
import org.batchengine.JobType;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchId;
import org.batchengine.model.ItemState;
import org.batchengine.model.Violation;

/**
 * A batch that a request wants to be created: its settings, checked, without its items.
 *
 * @param operation what it is of
 * @param given what was given beside filters and options
 * @param filters for the operation
 * @param options how it runs
 * @param metadata filters and options as they were given
 * @param <I> type of an item's input
 */
record Wanted<I>(
    Operation<I> operation, Values given, Values filters, Values options, ObjectNode metadata) {
  static final long LONGEST_SECONDS = Duration.ofDays(3650).toSeconds();
  private static final int LARGEST_REHEARSAL = 10_000;
  private static final long LONGEST_TIMEOUT = Duration.ofDays(365).toMillis();

  /** What JSON may have. */
  static Field[] fields() {
    return new Field[] {
      Field.text("operation").required().between(1, 100),
      any("filters").description("What the operation works on; see api/batch/operations."),
      any("options").description("How it runs; see api/batch/operations."),
      Field.text("name").between(1, 200),
      Field.text("description").between(1, 2_000),
      Field.list("items", Field.any("").required())
          .description("The inputs, if the operation finds none."),
      Field.object(
              "itemsFrom",
              batchField("batch").required(),
              Field.choice("part", "outputs", "inputs").required(),
              Shapes.itemStates("states")
                  .description("Of inputs: the states of their items; FAILED by default."),
              Field.decimal("qualityBelow")
                  .between(0, 1)
                  .description("Of inputs: those of items that succeeded with a lower quality."))
          .description("Another batch that this one is made of, in place of items."),
      Field.instant("startAt"),
      Field.whole("deadlineSeconds").between(1, LONGEST_SECONDS),
      Field.decimal("tolerateFailureRate").between(0, 1),
      Field.whole("rehearse")
          .between(1, LARGEST_REHEARSAL)
          .description("How many items run first, until the batch is resumed."),
      Field.whole("rehearseAtRandom")
          .between(1, LARGEST_REHEARSAL)
          .description("The same, with items that are drawn."),
      Shapes.budget(),
      Shapes.limit(),
      batches("after", "Batches that must have completed before this one begins."),
      batches("afterEnd", "Batches that must have ended, however."),
      Field.flag("waitForRetry")
          .description("Waits on if one of them fails; without it, this one is cancelled."),
      Field.whole("total_items")
          .between(0, Integer.MAX_VALUE)
          .description("Checked: another number of items is refused.")
    };
  }

  /** What the query may have if the body has the items. */
  static Field[] query() {
    return new Field[] {
      Field.text("operation").between(1, 100),
      Field.text("name").between(1, 200),
      Field.text("description").between(1, 2_000),
      Field.whole("total_items").between(0, Integer.MAX_VALUE)
    };
  }

  private static Field batches(String name, String description) {
    return Field.list(name, batchField("")).between(1, 10_000).description(description);
  }

  private static Field batchField(String name) {
    return Field.parsed(
        name, Map.of("type", "string", "format", "uuid"), value -> batch(value.asText()));
  }

  private static BatchId batch(String id) {
    try {
      return BatchId.of(id);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("must be the id of a batch", e);
    }
  }

  private static Field any(String name) {
    return Field.parsed(name, Map.of("type", "object"), value -> value);
  }

  /** The options of an operation, its own among them. */
  static Field options(Operation<?> operation) {
    List<Field> fields = new ArrayList<>();
    fields.add(
        Field.whole("batchSize")
            .between(1, 10_000)
            .description("The most items that a processor of several gets at once."));
    fields.add(
        Field.whole("timeout")
            .between(1, LONGEST_TIMEOUT)
            .description("How long a call with items may take, in milliseconds."));
    fields.add(
        Field.whole("retryAttempts")
            .between(0, 10_000)
            .description("Retries of an item that failed, with the delays of its job type."));
    fields.add(
        Field.parsed(
                "priority",
                Map.of(
                    "oneOf",
                    List.of(
                        Map.of("type", "integer", "minimum", 0, "maximum", 9),
                        Map.of("enum", List.of("low", "normal", "high")))),
                Wanted::priority)
            .description("0 to 9, higher runs first; low is 2, normal 5, high 8."));
    fields.add(Field.flag("notifyOnComplete"));
    fields.addAll(operation.options());
    return Field.object("options", fields);
  }

  private static Integer priority(JsonNode value) {
    if (value.isInt() && value.intValue() >= 0 && value.intValue() <= 9) {
      return value.intValue();
    }
    return switch (value.asText()) {
      case "low" -> 2;
      case "normal" -> 5;
      case "high" -> 8;
      default -> throw new IllegalArgumentException("must be 0 to 9, low, normal or high");
    };
  }

  /** Checks what an operation says of its filters and options. */
  static <I> Wanted<I> of(Operation<I> operation, Values given, List<Violation> violations) {
    ObjectNode metadata = JsonNodeFactory.instance.objectNode();
    Values filters = read(operation.filters(), given, metadata, violations);
    Values options = read(options(operation), given, metadata, violations);
    return new Wanted<>(operation, given, filters, options, metadata);
  }

  private static Values read(
      Field field, Values given, ObjectNode metadata, List<Violation> violations) {
    Optional<JsonNode> node = given.find(field.name(), JsonNode.class);
    node.ifPresent(present -> metadata.set(field.name(), present));
    Object values = field.read(node.orElse(JsonNodeFactory.instance.objectNode()), "", violations);
    return (Values) Optional.ofNullable(values).orElse(Values.none());
  }

  boolean isMadeOfAnother() {
    return given.has("itemsFrom");
  }

  boolean isMadeOf(BatchId other) {
    return given.values("itemsFrom").find("batch", BatchId.class).equals(Optional.of(other));
  }

  /** A request for items of another batch. */
  BatchRequest<I> ofAnother() {
    Values from = given.values("itemsFrom");
    BatchId batch = from.find("batch", BatchId.class).orElseThrow();
    if (from.text("part").equals("outputs")) {
      return BatchRequest.ofOutputs(operation.type(), batch);
    }
    ItemState[] states = from.list("states", ItemState.class).toArray(ItemState[]::new);
    return from.has("qualityBelow")
        ? Exchange.checked(
            "itemsFrom.qualityBelow",
            () -> BatchRequest.ofInputsBelow(operation.type(), batch, from.decimal("qualityBelow")))
        : Exchange.checked(
            "itemsFrom.states", () -> BatchRequest.ofInputs(operation.type(), batch, states));
  }

  /** The request with everything but items. */
  BatchRequest<I> settings(BatchRequest<I> bare, List<JobType<BatchEnd, ?>> notified) {
    BatchRequest<I> request = bare;
    if (given.has("name")) {
      request = request.name(given.text("name"));
    }
    if (given.has("description")) {
      request = request.description(given.text("description"));
    }
    if (given.has("startAt")) {
      BatchRequest<I> soFar = request;
      request = Exchange.checked("startAt", () -> soFar.startAt(given.instant("startAt")));
    }
    if (given.has("deadlineSeconds")) {
      request = request.deadline(Duration.ofSeconds(given.whole("deadlineSeconds")));
    }
    if (given.has("tolerateFailureRate")) {
      request = request.tolerateFailureRate(given.decimal("tolerateFailureRate"));
    }
    request = rehearsed(request);
    if (given.has("budget")) {
      BatchRequest<I> soFar = request;
      Values budget = given.values("budget");
      request =
          Exchange.checked(
              "budget", () -> soFar.budget(budget.text("measure"), budget.decimal("most")));
    }
    if (given.has("limit")) {
      BatchRequest<I> soFar = request;
      request = Exchange.checked("limit", () -> soFar.limit(Limit.parse(given.text("limit"))));
    }
    request =
        request
            .after(given.list("after", BatchId.class))
            .afterEnd(given.list("afterEnd", BatchId.class));
    if (given.flag("waitForRetry")) {
      request = request.waitForRetry();
    }
    if (options.has("priority")) {
      request = request.priority((int) options.whole("priority"));
    }
    if (options.has("batchSize")) {
      request = request.chunkSize((int) options.whole("batchSize"));
    }
    if (options.has("timeout")) {
      request = request.timeout(Duration.ofMillis(options.whole("timeout")));
    }
    if (options.has("retryAttempts")) {
      request = request.maxRetries((int) options.whole("retryAttempts"));
    }
    if (options.flag("notifyOnComplete")) {
      request = request.notify(array(notified));
    }
    return metadata.isEmpty() ? request : withMetadata(request);
  }

  private BatchRequest<I> rehearsed(BatchRequest<I> request) {
    BatchRequest<I> first =
        given.has("rehearse")
            ? Exchange.checked("rehearse", () -> request.rehearse((int) given.whole("rehearse")))
            : request;
    return given.has("rehearseAtRandom")
        ? Exchange.checked(
            "rehearseAtRandom", () -> first.rehearseAtRandom((int) given.whole("rehearseAtRandom")))
        : first;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // no array is of a generic type
  private static JobType<BatchEnd, ?>[] array(List<JobType<BatchEnd, ?>> types) {
    return types.toArray(new JobType[0]);
  }

  private BatchRequest<I> withMetadata(BatchRequest<I> request) {
    try {
      String text = Exchange.JSON.writeValueAsString(metadata);
      return Exchange.checked("filters", () -> request.metadataJson(text));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of JSON cannot be written", e);
    }
  }
}
