package org.batchengine.store;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.batchengine.model.BatchJob;

/**
 * Stores new batches: whole, page by page, or in a transaction of the host. Every rule of {@link
 * BatchStore} holds.
 */
public interface SubmitStore {

  /** Stores a whole batch in one transaction. An empty batch is COMPLETED at once. */
  Submitted submit(NewBatch batch, List<NewItem> items);

  /**
   * As {@link #submit(NewBatch, List)}, for the engine's own threads, which wait once and not long.
   *
   * @throws org.batchengine.model.RowsLockedException if another transaction is at work on the key,
   *     and does not end soon
   */
  Submitted submitBriefly(NewBatch batch, List<NewItem> items);

  /**
   * Stores a whole batch in a transaction of the host, which stays open. An empty batch is
   * COMPLETED at once. Never provokes a database error on purpose, since that could end the
   * transaction. Waits for unfinished transactions that have taken the id or the key.
   *
   * @param pages the items, read once while they are written. If reading or anything else throws,
   *     everything written of the batch is undone, and the transaction is as it was
   * @throws IllegalArgumentException if this store cannot write in the transaction; the message
   *     says why
   */
  Submitted submit(HostTransaction transaction, NewBatch batch, Iterator<List<NewItem>> pages);

  /** Begins a batch of several pages. While SUBMITTING, it has its key but cannot be claimed. */
  Submitted begin(NewBatch batch, long session);

  /**
   * Adds a page of items to a batch that {@code session} began.
   *
   * @throws FencedException if the session is gone or the batch is no longer being submitted
   * @throws org.batchengine.model.InvalidItemException if an item of the batch already has one of
   *     the keys
   */
  void append(long batch, long session, List<NewItem> page);

  /**
   * Finishes a batch that {@code session} began: it can be claimed, or is COMPLETED if empty.
   *
   * @param by who submits it
   * @throws FencedException as {@link #append}
   */
  void finish(long batch, long session, Actor by);

  /** Hides a batch that {@code session} is still submitting; its key is free again. */
  void abandon(long batch, long session);

  /**
   * Like {@link ReadStore#findByKey(String, String)}, but as the host's transaction sees it.
   *
   * @throws IllegalArgumentException if this store cannot read in the transaction; the message says
   *     why
   */
  Optional<BatchJob> findByKey(HostTransaction transaction, String tenant, String idempotencyKey);

  /**
   * The same, for the batch of a fire: it is SUBMITTED in the transaction that completes the
   * submit. That throws {@link IllegalStateException} if the fire is no longer the session's, and
   * stores nothing.
   */
  SubmitStore forFire(OwnedFire fire);
}
