package org.batchengine.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.batchengine.BatchRequest;
import org.batchengine.ImportedItem;
import org.batchengine.ImportedItems;
import org.batchengine.JobType;
import org.batchengine.model.BatchEnd;
import org.batchengine.model.BatchNotFoundException;
import org.batchengine.model.ImportException;
import org.batchengine.model.InvalidItemException;
import org.batchengine.model.InvalidRequestException;
import org.batchengine.model.Submission;
import org.batchengine.model.Violation;
import org.jspecify.annotations.Nullable;

/** Creates batches, and checks what would be created. */
final class CreateRoutes {
  private static final int MOST_VALIDATED = 10_000;
  private static final int SAMPLE = 10;
  private static final Set<String> STREAMS = Set.of("text/csv", "application/x-ndjson");

  private final List<Operation<?>> operations;
  private final List<JobType<BatchEnd, ?>> notified;
  private final Creations creations;

  CreateRoutes(
      List<Operation<?>> operations, List<JobType<BatchEnd, ?>> notified, Creations creations) {
    this.operations = List.copyOf(operations);
    this.notified = List.copyOf(notified);
    this.creations = creations;
  }

  List<Route> routes() {
    return List.of(
        Route.of("POST", "api/batch/create", "Creates a batch", this::create)
            .needs(Right.SUBMIT)
            .query(Wanted.query())
            .body(Wanted.fields())
            .answers(201, Shapes.batch("batch"))
            .answers(200, Shapes.batch("batch")),
        Route.of("POST", "api/batch/validate", "Checks what would be created", this::validate)
            .needs(Right.SUBMIT)
            .query(Wanted.query())
            .body(Wanted.fields())
            .answers(
                200,
                Field.flag("valid").required(),
                Shapes.count("total_items").description("10,000 at most are looked at."),
                Field.list(
                        "sample",
                        Field.object(
                            "", Shapes.count("index"), Field.text("key"), Field.any("input")))
                    .required(),
                Field.list("errors", violation())));
  }

  static Field violation() {
    return Field.object(
        "",
        Shapes.text("path").required(),
        Field.text("message").required(),
        Field.text("code").required());
  }

  private void create(Exchange exchange) throws IOException {
    answer(exchange, submit(exchange, wanted(exchange), null));
  }

  private static void answer(Exchange exchange, Submission submission) throws IOException {
    exchange.set("Location", exchange.address("api/batch/" + submission.id()));
    exchange.answer(
        submission.isNew() ? 201 : 200,
        Map.of("batch", Shown.batch(exchange.batches().status(submission.id()))));
  }

  /** Reads what is wanted, and throws with all that is wrong with it. */
  private Wanted<?> wanted(Exchange exchange) throws IOException {
    List<Violation> violations = new ArrayList<>();
    Values given;
    if (isStream(exchange)) {
      given = exchange.query(violations);
    } else {
      given = exchange.body(violations);
      exchange
          .query(violations)
          .toMap()
          .keySet()
          .forEach(
              name ->
                  violations.add(new Violation(name, "belongs into the JSON", "unrecognized_key")));
    }
    return wanted(given, "operation", violations);
  }

  /**
   * As {@link #wanted(Exchange)}, of values that were read.
   *
   * @param named which of them names the operation
   */
  Wanted<?> wanted(Values given, String named, List<Violation> violations) {
    Optional<Operation<?>> operation = operation(given, named, violations);
    Optional<Wanted<?>> wanted = operation.map(found -> Wanted.of(found, given, violations));
    wanted.ifPresent(found -> check(found, violations));
    Exchange.refuse(violations);
    return wanted.orElseThrow();
  }

  private Optional<Operation<?>> operation(Values given, String named, List<Violation> violations) {
    if (!given.has(named)) {
      if (violations.stream().noneMatch(violation -> violation.path().equals(named))) {
        violations.add(new Violation(named, "is required", "required"));
      }
      return Optional.empty();
    }
    String name = given.text(named);
    Optional<Operation<?>> found =
        operations.stream().filter(candidate -> candidate.name().equals(name)).findFirst();
    if (found.isEmpty()) {
      String names = String.join(", ", operations.stream().map(Operation::name).toList());
      violations.add(new Violation(named, "must be one of " + names, "invalid_value"));
    }
    return found;
  }

  private void check(Wanted<?> wanted, List<Violation> violations) {
    if (wanted.options().flag("notifyOnComplete") && notified.isEmpty()) {
      violations.add(
          new Violation(
              "options.notifyOnComplete", "nobody is there to be notified", "invalid_value"));
    }
    Values from = wanted.given().values("itemsFrom");
    if (wanted.isMadeOfAnother()) {
      Stream.of("items", "total_items")
          .filter(wanted.given()::has)
          .forEach(name -> violations.add(superfluous(name, "belongs to no itemsFrom")));
    }
    if (from.has("part") && from.text("part").equals("outputs")) {
      Stream.of("states", "qualityBelow")
          .filter(from::has)
          .forEach(name -> violations.add(superfluous("itemsFrom." + name, "is for inputs")));
    } else if (from.has("states") && from.has("qualityBelow")) {
      violations.add(superfluous("itemsFrom.states", "belongs to no qualityBelow"));
    }
    long items = wanted.given().list("items", JsonNode.class).size();
    if (wanted.given().has("items")
        && wanted.given().has("total_items")
        && wanted.given().whole("total_items") != items) {
      violations.add(count(wanted.given().whole("total_items"), items));
    }
  }

