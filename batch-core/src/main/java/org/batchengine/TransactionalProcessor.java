package org.batchengine;

import org.jspecify.annotations.Nullable;

/**
 * Does the work of one item in the transaction that its outcome is written in: what it writes there
 * is kept exactly once, together with the outcome, or not at all.
 *
 * <pre>{@code
 * TransactionalProcessor<Invoice, Void, Connection> book =
 *     (invoice, connection, context) -> {
 *       ledger.insert(connection, invoice);
 *       return null;
 *     };
 * }</pre>
 *
 * <p>Several items may share a transaction, one after the other. What an item writes is undone if
 * its attempt fails, is skipped or is to be tried again; its neighbours keep theirs. The engine
 * alone commits, rolls back and closes: a processor that tries to is refused. Savepoints of its own
 * are allowed. Everything else that it does, outside of the transaction, happens at least once, as
 * with {@link ItemProcessor}, which it is like in all else.
 *
 * <p>Where a transaction cannot be kept as a whole, its items are called again, each in one of its
 * own. A call that takes longer than {@link JobOptions#timeout}, or that is cut off by a cancel, is
 * refused further statements: the one that runs is cancelled, and a thread outside of the database
 * is interrupted. A database may end a transaction that a processor leaves idle, PostgreSQL after
 * {@link BatchEngine.Builder#sessionExpiry}: what takes long elsewhere is better done before.
 *
 * <p>Each call that runs holds a connection, so the store's pool must have as many as {@link
 * JobOptions#concurrency} beyond those of the engine; the start is refused if it has not.
 *
 * @param <T> what stands for the transaction, as it was registered with {@link
 *     BatchEngine.Builder#registerTransactional}
 */
@FunctionalInterface
public interface TransactionalProcessor<I, O, T> {

  /**
   * Processes one item.
   *
   * @param transaction for this thread, and until this returns
   * @return the output; null is a success without output, while {@link ItemContext#skip} filters
   * @throws Exception whatever went wrong: it fails this attempt, and the retry policy decides
   *     whether there is another
   */
  @Nullable O process(I input, T transaction, ItemContext context) throws Exception;
}
