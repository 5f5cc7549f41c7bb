package org.batchengine;

import org.jspecify.annotations.Nullable;

/**
 * Does the work of one item, with a view of where it stands. {@link ItemFunction} is the form
 * without.
 *
 * <pre>{@code
 * ItemProcessor<String, Integer> length =
 *     (text, context) -> text.isBlank() ? context.skip("blank") : text.length();
 * }</pre>
 *
 * <p>Called from many threads at a time, as often as {@link JobOptions#concurrency} says, so it
 * must be thread-safe. May block; its thread is interrupted when {@link JobOptions#timeout} is over
 * or the engine closes. At least once: after a crash an item may run again, and {@link
 * ItemContext#idempotencyKey} is there for effects on the outside world.
 */
@FunctionalInterface
public interface ItemProcessor<I, O> {

  /**
   * Processes one item.
   *
   * @return the output; null is a success without output, while {@link ItemContext#skip} filters
   * @throws Exception whatever went wrong: it fails this attempt, and the retry policy decides
   *     whether there is another
   */
  @Nullable O process(I input, ItemContext context) throws Exception;
}
