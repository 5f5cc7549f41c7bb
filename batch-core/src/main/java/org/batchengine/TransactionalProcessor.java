package org.batchengine;

import org.jspecify.annotations.Nullable;

/**
 * Processes one item in the transaction that writes its outcome. What it writes there is committed
 * exactly once, together with the outcome, or not at all.
 *
 * <pre>{@code
 * TransactionalProcessor<Invoice, Void, Connection> book =
 *     (invoice, connection, context) -> {
 *       ledger.insert(connection, invoice);
 *       return null;
 *     };
 * }</pre>
 *
 * <p>Several items may share a transaction, one after the other. If an attempt fails, is skipped or
 * is to be retried, its writes are undone; those of the other items stay. Only the engine commits,
 * rolls back and closes; the processor gets an exception if it tries, or if it changes the
 * connection for whoever has it next. It may use its own savepoints, and settings that last until
 * the end of the transaction, which end with the item. Its effects outside the transaction happen
 * at least once. Otherwise like {@link ItemProcessor}.
 *
 * <p>If a transaction cannot be committed as a whole, its items are called again, each in a
 * transaction of its own. If the database undoes a transaction, because the connection is lost or
 * for the sake of another transaction, its items are called again as the same attempt, ten times at
 * most. When a call exceeds {@link JobOptions#timeout} or a cancel cuts it off, it can execute no
 * more statements: a running statement is cancelled, and a thread outside the database is
 * interrupted. The database may end a transaction that the processor leaves idle; PostgreSQL does
 * so after {@link BatchEngine.Builder#sessionExpiry}. So do slow work elsewhere before the first
 * statement.
 *
 * <p>Each running call holds a connection of the store's pool, on top of the engine's own five. The
 * default of {@link JobOptions#concurrency} follows the pool's size; if a value that you set needs
 * more connections than there are, the engine does not start.
 *
 * @param <T> type of the transaction, as registered with {@link
 *     BatchEngine.Builder#registerTransactional}
 */
@FunctionalInterface
public interface TransactionalProcessor<I, O, T> {

  /**
   * Processes one item.
   *
   * @param transaction for use on this thread until this method returns
   * @return the output; null means success without output. To skip the item, call {@link
   *     ItemContext#skip}
   * @throws Exception if anything goes wrong; the attempt fails, and the retry policy decides
   *     whether to try again
   */
  @Nullable O process(I input, T transaction, ItemContext context) throws Exception;
}
