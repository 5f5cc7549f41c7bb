package org.batchengine;

import org.jspecify.annotations.Nullable;

/** Processes one item from its input alone; otherwise like {@link ItemProcessor}. */
@FunctionalInterface
public interface ItemFunction<I, O> extends ItemProcessor<I, O> {

  /**
   * Processes one item.
   *
   * @return the output; null means success without output
   * @throws Exception if anything goes wrong; the attempt fails, and the retry policy decides
   *     whether to try again
   */
  @Nullable O apply(I input) throws Exception;

  @Override
  default @Nullable O process(I input, ItemContext context) throws Exception {
    return apply(input);
  }
}