  private static Violation superfluous(String name, String why) {
    return new Violation(name, why, "unrecognized_key");
  }

  private static Violation count(long said, long there) {
    return new Violation(
        "total_items", "says " + said + ", but there are " + there + " items", "custom");
  }

  static boolean isStream(Exchange exchange) {
    return STREAMS.contains(exchange.contentType());
  }

  /** Submits what is wanted, for an owner if one is named. */
  <I> Submission submit(Exchange exchange, Wanted<I> wanted, @Nullable String owner)
      throws IOException {
    creations.take(exchange.visitor(), System.nanoTime());
    return made(exchange, wanted, bare -> submit(exchange, wanted, owner, bare));
  }

  /** Does something with the request that a body describes, but for its settings. */
  <T> T made(Exchange exchange, Function<BatchRequest<?>, T> use) throws IOException {
    return ofSettings(exchange, wanted(exchange), use);
  }

  private <I, T> T ofSettings(Exchange exchange, Wanted<I> wanted, Function<BatchRequest<?>, T> use)
      throws IOException {
    return made(exchange, wanted, bare -> use.apply(wanted.settings(bare, notified)));
  }

  private static <I, T> T made(
      Exchange exchange, Wanted<I> wanted, Function<BatchRequest<I>, T> use) throws IOException {
    Operation<I> operation = wanted.operation();
    if (wanted.isMadeOfAnother()) {
      return use.apply(wanted.ofAnother());
    }
    if (wanted.given().has("items")) {
      List<I> inputs = inputs(exchange, wanted).stream().map(ImportedItem::input).toList();
      BatchRequest<I> request = BatchRequest.of(operation.type(), inputs);
      return use.apply(
          operation.key().isPresent() ? request.keyedBy(operation.key().get()) : request);
    }
    // A submit that finds the batch of its idempotency key reads no items, and leaves them open.
    try (Stream<ImportedItem<I>> items = items(exchange, wanted)) {
      return use.apply(BatchRequest.ofImported(operation.type(), items));
    }
  }

  private <I> Submission submit(
      Exchange exchange, Wanted<I> wanted, @Nullable String owner, BatchRequest<I> bare) {
    BatchRequest<I> settled = wanted.settings(bare, notified);
    BatchRequest<I> owned = owner == null ? settled : settled.submittedBy(owner);
    Optional<String> key = exchange.header("Idempotency-Key");
    BatchRequest<I> request =
        key.isEmpty()
            ? owned
            : Exchange.checked("Idempotency-Key", () -> owned.idempotencyKey(key.get()));
    try {
      return exchange.batches().submitOnce(request);
    } catch (InvalidRequestException e) {
      throw Problem.invalid(e.violations().stream().map(CreateRoutes::ofOption).toList());
    } catch (BatchNotFoundException e) {
      boolean isSource = wanted.isMadeOf(e.batchId());
      throw Problem.invalid(
          isSource ? "itemsFrom.batch" : "after",
          "there is no batch " + e.batchId(),
          "invalid_value");
    }
  }

  /** By the name that the option has in a request. */
  static Violation ofOption(Violation violation) {
    if (violation.code().equals("format")) {
      return new Violation("itemsFrom.batch", violation.message(), "invalid_value");
    }
    String name = violation.path().equals("chunkSize") ? "batchSize" : violation.path();
    return new Violation("options." + name, violation.message(), violation.code());
  }

  /** The items, which are read lazily; their number is checked at their end. */
  private static <I> Stream<ImportedItem<I>> items(Exchange exchange, Wanted<I> wanted)
      throws IOException {
    Operation<I> operation = wanted.operation();
    Stream<ImportedItem<I>> items;
    if (wanted.given().has("items")) {
      items = inputs(exchange, wanted).stream();
    } else if (isStream(exchange)) {
      ImportedItems<I> reader = operation.reader().codecs(exchange.engine().codecs());
      items =
          exchange.contentType().equals("text/csv")
              ? reader.csv(exchange.stream())
              : reader.jsonLines(exchange.stream());
    } else {
      items = found(exchange, wanted);
    }
    Stream<ImportedItem<I>> keyed = items.map(item -> keyed(operation, item));
    return wanted.given().has("total_items")
        ? counted(keyed, wanted.given().whole("total_items"))
        : keyed;
  }

  private static <I> Stream<ImportedItem<I>> found(Exchange exchange, Wanted<I> wanted) {
    var finder =
        wanted
            .operation()
            .items()
            .orElseThrow(
                () ->
                    Problem.invalid(
                        "items", "is required: the operation finds none itself", "required"));
    return Exchange.checked("filters", () -> finder.apply(wanted.filters(), exchange.visitor()))
        .map(input -> new ImportedItem<>(1, Optional.empty(), input));
  }

