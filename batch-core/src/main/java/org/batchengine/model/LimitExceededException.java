package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if a tenant would have or submit more than its limit allows. Nothing of the batch is
 * stored. The same submit succeeds once there is room.
 */
public final class LimitExceededException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final long limit;
  private final long present;
  private final @Nullable Duration retryAfter;

  /** What is limited. */
  public enum Kind {
    /** Batches that have not ended. */
    LIVE_BATCHES,
    /** Items that have not ended. */
    UNFINISHED_ITEMS,
    /** Batches that are submitted within a time. */
    SUBMITS
  }

  /**
   * Creates an exception.
   *
   * @param message what is wrong, with the value, and what to do
   * @param limit how many are allowed
   * @param present how many there are without what was refused
   * @param retryAfter when there is room, if that is known
   */
  public LimitExceededException(
      String message, Kind kind, long limit, long present, @Nullable Duration retryAfter) {
    super(message);
    this.kind = requireNonNull(kind, "kind");
    this.limit = limit;
    this.present = present;
    this.retryAfter = retryAfter;
  }

  /** {@return what is limited} */
  public Kind kind() {
    return kind;
  }

  /** {@return how many are allowed} */
  public long limit() {
    return limit;
  }

  /** {@return how many there were, without what was refused} */
  public long present() {
    return present;
  }

  /** {@return how long after the refusal there is room; empty if that depends on what ends} */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
