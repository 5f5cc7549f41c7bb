package org.batchengine;

import org.jspecify.annotations.Nullable;

/**
 * Processes one item, given its input and its {@link ItemContext}. {@link ItemFunction} is the form
 * without a context.
 *
 * <pre>{@code
 * ItemProcessor<String, Integer> length =
 *     (text, context) -> text.isBlank() ? context.skip("blank") : text.length();
 * }</pre>
 *
 * <p>Called from up to {@link JobOptions#concurrency} threads at a time, so it must be thread-safe.
 * May block; its thread is interrupted after {@link JobOptions#timeout} or when the engine closes.
 * Each item runs at least once: it may run again after a crash, so guard effects on the outside
 * world with {@link ItemContext#idempotencyKey}.
 */
@FunctionalInterface
public interface ItemProcessor<I, O> {

  /**
   * Processes one item.
   *
   * @return the output; null means success without output. To skip the item, call {@link
   *     ItemContext#skip}
   * @throws Exception if anything goes wrong; the attempt fails, and the retry policy decides
   *     whether to try again
   */
  @Nullable O process(I input, ItemContext context) throws Exception;
}