  private static <I> ImportedItem<I> keyed(Operation<I> operation, ImportedItem<I> item) {
    return item.key().isPresent() || operation.key().isEmpty()
        ? item
        : new ImportedItem<>(
            item.line(), operation.key().map(key -> key.apply(item.input())), item.input());
  }

  private static <T> Stream<T> counted(Stream<T> items, long said) {
    Iterator<T> all = items.iterator();
    Iterator<T> counting =
        new Iterator<>() {
          private long there;

          @Override
          public boolean hasNext() {
            boolean more = all.hasNext();
            if (more ? there == said : there != said) {
              String number = more ? "more" : Long.toString(there);
              throw Problem.invalid(
                  "total_items", "says " + said + ", but there are " + number + " items", "custom");
            }
            return more;
          }

          @Override
          public T next() {
            there++;
            return all.next();
          }
        };
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(counting, Spliterator.ORDERED), false)
        .onClose(items::close);
  }

  private static <I> List<ImportedItem<I>> inputs(Exchange exchange, Wanted<I> wanted)
      throws IOException {
    return inputs(
        exchange,
        wanted.operation().type(),
        wanted.given().list("items", JsonNode.class),
        index -> "items." + index);
  }

  /**
   * The inputs of JSON, read as those of JSON Lines are, one a line.
   *
   * @param path where the input with an index was given
   */
  static <I> List<ImportedItem<I>> inputs(
      Exchange exchange, JobType<I, ?> type, List<JsonNode> nodes, IntFunction<String> path)
      throws IOException {
    List<ImportedItem<I>> items = new ArrayList<>();
    List<Violation> violations = new ArrayList<>();
    int next = 0;
    while (next < nodes.size() && violations.size() < Problem.MOST_VIOLATIONS) {
      byte[] lines = lines(nodes.subList(next, nodes.size()));
      try (Stream<ImportedItem<I>> read =
          ImportedItems.of(type)
              .codecs(exchange.engine().codecs())
              .jsonLines(new ByteArrayInputStream(lines))) {
        read.forEachOrdered(items::add);
        next = nodes.size();
      } catch (ImportException e) {
        next += (int) e.line();
        violations.add(new Violation(path.apply(next - 1), withoutLine(e), "invalid_value"));
      }
    }
    Exchange.refuse(violations);
    return items;
  }

  private static String withoutLine(ImportException e) {
    return String.valueOf(e.getMessage()).replaceFirst("^line \\d+: ", "");
  }

  private static byte[] lines(List<JsonNode> nodes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (JsonNode node : nodes) {
      bytes.write(Exchange.JSON.writeValueAsBytes(Map.of("input", node)));
      bytes.write('\n');
    }
    return bytes.toByteArray();
  }

  private void validate(Exchange exchange) throws IOException {
    try {
      exchange.answer(200, valid(exchange, wanted(exchange)));
    } catch (Problem | InvalidItemException | ImportException e) {
      Problem problem = Problem.of(e);
      if (problem.violations().isEmpty()
          || problem.violations().get(0).code().equals("invalid_json")) {
        throw problem;
      }
      exchange.answer(
          200,
          Map.of(
              "valid",
              false,
              "total_items",
              0,
              "sample",
              List.of(),
              "errors",
              Shown.all(problem.violations(), Violation::toMap)));
    }
  }

  private static <I> Map<String, Object> valid(Exchange exchange, Wanted<I> wanted)
      throws IOException {
    Set<String> keys = new HashSet<>();
    List<Map<String, Object>> sample = new ArrayList<>();
    if (wanted.isMadeOfAnother()) {
      wanted.ofAnother(); // what it has is seen when it is copied
      return Map.of("valid", true, "total_items", 0, "sample", sample);
    }
    List<Violation> violations = new ArrayList<>();
    int number = 0;
    try (Stream<ImportedItem<I>> items = items(exchange, wanted)) {
      Iterator<ImportedItem<I>> all = items.iterator();
      while (number < MOST_VALIDATED && all.hasNext()) {
        ImportedItem<I> item = all.next();
        if (item.key().isPresent() && !keys.add(item.key().get())) {
          throw Problem.invalid("items." + number + ".key", "is used before", "duplicate");
        }
        for (Violation violation : wanted.operation().type().violations(item.input())) {
          violations.add(Problem.within(number, violation));
        }
        if (number < SAMPLE) {
          sample.add(sampled(number, item));
        }
        number++;
      }
    }
    Exchange.refuse(violations.stream().limit(Problem.MOST_VIOLATIONS).toList());
    return Map.of("valid", true, "total_items", number, "sample", sample);
  }

  private static Map<String, Object> sampled(int index, ImportedItem<?> item) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("index", index);
    item.key().ifPresent(key -> map.put("key", key));
    try {
      JsonNode input = Exchange.JSON.valueToTree(item.input());
      map.put("input", input);
    } catch (IllegalArgumentException e) {
      map.put("input", item.input().toString()); // what Jackson cannot write
    }
    return map;
  }
}
