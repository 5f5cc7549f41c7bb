package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One item of a batch as it was when read. It keeps its payloads as stored text and decodes them on
 * each access. Two items are equal if everything stored is equal.
 *
 * @param <I> type that {@link #input()} returns
 * @param <O> type that {@link #output()} returns
 */
public final class BatchItem<I, O> {
  private final Stored stored;
  private final Function<? super String, ? extends @Nullable I> inputDecoder;
  private final Function<? super String, ? extends @Nullable O> outputDecoder;

  private BatchItem(
      Stored stored,
      Function<? super String, ? extends @Nullable I> inputDecoder,
      Function<? super String, ? extends @Nullable O> outputDecoder) {
    this.stored = stored;
    this.inputDecoder = requireNonNull(inputDecoder, "input");
    this.outputDecoder = requireNonNull(outputDecoder, "output");
  }

  /**
   * Returns a builder of an item, for stores and for hosts' tests. Defaults: state {@code PENDING},
   * no attempts, created at the epoch, all optional values absent.
   *
   * @param batchId the batch it belongs to
   * @param index its index there, from 0
   * @return a builder of an item whose payloads are the stored text
   */
  public static Builder builder(BatchId batchId, int index) {
    return new Builder(batchId, index);
  }

  /**
   * Returns the item with payloads that are decoded on access.
   *
   * @param input decodes the text of an input
   * @param output decodes the text of an output; null counts as no output
   * @param <A> type of the input
   * @param <B> type of the output
   * @return the same item, seen through the decoders
   */
  public <A, B> BatchItem<A, B> decoded(
      Function<? super String, ? extends @Nullable A> input,
      Function<? super String, ? extends @Nullable B> output) {
    return new BatchItem<>(stored, input, output);
  }

  /** {@return the id of the batch it belongs to} */
  public BatchId batchId() {
    return stored.batchId;
  }

  /** {@return its index in the batch, from 0} */
  public int index() {
    return stored.index;
  }

  /** {@return the key set by its submitter, unique in the batch} */
  public Optional<String> key() {
    return Optional.ofNullable(stored.key);
  }

  /** {@return its state} */
  public ItemState state() {
    return stored.state;
  }

  /**
   * Returns the input, decoded afresh by each call: the latest, if it was corrected.
   *
   * @return the input; its text is empty if none is stored
   * @throws PayloadException if the stored text cannot be decoded or represents null, without
   *     quoting it; or if the item {@link #isPurged()}
   */
  public I input() {
    return input(stored.input);
  }

  private I input(@Nullable String text) {
    if (stored.purged) {
      throw new PayloadException("the input of " + place() + " was purged");
    }
    I input = decode("input", text == null ? "" : text, inputDecoder);
    if (input == null) {
      throw new PayloadException("the input of " + place() + " decodes to null");
    }
    return input;
  }

  /**
   * Returns the input that the item was submitted with, decoded afresh by each call: {@link #input}
   * is the latest, if it was corrected since.
   *
   * @return the first input
   * @throws PayloadException as {@link #input} does
   */
  public I originalInput() {
    return input(stored.originalInput == null ? stored.input : stored.originalInput);
  }

  /**
   * Returns the output, decoded afresh by each call.
   *
   * @return the output; empty if there is none, it represents null, or the item {@link #isPurged()}
   * @throws PayloadException if the stored text cannot be decoded; does not quote the text
   */
  public Optional<O> output() {
    return stored.output == null
        ? Optional.empty()
        : Optional.ofNullable(decode("output", stored.output, outputDecoder));
  }

  private <T> @Nullable T decode(
      String payload, String text, Function<? super String, ? extends @Nullable T> decoder) {
    try {
      return decoder.apply(text);
    } catch (RuntimeException e) {
      throw PayloadException.withoutText(
          "the " + payload + " of " + place() + " cannot be decoded", e);
    }
  }

  private String place() {
    return "item " + stored.index + " of batch " + stored.batchId;
  }

  /** {@return the latest error; present even if a later attempt succeeded} */
  public Optional<ItemError> error() {
    return Optional.ofNullable(stored.error);
  }

  /** {@return the number of attempts made} */
  public int attempts() {
    return stored.attempts;
  }

  /** {@return the number of attempts after the first; those lost in a crash do not count} */
  public int retries() {
    return stored.retries;
  }

  /** {@return how long its last attempt took} */
  public Optional<Duration> duration() {
    return Optional.ofNullable(stored.duration);
  }

  /** {@return the quality score its processor gave the output, from 0 to 1} */
  public Optional<Double> quality() {
    return Optional.ofNullable(stored.quality);
  }

  /**
   * {@return its measures over all attempts so far, as an unmodifiable map: those of the names that
   * the batch was submitted with for which it has a value, in their order}
   */
  public Map<String, BigDecimal> measures() {
    return stored.measures;
  }

  /** {@return why it was skipped or cancelled} */
  public Optional<String> reason() {
    return Optional.ofNullable(stored.reason);
  }

  /** {@return whether its input and output were removed, see {@code Batches.purgePayloads}} */
  public boolean isPurged() {
    return stored.purged;
  }

  /** {@return when it was submitted} */
  public Instant createdAt() {
    return stored.createdAt;
  }

  /** {@return when it was settled; empty until then} */
  public Optional<Instant> settledAt() {
    return Optional.ofNullable(stored.settledAt);
  }

  /** {@return when its next attempt is due, if it waits for one} */
  public Optional<Instant> dueAt() {
    return Optional.ofNullable(stored.dueAt);
  }

  /**
   * Returns everything as a flat map of text, numbers and a boolean that any JSON library can
   * print. Absent values have no key. Payloads are the stored text, instants are ISO-8601 text in
   * UTC, durations are seconds. The error's stack is left out.
   *
   * <p>The keys are part of the API; later versions may add keys: {@code batch_id}, {@code index},
   * {@code key}, {@code state}, {@code input}, {@code output}, {@code error_type}, {@code
   * error_message}, {@code error_fingerprint}, {@code error_at}, {@code attempts}, {@code retries},
   * {@code duration_seconds}, {@code quality}, {@code reason}, {@code created_at}, {@code
   * settled_at}, {@code due_at}, {@code purged}; and each of the {@link #measures}, such as {@code
   * measure_usd}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    FlatMap map =
        new FlatMap()
            .put("batch_id", stored.batchId.toString())
            .put("index", stored.index)
            .putText("key", key())
            .put("state", stored.state)
            .putText("input", Optional.ofNullable(stored.input))
            .putText("output", Optional.ofNullable(stored.output))
            .putText("error_type", error().map(ItemError::type))
            .putText("error_message", error().map(ItemError::message))
            .putText("error_fingerprint", error().map(ItemError::fingerprint))
            .putInstant("error_at", error().map(ItemError::at))
            .put("attempts", stored.attempts)
            .put("retries", stored.retries)
            .putSeconds("duration_seconds", duration())
            .putNumber("quality", quality())
            .putText("reason", reason())
            .put("created_at", stored.createdAt)
            .putInstant("settled_at", settledAt())
            .putInstant("due_at", dueAt())
            .put("purged", stored.purged);
    stored.measures.forEach((name, value) -> map.put("measure_" + name, value));
    return map.toMap();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BatchItem<?, ?> item && stored.equals(item.stored);
  }

  @Override
  public int hashCode() {
    return stored.hashCode();
  }

  /** {@return the item in short form for logs, without payloads or error text} */
  @Override
  public String toString() {
    return "BatchItem[batchId=%s, index=%d, state=%s, attempts=%d]"
        .formatted(stored.batchId, stored.index, stored.state, stored.attempts);
  }

  private record Stored(
      BatchId batchId,
      int index,
      @Nullable String key,
      ItemState state,
      @Nullable String input,
      @Nullable String originalInput,
      @Nullable String output,
      @Nullable ItemError error,
      int attempts,
      int retries,
      @Nullable Duration duration,
      @Nullable Double quality,
      Map<String, BigDecimal> measures,
      @Nullable String reason,
      Instant createdAt,
      @Nullable Instant settledAt,
      @Nullable Instant dueAt,
      boolean purged) {}

  /** Builds an item. Not thread-safe. Optional values accept null. */
  public static final class Builder {
    private final BatchId batchId;
    private final int index;
    private @Nullable String key;
    private ItemState state = ItemState.PENDING;
    private @Nullable String input;
    private @Nullable String originalInput;
    private @Nullable String output;
    private @Nullable ItemError error;
    private int attempts;
    private int retries;
    private @Nullable Duration duration;
    private @Nullable Double quality;
    private Map<String, BigDecimal> measures = Map.of();
    private @Nullable String reason;
    private Instant createdAt = Instant.EPOCH;
    private @Nullable Instant settledAt;
    private @Nullable Instant dueAt;
    private boolean purged;

    private Builder(BatchId batchId, int index) {
      this.batchId = requireNonNull(batchId, "batchId");
      this.index = notNegative("index", index);
    }

    /** Sets the key. */
    public Builder key(@Nullable String key) {
      this.key = key;
      return this;
    }

    /** Sets the state; defaults to {@code PENDING}. */
    public Builder state(ItemState state) {
      this.state = requireNonNull(state, "state");
      return this;
    }

    /** Sets the text of the input. */
    public Builder input(@Nullable String input) {
      this.input = input;
      return this;
    }

    /** Sets the text of the input that it was submitted with; by default that is the input. */
    public Builder originalInput(@Nullable String originalInput) {
      this.originalInput = originalInput;
      return this;
    }

    /** Sets the text of the output. */
    public Builder output(@Nullable String output) {
      this.output = output;
      return this;
    }

    /** Sets the latest error. */
    public Builder error(@Nullable ItemError error) {
      this.error = error;
      return this;
    }

    /** Sets the number of attempts made; defaults to 0. */
    public Builder attempts(int attempts) {
      this.attempts = notNegative("attempts", attempts);
      return this;
    }

    /** Sets the number of retries that count; defaults to 0. */
    public Builder retries(int retries) {
      this.retries = notNegative("retries", retries);
      return this;
    }

    /** Sets how long the last attempt took. */
    public Builder duration(@Nullable Duration duration) {
      this.duration = duration;
      return this;
    }

    /** Sets the quality, from 0 to 1. */
    public Builder quality(@Nullable Double quality) {
      if (quality != null && !(quality >= 0 && quality <= 1)) {
        throw new IllegalArgumentException("quality " + quality + " is out of range: 0 to 1");
      }
      this.quality = quality;
      return this;
    }

    /** Sets the measures by name; none by default. Zeros at the end of a value are dropped. */
    public Builder measures(Map<String, BigDecimal> measures) {
      Map<String, BigDecimal> plain = new LinkedHashMap<>();
      measures.forEach((name, value) -> plain.put(name, new Measure(value, 1).sum()));
      this.measures = Collections.unmodifiableMap(plain);
      return this;
    }

    /** Sets why it was skipped or cancelled. */
    public Builder reason(@Nullable String reason) {
      this.reason = reason;
      return this;
    }

    /** Sets when it was submitted; defaults to the epoch. */
    public Builder createdAt(Instant createdAt) {
      this.createdAt = requireNonNull(createdAt, "createdAt");
      return this;
    }

    /** Sets when it was settled. */
    public Builder settledAt(@Nullable Instant settledAt) {
      this.settledAt = settledAt;
      return this;
    }

    /** Sets when its next attempt is due. */
    public Builder dueAt(@Nullable Instant dueAt) {
      this.dueAt = dueAt;
      return this;
    }

    /** Sets whether its payloads were removed; defaults to false. */
    public Builder purged(boolean purged) {
      this.purged = purged;
      return this;
    }

    /** {@return the item, with payloads as text} */
    public BatchItem<String, String> build() {
      String first = Objects.equals(originalInput, input) ? null : originalInput;
      Stored stored =
          new Stored(
              batchId, index, key, state, input, first, output, error, attempts, retries, duration,
              quality, measures, reason, createdAt, settledAt, dueAt, purged);
      return new BatchItem<>(stored, text -> text, text -> text);
    }

    private static int notNegative(String name, int value) {
      if (value < 0) {
        throw new IllegalArgumentException(name + " " + value + " is out of range: at least 0");
      }
      return value;
    }
  }
}
