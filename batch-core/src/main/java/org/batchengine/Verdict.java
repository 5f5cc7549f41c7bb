package org.batchengine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Objects;
import org.batchengine.engine.lease.Payloads;
import org.jspecify.annotations.Nullable;

/**
 * What became of an item that was deferred: the answer with which {@link Batches#settle(JobType,
 * org.batchengine.model.BatchId, String, Verdict) settle} ends its attempt.
 *
 * <pre>{@code
 * Verdict<String> done = Verdict.succeeded("a cat").quality(0.93).duration(Duration.ofSeconds(4));
 * Verdict<String> failed = Verdict.failed("OVERLOADED", "the provider is busy"); // may be retried
 * }</pre>
 *
 * <p>Immutable.
 *
 * @param <O> what the job type gives out
 */
public final class Verdict<O> {
  /** The kinds there are. */
  enum Kind {
    SUCCEEDED,
    FAILED,
    GAVE_UP,
    SKIPPED
  }

  private static final Duration LONGEST = Duration.ofDays(365);

  private final Kind kind;
  private final @Nullable O output;
  private final String code;
  private final String text;
  private final @Nullable Double quality;
  private final Duration duration;

  private Verdict(
      Kind kind,
      @Nullable O output,
      String code,
      String text,
      @Nullable Double quality,
      Duration duration) {
    this.kind = kind;
    this.output = output;
    this.code = code;
    this.text = text;
    this.quality = quality;
    this.duration = duration;
  }

  private static <O> Verdict<O> of(Kind kind, @Nullable O output, String code, String text) {
    return new Verdict<>(kind, output, code, text, null, Duration.ZERO);
  }

  /**
   * The item has SUCCEEDED.
   *
   * @param output the output; null for success without output
   */
  public static <O> Verdict<O> succeeded(@Nullable O output) {
    return of(Kind.SUCCEEDED, output, "", "");
  }

  /**
   * The attempt has failed; the retry policy decides whether the item is called again.
   *
   * @param code becomes the type of the error; see {@link org.batchengine.model.ItemError#type}
   */
  public static <O> Verdict<O> failed(String code, String message) {
    return of(Kind.FAILED, null, requireNonNull(code, "code"), requireNonNull(message, "message"));
  }

  /**
   * The item has FAILED, whatever the retry policy says.
   *
   * @param code becomes the type of the error; see {@link org.batchengine.model.ItemError#type}
   */
  public static <O> Verdict<O> gaveUp(String code, String message) {
    return of(Kind.GAVE_UP, null, requireNonNull(code, "code"), requireNonNull(message, "message"));
  }

  /** The item is SKIPPED: there is nothing to do for it. */
  public static <O> Verdict<O> skipped(String reason) {
    return of(Kind.SKIPPED, null, "", requireNonNull(reason, "reason"));
  }

  /**
   * Returns the same verdict with a quality score of the output.
   *
   * @param score from 0 to 1
   * @throws IllegalArgumentException if the score is out of range or not a number
   */
  public Verdict<O> quality(double score) {
    return new Verdict<>(kind, output, code, text, Payloads.quality(score), duration);
  }

  /**
   * Returns the same verdict with how long the attempt took, wherever it was made. By default it
   * took no time: the engine does not count how long an item waits.
   *
   * @param took from zero to 365 days
   * @throws IllegalArgumentException if the duration is out of range
   */
  public Verdict<O> duration(Duration took) {
    return new Verdict<>(
        kind,
        output,
        code,
        text,
        quality,
        Arguments.between("duration", took, Duration.ZERO, LONGEST));
  }

  Kind kind() {
    return kind;
  }

  @Nullable O output() {
    return output;
  }

  String code() {
    return code;
  }

  /** The message, or the reason. */
  String text() {
    return text;
  }

  @Nullable Double quality() {
    return quality;
  }

  Duration duration() {
    return duration;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Verdict<?> that
        && kind == that.kind
        && Objects.equals(output, that.output)
        && code.equals(that.code)
        && text.equals(that.text)
        && Objects.equals(quality, that.quality)
        && duration.equals(that.duration);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, output, code, text, quality, duration);
  }

  /** Names the kind, and no payload. */
  @Override
  public String toString() {
    return "Verdict[" + kind + (code.isEmpty() ? "" : " " + code) + "]";
  }
}
