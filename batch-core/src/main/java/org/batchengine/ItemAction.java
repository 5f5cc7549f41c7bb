package org.batchengine;

/**
 * Does the work of one item that yields no output; an {@link ItemProcessor} in all else. Work
 * without output that needs the {@link ItemContext} is an {@code ItemProcessor<I, Void>} that
 * returns null.
 */
@FunctionalInterface
public interface ItemAction<I> {

  /**
   * Processes one item.
   *
   * @throws Exception whatever went wrong: it fails this attempt, and the retry policy decides
   *     whether there is another
   */
  void run(I input) throws Exception;
}
