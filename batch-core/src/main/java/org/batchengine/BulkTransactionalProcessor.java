package org.batchengine;

/**
 * Processes a chunk of items in the transaction that writes their outcomes. What it writes there is
 * committed exactly once, together with the outcomes, or not at all: a chunk in, a batch of
 * statements, a commit.
 *
 * <pre>{@code
 * BulkTransactionalProcessor<Invoice, Void, Connection> book =
 *     (chunk, connection) -> {
 *       ledger.insertBatch(connection, chunk.inputs());
 *       chunk.forEach(item -> item.succeed(null));
 *     };
 * }</pre>
 *
 * <p>Each item of the chunk needs a verdict, as with {@link BatchProcessor}. If all items succeed
 * or are skipped, the chunk is committed. Nobody can tell what was written for which item, so
 * otherwise everything is undone, and some items are called again as the same attempt:
 *
 * <ul>
 *   <li>If items fail by a verdict ({@code fail}, {@code giveUp}, {@code retryAfter}, or none at
 *       all), that attempt of theirs has failed, and the others are called again without them.
 *   <li>If the processor throws, or its transaction cannot be committed, failures that it gave as
 *       verdicts stand, and all other items are called again in halves, down to single items. So
 *       the culprit alone fails, and is charged one attempt.
 *   <li>If a call exceeds {@link JobOptions#timeout}, the same. If it ignores its interrupt as
 *       well, this attempt of all its items has failed.
 * </ul>
 *
 * <p>So decide about an item before you write for it, where you can: a verdict costs one more call
 * of the chunk, and an exception some twenty calls of parts of a chunk of a thousand. Skip an item
 * only if nothing was written for it: a skipped item undoes nothing.
 *
 * <p>A chunk has 1 to {@link JobOptions#chunkSize} items (50 by default; 1,000 to 5,000 suit
 * batches of statements), or as many as the batch's own {@link BatchRequest#chunkSize} says. Only
 * the engine commits, rolls back and closes; everything else that {@link TransactionalProcessor}
 * says of the transaction, of its connection and of what the database undoes holds here too.
 * Effects outside the transaction happen at least once.
 *
 * <p>Called from up to {@link JobOptions#concurrency} threads at a time, so it must be thread-safe.
 *
 * @param <T> type of the transaction, as registered with {@link
 *     BatchEngine.Builder#registerBulkTransactional}
 */
@FunctionalInterface
public interface BulkTransactionalProcessor<I, O, T> {

  /**
   * Processes a chunk by giving each of its items a verdict.
   *
   * @param transaction for use on this thread until this method returns
   * @throws Exception if anything goes wrong: what was written is undone, and the items are called
   *     again in halves; an item that was alone has failed this attempt
   */
  void process(Chunk<I, O> chunk, T transaction) throws Exception;
}
