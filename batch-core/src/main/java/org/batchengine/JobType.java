package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.model.Measure;
import org.batchengine.model.StoredText;
import org.batchengine.model.Violation;
import org.jspecify.annotations.Nullable;

/**
 * Identifies a kind of work by a stable name and its input and output types. Submitters and
 * processors share it. Meant to be a constant:
 *
 * <pre>{@code
 * static final JobType<String, Integer> LENGTH = JobType.of("length", String.class, Integer.class);
 * }</pre>
 *
 * <p>The name is stored with every batch, so it must not change between releases; the types are not
 * stored. Two job types are equal if their names and both payload types or codecs are equal.
 * Immutable.
 *
 * @param <I> type of an item's input
 * @param <O> type of an item's output; {@link Void} for none
 */
public final class JobType<I, O> {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  private final String name;
  private final Payload<I> input;
  private final Payload<O> output;
  private final boolean sequential;
  private final List<String> measures;
  private final Function<? super I, List<Violation>> validator;

  private JobType(
      String name,
      Payload<I> input,
      Payload<O> output,
      boolean sequential,
      List<String> measures,
      Function<? super I, List<Violation>> validator) {
    this.name = checked(name);
    this.input = input;
    this.output = output;
    this.sequential = sequential;
    this.measures = measures;
    this.validator = validator;
  }

  private JobType(String name, Payload<I> input, Payload<O> output) {
    this(name, input, output, false, List.of(), any -> List.of());
  }

  /**
   * Returns a job type with plain classes as payloads. For generic types use {@link #of(String,
   * PayloadType, PayloadType)}.
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name does not match
   */
  public static <I, O> JobType<I, O> of(String name, Class<I> input, Class<O> output) {
    return of(
        name,
        PayloadType.of(requireNonNull(input, "input")),
        PayloadType.of(requireNonNull(output, "output")));
  }

  /**
   * Returns a job type with generic payloads.
   *
   * <pre>{@code
   * static final JobType<List<String>, Integer> COUNT =
   *     JobType.of("count", new PayloadType<List<String>>() {}, PayloadType.of(Integer.class));
   * }</pre>
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name does not match
   */
  public static <I, O> JobType<I, O> of(String name, PayloadType<I> input, PayloadType<O> output) {
    return new JobType<>(
        name,
        new Payload.Typed<>(requireNonNull(input, "input")),
        new Payload.Typed<>(requireNonNull(output, "output")));
  }

  /**
   * Returns a job type with its own codecs; the engine's codecs are not used. Equal to another only
   * if their codecs are equal.
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name does not match
   */
  public static <I, O> JobType<I, O> of(
      String name, PayloadCodec<I> input, PayloadCodec<O> output) {
    return new JobType<>(
        name,
        new Payload.Coded<>(requireNonNull(input, "input")),
        new Payload.Coded<>(requireNonNull(output, "output")));
  }

  /**
   * Returns a job type without output.
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name does not match
   */
  public static <I> JobType<I, Void> of(String name, Class<I> input) {
    return of(name, input, Void.class);
  }

  /**
   * Returns this type for batches that run one item at a time across all nodes, in index order. An
   * item that waits for a retry holds up the rest; a FAILED item does not. Several batches of the
   * type may run at the same time.
   *
   * <pre>{@code
   * static final JobType<Posting, Void> POST = JobType.of("post", Posting.class).sequential();
   * }</pre>
   *
   * <p>Stored with each batch: what counts is the type it was submitted with, not the registered
   * one. Does not affect equality.
   */
  public JobType<I, O> sequential() {
    return new JobType<>(name, input, output, true, measures, validator);
  }

  /**
   * Returns this type with the names of its measures, such as cost or tokens. A processor adds the
   * values with {@link ItemContext#measure}.
   *
   * <pre>{@code
   * static final JobType<String, String> ASK =
   *     JobType.of("ask", String.class, String.class).measuring("usd", "tokens");
   * }</pre>
   *
   * <p>Stored with each batch: what counts is the type it was submitted with, not the registered
   * one. Does not affect equality.
   *
   * @param names at most four, each of 1 to 50 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if they are too many, or one is malformed, named twice, or
   *     {@code quality}
   */
  public JobType<I, O> measuring(String... names) {
    return new JobType<>(
        name,
        input,
        output,
        sequential,
        Measure.names(List.of(requireNonNull(names, "names"))),
        validator);
  }

