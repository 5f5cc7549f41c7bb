package org.batchengine;

/**
 * Does the work of many items in one call, for APIs and databases that take many at once. Each item
 * still has its own fate.
 *
 * <pre>{@code
 * BatchProcessor<String, Integer> lengths =
 *     chunk -> chunk.forEach(item -> item.succeed(item.input().length()));
 * }</pre>
 *
 * <p>Called from many threads at a time, as often as {@link JobOptions#concurrency} says, so it
 * must be thread-safe. {@link JobOptions#timeout} is of a call, not of an item. May block; at least
 * once, as {@link ItemProcessor}.
 *
 * <p>{@link BatchEngine.Builder#registerFound} finds processors that are declared as services of
 * this type; those must give {@link #type}.
 */
@FunctionalInterface
public interface BatchProcessor<I, O> {

  /**
   * Processes a chunk by giving each of its items a verdict. An item that has none when this
   * returns has failed its attempt.
   *
   * @throws Exception whatever went wrong: it fails the attempt of those items alone that have no
   *     verdict
   */
  void process(Chunk<I, O> chunk) throws Exception;

  /**
   * {@return what this works on, for processors that are found by {@link java.util.ServiceLoader}}
   *
   * @throws UnsupportedOperationException if it is not overridden
   */
  default JobType<I, O> type() {
    throw new UnsupportedOperationException(
        getClass().getName() + " must override type() to be found by registerFound()");
  }

  /** {@return the options of a processor that is found by {@link java.util.ServiceLoader}} */
  default JobOptions options() {
    return JobOptions.defaults();
  }
}
