package org.batchengine.store;

import java.util.List;
import org.batchengine.store.Settlement.Outcome;

/**
 * A transaction in which host code processes items of one batch, one after another or as a chunk.
 * The outcomes of the items are written in it too: both are kept, or neither is. For one thread,
 * except {@link #cancel}.
 *
 * @param <T> the resource given to host code
 */
public interface ItemTransaction<T> extends AutoCloseable {

  /**
   * The resource given to host code. It allows everything except ending the transaction and
   * changing what others get after it.
   */
  T resource();

  /** Called before each call of host code: {@link #undo} returns to this point. */
  void mark();

  /**
   * Keeps what was written since the mark.
   *
   * @throws org.batchengine.model.StoreException if nothing more can be kept; {@link #undo} is
   *     still possible
   */
  void keep();

  /**
   * Undoes what was written since the mark.
   *
   * @throws org.batchengine.model.StoreException if the whole transaction is lost; a transient one
   *     if the database has undone it for a reason that may pass
   */
  void undo();

  /**
   * Stops host code: cancels its running statement or, if none runs, interrupts its thread. All
   * further statements are refused. No interrupt ever reaches the database. From any thread; does
   * not wait.
   */
  void cancel(Thread worker);

  /**
   * Writes the outcomes, which are of SUCCEEDED or SKIPPED items, counts them, and commits,
   * provided the transaction's session still exists. None of the items may have an outcome yet.
   *
   * @param itemsPerSecond the batch's recent rate in this session, shown in its status
   * @throws FencedException if the session is gone; nothing was kept
   * @throws RefusedSettlementException if an outcome cannot be stored; nothing was kept
   * @throws IllegalStateException if the session does not own the items; nothing was kept
   * @throws org.batchengine.model.StoreException if it failed in another way: {@link #isCommitted}
   *     tells whether it was kept nonetheless
   */
  void commit(List<Outcome> outcomes, double itemsPerSecond);

  /**
   * Whether a commit that failed was kept nonetheless. Ends the transaction on this side, and waits
   * until it has ended in the database.
   *
   * @throws org.batchengine.model.StoreException if the database cannot tell yet
   */
  boolean isCommitted();

  /** Rolls back what was not committed, and releases the transaction. Idempotent; never fails. */
  @Override
  void close();
}
