package org.batchengine;

/**
 * Processes one item without output; otherwise like {@link ItemProcessor}. If you also need the
 * {@link ItemContext}, use an {@code ItemProcessor<I, Void>} that returns null.
 */
@FunctionalInterface
public interface ItemAction<I> {

  /**
   * Processes one item.
   *
   * @throws Exception if anything goes wrong; the attempt fails, and the retry policy decides
   *     whether to try again
   */
  void run(I input) throws Exception;
}
