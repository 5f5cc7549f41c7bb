package org.batchengine;

/**
 * Processes many items in one call, for APIs and databases that take many at once. Each item still
 * gets its own outcome.
 *
 * <pre>{@code
 * BatchProcessor<String, Integer> lengths =
 *     chunk -> chunk.forEach(item -> item.succeed(item.input().length()));
 * }</pre>
 *
 * <p>Called from up to {@link JobOptions#concurrency} threads at a time, so it must be thread-safe.
 * {@link JobOptions#timeout} applies to a call, not to an item. May block. Each item runs at least
 * once, as with {@link ItemProcessor}.
 *
 * <p>{@link BatchEngine.Builder#registerFound} finds processors declared as services of this type;
 * these must override {@link #type}.
 */
@FunctionalInterface
public interface BatchProcessor<I, O> {

  /**
   * Processes a chunk by giving each of its items a verdict. If an item has none when this returns,
   * its attempt has failed.
   *
   * @throws Exception if anything goes wrong; only items without a verdict fail their attempt
   */
  void process(Chunk<I, O> chunk) throws Exception;

  /**
   * {@return the job type, for processors found by {@link java.util.ServiceLoader}}
   *
   * @throws UnsupportedOperationException if not overridden
   */
  default JobType<I, O> type() {
    throw new UnsupportedOperationException(
        getClass().getName() + " must override type() to be found by registerFound()");
  }

  /** {@return the options, for processors found by {@link java.util.ServiceLoader}} */
  default JobOptions options() {
    return JobOptions.defaults();
  }
}
