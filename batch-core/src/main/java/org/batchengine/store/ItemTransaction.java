package org.batchengine.store;

import java.util.List;
import org.batchengine.store.Settlement.Outcome;

/**
 * A transaction in which host code works on items of one batch, one after the other, and in which
 * the outcomes of those items are written: both are kept, or neither is. For one thread, but for
 * {@link #cancel}.
 *
 * @param <T> what host code is given
 */
public interface ItemTransaction<T> extends AutoCloseable {

  /** What host code is given: it can do everything there but end the transaction. */
  T resource();

  /** Called before an item: {@link #undo} returns to here. */
  void mark();

  /**
   * Keeps what was written since the mark.
   *
   * @throws org.batchengine.model.StoreException if nothing more can be kept; it can be undone then
   */
  void keep();

  /**
   * Undoes what was written since the mark.
   *
   * @throws org.batchengine.model.StoreException if the whole transaction is lost
   */
  void undo();

  /**
   * Ends what host code is doing: the statement that it runs is cancelled, and if it runs none, its
   * thread is interrupted; it is refused all further statements. No interrupt ever reaches the
   * database. From any thread; does not wait.
   */
  void cancel(Thread worker);

  /**
   * Writes the outcomes, of which none may be there yet, counts them, and commits: while the
   * session that the transaction was begun for is there.
   *
   * @param itemsPerSecond recent rate of the batch in this session, for readers of its status
   * @throws FencedException if the session is gone; nothing was kept
   * @throws RefusedSettlementException if an outcome cannot be stored; nothing was kept
   * @throws IllegalStateException if the session does not own the items; nothing was kept
   * @throws org.batchengine.model.StoreException if it failed otherwise: {@link #isCommitted} tells
   *     whether it is kept all the same
   */
  void commit(List<Outcome> outcomes, double itemsPerSecond);

  /**
   * Whether a commit that failed is kept all the same. Waits for the end of the transaction where
   * the database still knows it, and ends it where this side does.
   *
   * @throws org.batchengine.model.StoreException if the database cannot tell yet
   */
  boolean isCommitted();

  /** Rolls back what was not committed, and lets go of it. Idempotent; never fails. */
  @Override
  void close();
}
