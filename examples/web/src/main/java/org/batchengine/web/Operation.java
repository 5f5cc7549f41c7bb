package org.batchengine.web;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
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
    return new Operation<>(
        type, new Details<>(type.name(), "", List.of(), List.of(), false, null, null));
  }

  /** The name for people. Defaults to that of the type. */
  public Operation<I> label(String label) {
    Details<I> d = details;
    return with(
        new Details<>(label, d.description, d.filters, d.options, d.anyFilter, d.items, d.key));
  }

  /** What it does, for people. */
  public Operation<I> description(String text) {
    Details<I> d = details;
    return with(new Details<>(d.label, text, d.filters, d.options, d.anyFilter, d.items, d.key));
  }

  /** Adds a field of {@code filters}. */
  public Operation<I> field(Field filter) {
    Details<I> d = details;
    List<Field> more = and(d.filters, filter);
    return with(
        new Details<>(d.label, d.description, more, d.options, d.anyFilter, d.items, d.key));
  }

  /** Adds a field of {@code options}, beside those that every operation has. */
  public Operation<I> option(Field option) {
    Details<I> d = details;
    List<Field> more = and(d.options, option);
    return with(
        new Details<>(d.label, d.description, d.filters, more, d.anyFilter, d.items, d.key));
  }

  /** Takes any other member of {@code filters} too; by default it is refused. */
  public Operation<I> anyFilter() {
    Details<I> d = details;
    return with(new Details<>(d.label, d.description, d.filters, d.options, true, d.items, d.key));
  }

  /** Finds the items; the stream is read lazily, and closed. */
  public Operation<I> items(BiFunction<Values, Visitor, Stream<I>> items) {
    Details<I> d = details;
    return with(
        new Details<>(d.label, d.description, d.filters, d.options, d.anyFilter, items, d.key));
  }

  /** The key of an item that brings none; see {@link org.batchengine.BatchRequest#keyedBy}. */
  public Operation<I> key(Function<? super I, String> key) {
    Details<I> d = details;
    return with(
        new Details<>(d.label, d.description, d.filters, d.options, d.anyFilter, d.items, key));
  }

  private Operation<I> with(Details<I> changed) {
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

  Optional<Function<? super I, String>> key() {
    return Optional.ofNullable(details.key);
  }

  /** {@return the name} */
  @Override
  public String toString() {
    return "Operation[" + name() + "]";
  }

  private record Details<I>(
      String label,
      String description,
      List<Field> filters,
      List<Field> options,
      boolean anyFilter,
      @Nullable BiFunction<Values, Visitor, Stream<I>> items,
      @Nullable Function<? super I, String> key) {}
}
