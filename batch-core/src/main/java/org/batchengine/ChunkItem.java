package org.batchengine;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An item of a {@link Chunk}, and the verdicts on it. The first verdict counts; a later one, or one
 * that comes after the call, is ignored and returns false. Thread-safe.
 *
 * <p>Implemented by the engine. Later versions may add methods, with default bodies.
 */
public interface ChunkItem<I, O> {

  /** {@return the item's index in the batch, from 0} */
  int index();

  /** {@return the item's key, if the batch has keys} */
  Optional<String> key();

  /** {@return the number of this attempt, from 1} */
  int attempt();

  /** {@return whether the retry policy allows no further attempt after a failure of this one} */
  boolean isLastAttempt();

  /** {@return the item's input} */
  I input();

  /** {@return {@code "batch/index"}: the same for every attempt, different for every item} */
  String idempotencyKey();

  /** {@return whether the item has a verdict} */
  boolean isSettled();

  /**
   * Records a quality score for the output; stored with the item. Call it before the verdict.
   *
   * @param score from 0 to 1
   * @return this
   * @throws IllegalArgumentException if the score is out of range or not a number
   */
  ChunkItem<I, O> quality(double score);

  /**
   * Adds a value to a measure of this item, as {@link ItemContext#measure} does. Values that are
   * added after the processor has returned may be lost.
   *
   * @param name one of the names in {@link JobType#measuring} of the type that was submitted
   * @param value from -1e15 to 1e15; rounded to nine decimals
   * @return this
   * @throws IllegalArgumentException if the name is not declared, or the value is out of range or
   *     not a number
   */
  ChunkItem<I, O> measure(String name, double value);

  /**
   * Ends the item as SUCCEEDED.
   *
   * @param output the output; null for success without output
   * @return whether this verdict counts
   */
  boolean succeed(@Nullable O output);

  /**
   * Fails this attempt; the retry policy decides whether to try again.
   *
   * @return whether this verdict counts
   */
  boolean fail(Throwable error);

  /**
   * Fails this attempt with an API's error code; the retry policy decides whether to try again.
   *
   * @param code becomes the type of the error; see {@link org.batchengine.model.ItemError#type};
   *     {@link org.batchengine.model.RetryPolicy#neverOnCode} matches it
   * @return whether this verdict counts
   */
  boolean fail(String code, String message);

  /**
   * Ends the item as FAILED, whatever the retry policy says.
   *
   * @param code becomes the type of the error; see {@link org.batchengine.model.ItemError#type}
   * @return whether this verdict counts
   */
  boolean giveUp(String code, String message);

  /**
   * Slows down, as {@link ItemContext#retryAfter(Duration)} does. Calls that run go on, this one
   * too.
   *
   * @return whether this verdict counts
   * @throws IllegalArgumentException if the delay is negative or longer than 365 days
   */
  boolean retryAfter(Duration delay);

  /**
   * Asks for another attempt after at least {@code delay}, as {@link
   * ItemContext#retryAfter(Duration, HoldScope)} does: it is no failure, and uses up no retry.
   *
   * @return whether this verdict counts
   * @throws IllegalArgumentException if the delay is negative or longer than 365 days
   */
  boolean retryAfter(Duration delay, HoldScope scope);

  /**
   * Hands the item out, as {@link ItemContext#defer} does: something else will bring its result.
   *
   * @param atMost from one millisecond to 365 days
   * @return whether this verdict counts
   * @throws IllegalArgumentException if the duration is out of range
   */
  boolean defer(Duration atMost);

  /** {@return {@code "batch/index/attempt"}, as {@link ItemContext#deferral} does} */
  String deferral();

  /**
   * Ends the item as SKIPPED: there is nothing to do for it.
   *
   * @return whether this verdict counts
   */
  boolean skip(String reason);
}
