package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;
import org.batchengine.codec.PayloadCodec;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.codec.PayloadType;
import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/**
 * Identity of a kind of work, shared by those who submit it and those who do it: a stable name and
 * the types of input and output. Meant as a constant:
 *
 * <pre>{@code
 * static final JobType<String, Integer> LENGTH = JobType.of("length", String.class, Integer.class);
 * }</pre>
 *
 * <p>The name is stored with every batch, so it must outlive releases; the types are not. Two job
 * types are equal if their names and both payloads are. Immutable.
 *
 * @param <I> what an item is given
 * @param <O> what an item yields; {@link Void} for none
 */
public final class JobType<I, O> {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  private final String name;
  private final Payload<I> input;
  private final Payload<O> output;
  private final boolean sequential;

  private JobType(String name, Payload<I> input, Payload<O> output, boolean sequential) {
    this.name = checked(name);
    this.input = input;
    this.output = output;
    this.sequential = sequential;
  }

  /**
   * A job type of plain classes; {@link #of(String, PayloadType, PayloadType)} is for generic ones.
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name is another
   */
  public static <I, O> JobType<I, O> of(String name, Class<I> input, Class<O> output) {
    return of(
        name,
        PayloadType.of(requireNonNull(input, "input")),
        PayloadType.of(requireNonNull(output, "output")));
  }

  /**
   * A job type of generic payloads.
   *
   * <pre>{@code
   * static final JobType<List<String>, Integer> COUNT =
   *     JobType.of("count", new PayloadType<List<String>>() {}, PayloadType.of(Integer.class));
   * }</pre>
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name is another
   */
  public static <I, O> JobType<I, O> of(String name, PayloadType<I> input, PayloadType<O> output) {
    return new JobType<>(
        name,
        new Payload.Typed<>(requireNonNull(input, "input")),
        new Payload.Typed<>(requireNonNull(output, "output")),
        false);
  }

  /**
   * A job type with a text form of its own; the engine's codecs are not asked. Equal to others only
   * if their codecs are equal.
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name is another
   */
  public static <I, O> JobType<I, O> of(
      String name, PayloadCodec<I> input, PayloadCodec<O> output) {
    return new JobType<>(
        name,
        new Payload.Coded<>(requireNonNull(input, "input")),
        new Payload.Coded<>(requireNonNull(output, "output")),
        false);
  }

  /**
   * A job type without output.
   *
   * @param name 1 to 100 letters, digits, dots, underscores or hyphens
   * @throws IllegalArgumentException if the name is another
   */
  public static <I> JobType<I, Void> of(String name, Class<I> input) {
    return of(name, input, Void.class);
  }

  /**
   * The same type for batches that are worked on one item at a time over all nodes, in index order.
   * An item that is to be tried again holds the rest up; one that has FAILED does not. Several
   * batches of the type may run at a time.
   *
   * <pre>{@code
   * static final JobType<Posting, Void> POST = JobType.of("post", Posting.class).sequential();
   * }</pre>
   *
   * <p>Kept with each batch: the type that it was submitted with decides, not the one that is
   * registered. No part of what makes types equal.
   */
  public JobType<I, O> sequential() {
    return new JobType<>(name, input, output, true);
  }

  /** {@return the name, stored with every batch of this type} */
  public String name() {
    return name;
  }

  boolean isSequential() {
    return sequential;
  }

  PayloadCodec<I> inputCodec(PayloadCodecs codecs) {
    return input.codec(codecs);
  }

  PayloadCodec<O> outputCodec(PayloadCodecs codecs) {
    return output.codec(codecs);
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
          "job type name %s is not allowed: 1 to 100 letters, digits, '.', '_' or '-'"
              .formatted(StoredText.quoted(name)));
    }
    return name;
  }

  /** How payloads of one side become text: by the engine's codecs, or by the type's own. */
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