  /**
   * Returns this type with a validator, which looks at each input when a batch is submitted or
   * {@linkplain CorrectedInputs corrected}. If it objects to one, the rest is only looked at, and
   * nothing of the batch is stored: {@link org.batchengine.model.InvalidItemsException} names the
   * first 1,000 items that are invalid.
   *
   * <pre>{@code
   * static final JobType<Invoice, String> ANNOTATE =
   *     JobType.of("annotate", Invoice.class, String.class)
   *         .validatedBy(
   *             invoice ->
   *                 invoice.number().isBlank()
   *                     ? List.of(new Violation("number", "is blank", "REQUIRED"))
   *                     : List.of());
   * }</pre>
   *
   * <p>What counts is the type that a batch is submitted with. Items that are copied from another
   * batch ({@link BatchRequest#ofOutputs}) are not looked at. Does not affect equality.
   *
   * @param validator says what is wrong with an input, which is never null, or returns an empty
   *     list; called once for each item on the submitter's thread. What it throws breaks off the
   *     submit
   */
  public JobType<I, O> validatedBy(Function<? super I, List<Violation>> validator) {
    return new JobType<>(
        name, input, output, sequential, measures, requireNonNull(validator, "validator"));
  }

  /** {@return what the validator of this type says of an input; empty if there is none} */
  public List<Violation> violations(I input) {
    return requireNonNull(
        validator.apply(requireNonNull(input, "input")),
        () -> "the validator of job type " + name + " returned null: return an empty list");
  }

  /** {@return the name, which is stored with every batch of this type} */
  public String name() {
    return name;
  }

  boolean isSequential() {
    return sequential;
  }

  List<String> measures() {
    return measures;
  }

  PayloadCodec<I> inputCodec(PayloadCodecs codecs) {
    return input.codec(codecs);
  }

  /**
   * {@return the codec that outputs are stored by: the type's own, or that of these codecs}
   *
   * @throws org.batchengine.model.PayloadException if there is none
   */
  public PayloadCodec<O> outputCodec(PayloadCodecs codecs) {
    return output.codec(requireNonNull(codecs, "codecs"));
  }

  /** Whether both have the same types of payloads or, if a codec is given, the same formats. */
  boolean hasPayloadsOf(JobType<?, ?> other, PayloadCodecs codecs) {
    return isLike(input, other.input, codecs) && isLike(output, other.output, codecs);
  }

  private static boolean isLike(Payload<?> one, Payload<?> other, PayloadCodecs codecs) {
    return (one instanceof Payload.Typed<?> && other instanceof Payload.Typed<?>)
        ? one.equals(other)
        : one.codec(codecs).format().equals(other.codec(codecs).format());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JobType<?, ?> that
        && name.equals(that.name)
        && input.equals(that.input)
        && output.equals(that.output);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return "JobType["
        + name
        + ": "
        + input
        + " -> "
        + output
        + (sequential ? ", sequential" : "")
        + "]";
  }

  private static String checked(String name) {
    if (!NAME.matcher(requireNonNull(name, "name")).matches()) {
      throw new IllegalArgumentException(
          "job type name %s is not allowed: use 1 to 100 letters, digits, '.', '_' or '-'"
              .formatted(StoredText.quoted(name)));
    }
    return name;
  }

  /** Chooses the codec for inputs or outputs: the engine's, or the type's own. */
  private sealed interface Payload<T> {

    PayloadCodec<T> codec(PayloadCodecs codecs);

    record Typed<T>(PayloadType<T> type) implements Payload<T> {
      @Override
      public PayloadCodec<T> codec(PayloadCodecs codecs) {
        return codecs.codecFor(type);
      }

      @Override
      public String toString() {
        return type.toString();
      }
    }

    record Coded<T>(PayloadCodec<T> codec) implements Payload<T> {
      @Override
      public PayloadCodec<T> codec(PayloadCodecs codecs) {
        return codec;
      }

      @Override
      public String toString() {
        return codec.format();
      }
    }
  }
}
