package org.batchengine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.StateChange;
import org.batchengine.store.HostTransaction;

/**
 * Submits batches, sees what becomes of them, and steers them. This is what services inject: all of
 * a {@link BatchEngine} but its life.
 *
 * <p>Safe for many threads. Every method blocks on the store, and {@code await} for longer. Beside
 * what each names, methods throw {@link org.batchengine.model.StoreException} when the store fails,
 * and {@link IllegalStateException} once the engine is closed. An id that is unknown throws {@link
 * org.batchengine.model.BatchNotFoundException}, except in {@link #find} and {@link #delete}.
 *
 * <p>Steering never throws because of a race: a call that comes too late, or second, changes
 * nothing and says so in its {@link StateChange}. It takes effect on every node: on this one at
 * once, on others when they next renew their session. A reason has 1 to 2,000 characters, is not
 * blank, and is kept in the batch's history; that of a pause or cancel is the batch's {@link
 * BatchJob#stateReason()} as well.
 *
 * <p>Implemented by the engine; may be proxied, and faked in tests. Methods may be added; later
 * ones get a default body.
 */
public interface Batches {

  /**
   * Submits a batch of {@code items}, as {@link #submit(BatchRequest)} with all defaults.
   *
   * @return the id of the new batch
   */
  default <I> BatchId submit(JobType<I, ?> type, Iterable<? extends I> items) {
    return submit(BatchRequest.of(type, items));
  }

  /**
   * Submits a batch of {@code items}, as {@link #submit(BatchRequest)} with all defaults, and
   * closes the stream.
   *
   * @return the id of the new batch
   */
  default <I> BatchId submit(JobType<I, ?> type, Stream<? extends I> items) {
    return submit(BatchRequest.of(type, items));
  }

  /**
   * Submits a batch: reads its items once and lazily, and keeps them in the store. Returns when the
   * batch is complete there; its processing goes on in the background, on any node that has the
   * type registered. All or nothing: if this throws, or the process dies, the batch does not exist.
   * An empty batch is COMPLETED at once.
   *
   * <p>With an idempotency key that the tenant has used, nothing is read, and the id of that batch
   * is returned; while that one is still being submitted elsewhere, this waits.
   *
   * @return the id of the new batch, or of the one with the same idempotency key
   * @throws org.batchengine.model.InvalidItemException if an item is null, cannot be encoded, is
   *     too large, or has a key that is null, unfit or not unique; says which
   * @throws org.batchengine.model.IdempotencyConflictException if the idempotency key belongs to a
   *     batch of another type or, where it is known, another number of items
   * @throws IllegalArgumentException if there is a batch with the request's id
   * @throws org.batchengine.model.BatchException if this engine lost its session meanwhile, or was
   *     interrupted in waiting for the other submit
   * @throws IllegalStateException if the request is of a stream and was submitted before
   */
  BatchId submit(BatchRequest<?> request);

  /**
   * Submits a batch, as {@link #submit(BatchRequest)}, in a transaction of the host: the batch is
   * there for others once the host commits, and never was if it rolls back. Work on it begins
   * within a second of the commit. All items are written in this one transaction, on the caller's
   * thread; commit, rollback and close are the host's.
   *
   * <p>If this throws, nothing of the batch is left in the transaction, which is as it was before
   * and can go on. Where that cannot be, because the connection itself is lost or the database has
   * ended the transaction, a suppressed exception says that it is to be rolled back.
   *
   * <p>Listeners are not told that the batch was submitted: whether it was is for the commit to
   * say.
   *
   * <p>An idempotency key that another transaction has taken, and has not committed yet, makes this
   * wait for its end.
   *
   * @param transaction one that the engine's store can write in
   * @return the id of the new batch, or of the one with the same idempotency key
   * @throws org.batchengine.model.InvalidItemException as {@link #submit(BatchRequest)}
   * @throws org.batchengine.model.IdempotencyConflictException as {@link #submit(BatchRequest)}
   * @throws IllegalArgumentException if there is a batch with the request's id, or if the store
   *     cannot write in this transaction
   * @throws IllegalStateException if the request is of a stream and was submitted before
   */
  BatchId submit(BatchRequest<?> request, HostTransaction transaction);

  /** {@return the batch as it stands, or empty if there is none} */
  Optional<BatchJob> find(BatchId id);

  /**
   * {@return the batch as it stands}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   */
  BatchJob status(BatchId id);

  /**
   * Waits until the batch has ended, however it ends.
   *
   * @return the batch at its end
   * @throws InterruptedException if the thread is interrupted; the batch goes on
   * @throws org.batchengine.model.BatchNotFoundException if there is none, or it is deleted
   * @throws java.util.concurrent.CancellationException if the engine closes first
   */
  BatchJob await(BatchId id) throws InterruptedException;

  /**
   * Waits until the batch has ended or the time is over.
   *
   * @param atMost how long; zero or less does not wait
   * @return the batch as it then stands
   * @throws InterruptedException if the thread is interrupted; the batch goes on
   * @throws org.batchengine.model.BatchNotFoundException if there is none, or it is deleted
   * @throws java.util.concurrent.CancellationException if the engine closes first
   */
  BatchJob await(BatchId id, Duration atMost) throws InterruptedException;

  /**
   * The end of the batch's present run as a future. It completes with the batch at its end; with
   * {@link java.util.concurrent.CancellationException} if the engine closes first; with {@link
   * org.batchengine.model.BatchNotFoundException} if the batch is deleted. Cancelling the future
   * cancels nothing else. Its dependents should be quick, or run on an executor of the host.
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   */
  CompletableFuture<BatchJob> completion(BatchId id);

