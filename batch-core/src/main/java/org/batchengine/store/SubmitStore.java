package org.batchengine.store;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchJob;

/**
 * Takes batches in: whole, page by page, or in a transaction of the host. Every rule of {@link
 * BatchStore} holds.
 */
public interface SubmitStore {

  /** Keeps a whole batch in one transaction; an empty one is COMPLETED at once. */
  Submitted submit(NewBatch batch, List<NewItem> items);

  /**
   * Keeps a whole batch in a transaction of the host, which stays open; an empty one is COMPLETED
   * at once. No error is raised on purpose in the database, since that could end the transaction.
   * Waits for other transactions that have taken the id or the key and are not over.
   *
   * @param pages the items, read once, as they are written. If reading throws, or anything else
   *     does, what was written of the batch is undone and the transaction is as it was
   * @throws IllegalArgumentException if this store cannot write in the transaction; says why
   */
  Submitted submit(HostTransaction transaction, NewBatch batch, Iterator<List<NewItem>> pages);

  /** Begins a batch of several pages: SUBMITTING, its key taken, nothing of it claimable. */
  Submitted begin(NewBatch batch, long session);

  /**
   * Adds a page of items to a batch that {@code session} began.
   *
   * @throws FencedException if the session is gone or the batch is no longer being submitted
   * @throws org.batchengine.model.InvalidItemException if a key stands in the batch already
   */
  void append(long batch, long session, List<NewItem> page);

  /**
   * Makes a batch that {@code session} began claimable; an empty one is COMPLETED at once.
   *
   * @throws FencedException as {@link #append}
   */
  void finish(long batch, long session);

  /** Hides a batch that is still being submitted by {@code session}; its key is free again. */
  void abandon(long batch, long session);

  /**
   * As {@link ReadStore#findByKey(String, String)}, as the host's transaction sees it.
   *
   * @throws IllegalArgumentException if this store cannot read in the transaction; says why
   */
  Optional<BatchJob> findByKey(HostTransaction transaction, String tenant, String idempotencyKey);
}
