package org.batchengine;

import java.time.Duration;
import java.util.Optional;
import org.batchengine.model.BatchId;

/**
 * Facts about the item being processed, and the verdicts other than an output. Valid only during
 * the processor's call and on its thread.
 *
 * <p>{@link #retryAfter}, {@link #defer}, {@link #skip}, {@link #fail} and {@link #giveUp} never
 * return: they record the verdict and throw. So you can use them in place of an output, and a
 * recorded verdict holds whatever the processor does afterwards. The first recorded verdict counts.
 *
 * <pre>{@code
 * ItemProcessor<String, Integer> lookUp =
 *     (name, context) -> {
 *       var answer = api.get(name);
 *       String code = "HTTP_" + answer.status();
 *       return switch (answer.status()) {
 *         case 200 -> answer.value();
 *         case 404 -> context.skip("unknown");
 *         case 429, 503, 529 -> context.retryAfter(answer.retryAfter()); // "slow down": no failure
 *         case 500, 502, 504 -> context.fail(code, answer.reason()); // the policy may retry it
 *         default -> context.giveUp(code, answer.reason()); // another attempt would not help
 *       };
 *     };
 * }</pre>
 *
 * <p>Implemented by the engine. Later versions may add methods, with default bodies.
 */
// Verdict methods never return, so their return type can be whatever the caller needs.
@SuppressWarnings("TypeParameterUnusedInFormals")
public interface ItemContext {

  /** {@return the batch that the item belongs to} */
  BatchId batchId();

  /** {@return the name of the job type} */
  String type();

  /** {@return the batch's tenant; {@code "default"} if none was set} */
  String tenant();

  /** {@return the user who submitted the batch} */
  Optional<String> submittedBy();

  /** {@return the item's index in the batch, from 0} */
  int index();

  /** {@return the item's key, if the batch has keys} */
  Optional<String> key();

  /** {@return the number of this attempt, from 1} */
  int attempt();

  /** {@return whether the retry policy allows no further attempt after a failure of this one} */
  boolean isLastAttempt();

  /** {@return {@code "batch/index"}: the same for every attempt, different for every item} */
  String idempotencyKey();

  /** {@return the batch's metadata, a JSON object as text; {@code "{}"} if none was set} */
  String metadata();

  /**
   * {@return the batch's metadata, decoded by the engine's codecs}
   *
   * @throws org.batchengine.model.PayloadException if it cannot be read as {@code type}, or none of
   *     the engine's codecs reads JSON
   */
  <T> T metadata(Class<T> type);

  /**
   * Records a quality score for the output; stored with the item.
   *
   * @param score from 0 to 1
   * @return this
   * @throws IllegalArgumentException if the score is out of range or not a number
   */
  ItemContext quality(double score);

  /**
   * Adds a value to a measure of this item, such as what the call cost. The item keeps the sum over
   * all its attempts, including failed ones, and {@link org.batchengine.model.BatchJob#measures}
   * has the sum over all items.
   *
   * @param name one of the names in {@link JobType#measuring} of the type that was submitted
   * @param value from -1e15 to 1e15; rounded to nine decimals
   * @return this
   * @throws IllegalArgumentException if the name is not declared, or the value is out of range or
   *     not a number
   */
  ItemContext measure(String name, double value);

  /**
   * {@return whether to return soon: the batch is stopping, the timeout has passed, or the engine
   * is closing}
   */
  boolean isCancelled();

  /**
   * Slows down: asks for another attempt after at least {@code delay}. Until then, but for no
   * longer than a minute, this node begins no call of the job type. The same as {@link
   * #retryAfter(Duration, HoldScope) retryAfter(delay, HoldScope.TYPE)}.
   *
   * @throws IllegalArgumentException if the delay is negative or longer than 365 days
   */
  <T> T retryAfter(Duration delay);

  /**
   * Asks for another attempt after at least {@code delay}. This is not a failure: no error is
   * stored and no retry of the policy is used up, although {@link #attempt} rises. If the same item
   * asks more than 1,000 times, this counts as a failed attempt with the code {@code RETRY_LATER},
   * and the policy decides.
   *
   * @param scope what else waits: with {@link HoldScope#TYPE}, other items of the job type on this
   *     node
   * @throws IllegalArgumentException if the delay is negative or longer than 365 days
   */
  <T> T retryAfter(Duration delay, HoldScope scope);

  /**
   * Hands the item out: something else will bring its result, and tells the engine with {@link
   * Batches#settle(JobType, BatchId, String, Verdict) settle}. Until then the item is DEFERRED, on
   * no node and without a worker. If there is no answer within {@code atMost}, the attempt has
   * failed with the code {@code TIMEOUT}, and the retry policy decides; that is noticed within a
   * few seconds, and while the batch is paused only once it is resumed. What a transactional
   * processor has written for the item is undone.
   *
   * @param atMost from one millisecond to 365 days
   * @throws IllegalArgumentException if the duration is out of range
   */
  <T> T defer(Duration atMost);

  /**
   * {@return {@code "batch/index/attempt"}: names this attempt to whoever brings its result} With
   * {@link Batches#settle(JobType, String, Verdict)} an answer for it counts for no later attempt.
   */
  String deferral();

  /** Ends the item as SKIPPED: there is nothing to do for it. */
  <T> T skip(String reason);

  /**
   * Fails this attempt; the retry policy decides whether to try again.
   *
   * @param code becomes the type of the error; see {@link org.batchengine.model.ItemError#type};
   *     {@link org.batchengine.model.RetryPolicy#neverOnCode} matches it
   */
  <T> T fail(String code, String message);

  /**
   * Ends the item as FAILED, whatever the retry policy says.
   *
   * @param code becomes the type of the error; see {@link org.batchengine.model.ItemError#type}
   */
  <T> T giveUp(String code, String message);
}