  /** {@return a page of the batches that the query asks for, newest first} */
  BatchPage<BatchJob> history(HistoryQuery query);

  /**
   * {@return a page of the batch's items in index order, their payloads as stored text}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  BatchPage<BatchItem<String, String>> items(BatchId id, ItemQuery query);

  /**
   * {@return a page of the batch's items in index order, their payloads decoded on access}
   *
   * <p>{@link BatchItem#input} and {@link BatchItem#output} throw {@link
   * org.batchengine.model.PayloadException} for what cannot be decoded.
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the batch is of another type
   */
  <I, O> BatchPage<BatchItem<I, O>> items(JobType<I, O> type, BatchId id, ItemQuery query);

  /**
   * {@return the item with this key, if there is one}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if no item can have this key: {@link BatchRequest#keyedBy}
   */
  Optional<BatchItem<String, String>> item(BatchId id, String key);

  /**
   * {@return the item at this place in the batch, from 0, if there is one}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  Optional<BatchItem<String, String>> item(BatchId id, int index);

  /**
   * {@return the settled items in index order, their payloads decoded on access}
   *
   * <p>Read from the store page by page as the stream is consumed: nothing is held open, so the
   * stream need not be closed. Of a batch that is not over, items that settle meanwhile may be
   * missed. Payloads throw as in {@link #items(JobType, BatchId, ItemQuery)}.
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the batch is of another type
   */
  <I, O> Stream<BatchItem<I, O>> results(JobType<I, O> type, BatchId id);

  /**
   * {@return the failed attempts of an item, first to last; empty if there is no such item}
   *
   * @param index the item's place in the batch, from 0
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  List<ItemError> errors(BatchId id, int index);

  /**
   * {@return the last errors of FAILED items, put together by fingerprint, most frequent first}
   *
   * @param most how many groups at most, at least 1
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if {@code most} is out of range
   */
  List<ErrorGroup> errorGroups(BatchId id, int most);

  /**
   * Cancels a batch gracefully, as {@link #cancel(BatchId, CancelMode, String)} with {@link
   * CancelMode#GRACEFUL}.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  default StateChange cancel(BatchId id, String reason) {
    return cancel(id, CancelMode.GRACEFUL, reason);
  }

  /**
   * Cancels a batch that is PENDING, RUNNING or PAUSED: it is STOPPING from now on, and CANCELLED
   * once nothing of it is in hand. Returns at once. What has settled stays; every other item ends
   * as CANCELLED. A batch that is cancelled gracefully can be cancelled by force after that.
   *
   * @param mode what becomes of calls that run
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange cancel(BatchId id, CancelMode mode, String reason);

  /**
   * Pauses a batch that is PENDING or RUNNING: nothing new of it is begun until it is resumed.
   * Returns at once; calls that run finish, and if they were the last, the batch ends. A pause
   * stops neither the deadline nor the delays of retries.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange pause(BatchId id, String reason);

  /**
   * Resumes a batch that is PAUSED: it is RUNNING again, or PENDING if nothing of it was begun.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange resume(BatchId id, String reason);

  /**
   * Runs all FAILED items again, as {@link #retryFailed(BatchId, FailedItems, String)}.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  default StateChange retryFailed(BatchId id, String reason) {
    return retryFailed(id, FailedItems.all(), reason);
  }

  /**
   * Runs FAILED items again, at once: their attempts go on counting, and they have all retries of
   * their policy before them. A batch that has ended is RUNNING again, with a new {@linkplain
   * BatchJob#run() run}, whose deadline and tolerated failures count anew; its CANCELLED items stay
   * so. One that is PENDING, RUNNING or PAUSED stays what it is. Nothing changes if the batch has
   * no such items, or is STOPPING.
   *
   * @return what this call changed; {@link StateChange#items} is how many items run again
   * @throws org.batchengine.model.BatchNotFoundException if there is none
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange retryFailed(BatchId id, FailedItems which, String reason);

  /**
   * Deletes a batch that has ended. It is gone for every reader when this returns, and its
   * idempotency key is free; its records are removed in the background.
   *
   * @return false if there is none
   * @throws org.batchengine.model.IllegalTransitionException if it has not ended
   */
  boolean delete(BatchId id);

  /**
   * Deletes all batches that were {@linkplain BatchRequest#submittedBy submitted by} an owner, of
   * every tenant unless this is the view of one. Those that have ended are gone when this returns;
   * live ones are cancelled first, and go when they have ended. What this began is carried on by
   * any node if the process dies half-way; it begins with 1,000 batches at a time, so an owner of
   * more may have to be deleted again then. Batches that the owner submits meanwhile may stay.
   *
   * @param owner 1 to 200 characters, not blank
   * @return how many batches are gone or go
   * @throws IllegalArgumentException if the owner is blank or too long
   */
  long deleteSubmittedBy(String owner);

  /**
   * {@return a view of this that sees and touches the batches of one tenant alone}
   *
   * <p>Batches of others are to it as if they did not exist. What it submits is of its tenant; a
   * request or a query that names another is refused with an {@link IllegalArgumentException}, and
   * so is a view of another tenant. It lives as long as the engine, and can be kept.
   *
   * <p>Ids that hosts give with {@link BatchRequest#id} are unique over all tenants: who submits
   * with one that another tenant has learns that it is taken, and nothing else of it. The ids that
   * are made by default are random and tell nothing.
   *
   * @param tenant 1 to 100 characters, not blank
   * @throws IllegalArgumentException if the tenant is blank or too long
   */
  Batches forTenant(String tenant);
}
