package org.batchengine;

import org.jspecify.annotations.Nullable;

/** Does the work of one item from its input alone; an {@link ItemProcessor} in all else. */
@FunctionalInterface
public interface ItemFunction<I, O> extends ItemProcessor<I, O> {

  /**
   * Processes one item.
   *
   * @return the output; null is a success without output
   * @throws Exception whatever went wrong: it fails this attempt, and the retry policy decides
   *     whether there is another
   */
  @Nullable O apply(I input) throws Exception;

  @Override
  default @Nullable O process(I input, ItemContext context) throws Exception {
    return apply(input);
  }
}
