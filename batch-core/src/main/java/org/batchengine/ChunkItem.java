package org.batchengine;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One item of a {@link Chunk}, and the verdicts on it. The first verdict stands: a later one, and
 * one that comes after the call, is ignored and returns false. Safe for many threads.
 *
 * <p>Implemented by the engine. Methods may be added; later ones get a default body.
 */
public interface ChunkItem<I, O> {

  /** {@return the item's place in the batch, from 0} */
  int index();

  /** {@return the item's own key, if the batch is keyed} */
  Optional<String> key();

  /** {@return which attempt this is, from 1} */
  int attempt();

  /** {@return what the item was submitted with} */
  I input();

  /** {@return {@code "batch/index"}, the same for all attempts and different for all items} */
  String idempotencyKey();

  /** {@return whether the item has its verdict} */
  boolean isSettled();

  /**
   * Notes how good the output is; kept with the item. To be called before the verdict.
   *
   * @param score from 0 to 1
   * @return this
   * @throws IllegalArgumentException if the score is out of range or not a number
   */
  ChunkItem<I, O> quality(double score);

  /**
   * Ends the item as SUCCEEDED.
   *
   * @param output null for a success without output
   * @return whether this verdict stands
   */
  boolean succeed(@Nullable O output);

  /**
   * Fails this attempt; the retry policy decides whether there is another.
   *
   * @return whether this verdict stands
   */
  boolean fail(Throwable error);

  /**
   * Fails this attempt with a code that an API answered; the retry policy decides whether there is
   * another.
   *
   * @param code stands for the type of the error, as in {@link
   *     org.batchengine.model.ItemError#type}; {@link
   *     org.batchengine.model.RetryPolicy#neverOnCode} matches it
   * @return whether this verdict stands
   */
  boolean fail(String code, String message);

  /**
   * Ends the item as FAILED, whatever the retry policy says.
   *
   * @param code stands for the type of the error, as in {@link
   *     org.batchengine.model.ItemError#type}
   * @return whether this verdict stands
   */
  boolean giveUp(String code, String message);

  /**
   * Fails this attempt and asks for the next no sooner than after {@code delay}. Counts as a retry:
   * after the last attempt the item is FAILED.
   *
   * @return whether this verdict stands
   * @throws IllegalArgumentException if the delay is negative or longer than 365 days
   */
  boolean retryAfter(Duration delay);

  /**
   * Ends the item as SKIPPED: there is nothing to do for it.
   *
   * @return whether this verdict stands
   */
  boolean skip(String reason);
}
