package org.batchengine;

import java.time.Duration;
import java.util.Optional;
import org.batchengine.model.BatchId;

/**
 * Where an item stands, and the verdicts that are no output. Valid during the call of the processor
 * and on its thread.
 *
 * <p>{@link #retryAfter}, {@link #skip} and {@link #giveUp} never return: they note the verdict and
 * throw. So they can stand where an output is wanted, and a noted verdict stands whatever the
 * processor does afterwards. The first one noted counts.
 *
 * <pre>{@code
 * ItemProcessor<String, Integer> lookUp =
 *     (name, context) -> {
 *       var answer = api.get(name);
 *       return switch (answer.status()) {
 *         case 200 -> answer.value();
 *         case 404 -> context.skip("unknown");
 *         case 429 -> context.retryAfter(Duration.ofMinutes(1));
 *         default -> context.giveUp("HTTP_" + answer.status(), answer.reason());
 *       };
 *     };
 * }</pre>
 *
 * <p>Implemented by the engine. Methods may be added; later ones get a default body.
 */
// The verbs that are no output never return, so that their type can be whatever is wanted.
@SuppressWarnings("TypeParameterUnusedInFormals")
public interface ItemContext {

  /** {@return the batch that the item belongs to} */
  BatchId batchId();

  /** {@return the name of the job type} */
  String type();

  /** {@return the batch's tenant, {@code "default"} when none was given} */
  String tenant();

  /** {@return who submitted the batch} */
  Optional<String> submittedBy();

  /** {@return the item's place in the batch, from 0} */
  int index();

  /** {@return the item's own key, if the batch is keyed} */
  Optional<String> key();

  /** {@return which attempt this is, from 1} */
  int attempt();

  /** {@return whether the retry policy allows no attempt after this one} */
  boolean isLastAttempt();

  /** {@return {@code "batch/index"}, the same for all attempts and different for all items} */
  String idempotencyKey();

  /** {@return the batch's metadata, a JSON object as text; {@code "{}"} when none was given} */
  String metadata();

  /**
   * {@return the batch's metadata, decoded by the engine's codecs}
   *
   * @throws org.batchengine.model.PayloadException if it cannot be read as {@code type}, or no
   *     codec of the engine reads JSON
   */
  <T> T metadata(Class<T> type);

  /**
   * Notes how good the output is; kept with the item.
   *
   * @param score from 0 to 1
   * @return this
   * @throws IllegalArgumentException if the score is out of range or not a number
   */
  ItemContext quality(double score);

  /** {@return whether to leave soon: the batch is being stopped, time is up, the engine closes} */
  boolean isCancelled();

  /**
   * Fails this attempt and asks for the next no sooner than after {@code delay}. Counts as a retry:
   * after the last attempt the item is FAILED.
   *
   * @throws IllegalArgumentException if the delay is negative or longer than 365 days
   */
  <T> T retryAfter(Duration delay);

  /** Ends the item as SKIPPED: there is nothing to do for it. */
  <T> T skip(String reason);

  /**
   * Ends the item as FAILED, whatever the retry policy says.
   *
   * @param code stands for the type of the error, as in {@link
   *     org.batchengine.model.ItemError#type}
   */
  <T> T giveUp(String code, String message);
}
