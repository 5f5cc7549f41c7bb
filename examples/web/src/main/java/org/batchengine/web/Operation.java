package org.batchengine.web;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.batchengine.ImportedItems;
import org.batchengine.JobType;
import org.jspecify.annotations.Nullable;

/**
 * A job type whose batches may be created by HTTP, and how a request becomes items. Immutable: each
 * method returns a changed copy.
 *
 * <pre>{@code
 * Operation.of(AUDIT)
 *     .label("Audit a Maven repository")
 *     .field(Field.folder("folder").required().below(root))
 *     .field(Field.whole("limit").between(1, 1_000_000))
 *     .items((filters, visitor) -> files(filters.path("folder")))
 *     .key(file -> file);
 * }</pre>
 *
 * <p>Without {@link #items}, a request must bring its items: as {@code items} of its JSON, or as
 * CSV or JSON Lines. What {@code filters} and {@code options} a request gave is kept as the batch's
 * metadata, where a processor finds it.
 *
 * @param <I> type of an item's input
 */
public final class Operation<I> {
  private final JobType<I, ?> type;
  private final Details<I> details;

  private Operation(JobType<I, ?> type, Details<I> details) {
    this.type = requireNonNull(type, "type");
    this.details = details;
  }

  /** Returns the operation of a job type, by the name of the type. */
  public static <I> Operation<I> of(JobType<I, ?> type) {
    return new Operation<>(type, new Details<>(type.name()));
  }

  /** The name for people. Defaults to that of the type. */
  public Operation<I> label(String label) {
    return with(changed -> changed.label = requireNonNull(label, "label"));
  }

  /** What it does, for people. */
  public Operation<I> description(String text) {
    return with(changed -> changed.description = requireNonNull(text, "text"));
  }

  /** Adds a field of {@code filters}. */
  public Operation<I> field(Field field) {
    return with(changed -> changed.filters = and(changed.filters, field));
  }

  /** Adds a field of {@code options}, beside those that every operation has. */
  public Operation<I> option(Field field) {
    return with(changed -> changed.options = and(changed.options, field));
  }

  /** Takes any other member of {@code filters} too; by default it is refused. */
  public Operation<I> anyFilter() {
    return with(changed -> changed.anyFilter = true);
  }

  /** Finds the items; the stream is read lazily, and closed. */
  public Operation<I> items(BiFunction<Values, Visitor, Stream<I>> items) {
    return with(changed -> changed.items = requireNonNull(items, "items"));
  }

  /**
   * Takes files that were not written for a batch: a row of CSV, as the object of its cells by
   * column, or a line of JSON is the input of an item; see {@link
   * org.batchengine.ImportedItems#wholeRows}.
   */
  public Operation<I> wholeRows() {
    return with(changed -> changed.wholeRows = true);
  }

  /** The key of an item that brings none; see {@link org.batchengine.BatchRequest#keyedBy}. */
  public Operation<I> key(Function<? super I, String> key) {
    return with(changed -> changed.key = requireNonNull(key, "key"));
  }

  /**
   * Hands its items out to workers over HTTP, by the processor that its type is registered with.
   */
  public Operation<I> handedOutBy(PullProcessor processor) {
    return with(changed -> changed.pull = requireNonNull(processor, "processor"))
        .option(
            Field.whole(PullProcessor.ANSWER_WITHIN)
                .between(1, PullProcessor.LONGEST_SECONDS)
                .description("How long a worker may take for an item; 300 if it is not given."));
  }

  private Operation<I> with(Consumer<Details<I>> change) {
    Details<I> changed = new Details<>(details);
    change.accept(changed);
    return new Operation<>(type, changed);
  }

  private static List<Field> and(List<Field> fields, Field field) {
    List<Field> more = new ArrayList<>(fields);
    more.add(field);
    return List.copyOf(more);
  }

  JobType<I, ?> type() {
    return type;
  }

  String name() {
    return type.name();
  }

  String label() {
    return details.label;
  }

  String description() {
    return details.description;
  }

  Field filters() {
    Field filters = Field.object("filters", details.filters);
    return details.anyFilter ? filters.open() : filters;
  }

  List<Field> options() {
    return details.options;
  }

  Optional<BiFunction<Values, Visitor, Stream<I>>> items() {
    return Optional.ofNullable(details.items);
  }

  /** Of a body that is CSV or JSON Lines. */
  ImportedItems<I> reader() {
    ImportedItems<I> reader = ImportedItems.of(type);
    return details.wholeRows ? reader.wholeRows() : reader;
  }

  Optional<PullProcessor> pull() {
    return Optional.ofNullable(details.pull);
  }

  Optional<Function<? super I, String>> key() {
    return Optional.ofNullable(details.key);
  }

  /** {@return the name} */
  @Override
  public String toString() {
    return "Operation[" + name() + "]";
  }

  /** Only {@link #with} changes them, before an operation holds them. */
  private static final class Details<I> {
    String label;
    String description = "";
    List<Field> filters = List.of();
    List<Field> options = List.of();
    boolean anyFilter;
    boolean wholeRows;
    @Nullable BiFunction<Values, Visitor, Stream<I>> items;
    @Nullable Function<? super I, String> key;
    @Nullable PullProcessor pull;

    Details(String label) {
      this.label = label;
    }

    Details(Details<I> other) {
      label = other.label;
      description = other.description;
      filters = other.filters;
      options = other.options;
      anyFilter = other.anyFilter;
      wholeRows = other.wholeRows;
      items = other.items;
      key = other.key;
      pull = other.pull;
    }
  }
}
