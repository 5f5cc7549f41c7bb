package org.batchengine;

import java.time.Duration;
import java.util.List;
import java.util.Map;
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
import org.batchengine.model.InputVersion;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.Reason;
import org.batchengine.model.SettleResult;
import org.batchengine.model.StateChange;
import org.batchengine.model.Submission;
import org.batchengine.store.HostTransaction;

/**
 * Submits, reads and steers batches. Services inject this: everything in {@link BatchEngine} except
 * its lifecycle.
 *
 * <p>Thread-safe. Every method blocks on the store; {@code await} blocks for longer. Besides the
 * exceptions each method lists, all throw {@link org.batchengine.model.StoreException} if the store
 * fails and {@link IllegalStateException} once the engine is closed. An unknown id throws {@link
 * org.batchengine.model.BatchNotFoundException}, except in {@link #find} and {@link #delete}.
 *
 * <p>Steering never throws because of a race: a call that comes too late, or is repeated, changes
 * nothing, and its {@link StateChange} says so. It takes effect on every node: on this one at once,
 * on the others when they next renew their session. A reason must have 1 to 2,000 characters and
 * not be blank. It is kept in the batch's history; the reason for a pause or cancel also becomes
 * the batch's {@link BatchJob#stateReason()}.
 *
 * <p>Implemented by the engine. You may proxy it, and fake it in tests. Later versions may add
 * methods, with default bodies.
 */
public interface Batches {

  /**
   * Submits a batch of {@code items} with all defaults; see {@link #submit(BatchRequest)}.
   *
   * @return the id of the new batch
   */
  default <I> BatchId submit(JobType<I, ?> type, Iterable<? extends I> items) {
    return submit(BatchRequest.of(type, items));
  }

  /**
   * Submits a batch of {@code items} with all defaults, and closes the stream; see {@link
   * #submit(BatchRequest)}.
   *
   * @return the id of the new batch
   */
  default <I> BatchId submit(JobType<I, ?> type, Stream<? extends I> items) {
    return submit(BatchRequest.of(type, items));
  }

  /**
   * Submits a batch: reads its items once, lazily, and stores them. Returns when the whole batch is
   * stored. Any node that has registered the type then processes it in the background. All or
   * nothing: if this throws, or the process dies, the batch does not exist. An empty batch is
   * COMPLETED at once.
   *
   * <p>If the tenant already has a batch with the request's idempotency key, this stores nothing
   * and returns that batch's id; {@link #submitOnce(BatchRequest)} tells which of the two happened.
   * If that batch is still being submitted elsewhere, this waits for it.
   *
   * @return the id of the new batch, or of the one with the same idempotency key
   * @throws org.batchengine.model.InvalidItemException if an item is null, cannot be encoded, is
   *     too large, or has a key that is null, invalid or not unique; says which item
   * @throws org.batchengine.model.InvalidItemsException if the {@linkplain JobType#validatedBy
   *     validator} of the type objects to items; says to which
   * @throws org.batchengine.model.IdempotencyConflictException if the idempotency key belongs to a
   *     batch whose content visibly differs: another type; or, if the items are a collection,
   *     another number of items, or another key or input among the first 100. A stream or other
   *     source is not read, so its content is not compared
   * @throws IllegalArgumentException if a batch with the request's id already exists
   * @throws org.batchengine.model.BatchException if this engine lost its session during the submit,
   *     or the thread was interrupted while waiting for the other submit
   * @throws IllegalStateException if the request reads a stream and was submitted before
   */
  default BatchId submit(BatchRequest<?> request) {
    return submitOnce(request).id();
  }

  /**
   * Submits a batch and tells whether it is new. Otherwise like {@link #submit(BatchRequest)}: give
   * the request an {@linkplain BatchRequest#idempotencyKey idempotency key}, or each call stores
   * another batch.
   *
   * <pre>{@code
   * Submission submission = batches.submitOnce(request.idempotencyKey("annotate-2026-11"));
   * response.status(submission.isNew() ? 201 : 200).body(submission.id());
   * }</pre>
   *
   * @return the new batch, or the one with the same idempotency key
   * @throws org.batchengine.model.InvalidItemException as for {@link #submit(BatchRequest)}
   * @throws org.batchengine.model.IdempotencyConflictException as for {@link #submit(BatchRequest)}
   * @throws IllegalArgumentException if a batch with the request's id already exists
   * @throws org.batchengine.model.BatchException as for {@link #submit(BatchRequest)}
   * @throws IllegalStateException if the request reads a stream and was submitted before
   */
  Submission submitOnce(BatchRequest<?> request);

  /**
   * Submits a batch in a transaction of the host: others see the batch once the host commits, and
   * it never existed if the host rolls back. Work on it starts within a second of the commit. All
   * items are written in this one transaction, on the caller's thread. The host commits, rolls back
   * and closes. Otherwise like {@link #submit(BatchRequest)}.
   *
   * <p>If this throws, the transaction is as it was before, without any of the batch, and can
   * continue. If that is impossible because the connection is lost or the database has ended the
   * transaction, a suppressed exception says that the transaction must be rolled back.
   *
   * <p>Listeners get no event for this submit, because it may yet be rolled back.
   *
   * <p>If another transaction has taken the idempotency key and not yet committed, this waits for
   * that transaction to end.
   *
   * @param transaction a transaction that the engine's store can write in
   * @return the id of the new batch, or of the one with the same idempotency key
   * @throws org.batchengine.model.InvalidItemException as for {@link #submit(BatchRequest)}
   * @throws org.batchengine.model.IdempotencyConflictException as for {@link #submit(BatchRequest)}
   * @throws IllegalArgumentException if a batch with the request's id already exists, or the store
   *     cannot write in this transaction
   * @throws IllegalStateException if the request reads a stream and was submitted before
   */
  default BatchId submit(BatchRequest<?> request, HostTransaction transaction) {
    return submitOnce(request, transaction).id();
  }

  /**
   * Submits a batch in a transaction of the host and tells whether it is new; otherwise like {@link
   * #submit(BatchRequest, HostTransaction)}.
   *
   * @return the new batch, or the one with the same idempotency key
   * @throws org.batchengine.model.InvalidItemException as for {@link #submit(BatchRequest)}
   * @throws org.batchengine.model.IdempotencyConflictException as for {@link #submit(BatchRequest)}
   * @throws IllegalArgumentException if a batch with the request's id already exists, or the store
   *     cannot write in this transaction
   * @throws IllegalStateException if the request reads a stream and was submitted before
   */
  Submission submitOnce(BatchRequest<?> request, HostTransaction transaction);

  /** {@return the batch as it is now, or empty if there is none} */
  Optional<BatchJob> find(BatchId id);

  /**
   * {@return the batch as it is now}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  BatchJob status(BatchId id);

  /**
   * Waits until the batch has ended, whatever the result.
   *
   * @return the ended batch
   * @throws InterruptedException if the thread is interrupted; the batch continues
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch, or it is
   *     deleted
   * @throws java.util.concurrent.CancellationException if the engine closes first
   */
  BatchJob await(BatchId id) throws InterruptedException;

  /**
   * Waits until the batch has ended or the time is up.
   *
   * @param atMost the longest time to wait; zero or less does not wait
   * @return the batch as it is then
   * @throws InterruptedException if the thread is interrupted; the batch continues
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch, or it is
   *     deleted
   * @throws java.util.concurrent.CancellationException if the engine closes first
   */
  BatchJob await(BatchId id, Duration atMost) throws InterruptedException;

  /**
   * Returns a future for the end of the batch's current run. It completes with the ended batch;
   * with {@link java.util.concurrent.CancellationException} if the engine closes first; with {@link
   * org.batchengine.model.BatchNotFoundException} if the batch is deleted. Cancelling the future
   * cancels nothing else. Its dependents should be quick, or run on an executor of the host.
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  CompletableFuture<BatchJob> completion(BatchId id);

  /** {@return a page of the batches that match the query, newest first} */
  BatchPage<BatchJob> history(HistoryQuery query);

  /**
   * {@return a page of the batch's items in index order, with payloads as stored text}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  BatchPage<BatchItem<String, String>> items(BatchId id, ItemQuery query);

  /**
   * {@return a page of the batch's items in index order, with payloads decoded on access}
   *
   * <p>{@link BatchItem#input} and {@link BatchItem#output} throw {@link
   * org.batchengine.model.PayloadException} if the payload cannot be decoded.
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the batch has another type
   */
  <I, O> BatchPage<BatchItem<I, O>> items(JobType<I, O> type, BatchId id, ItemQuery query);

  /**
   * {@return the item with this key, if there is one}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if this is not a valid key; see {@link BatchRequest#keyedBy}
   */
  Optional<BatchItem<String, String>> item(BatchId id, String key);

  /**
   * {@return the item at this index, from 0, if there is one}
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  Optional<BatchItem<String, String>> item(BatchId id, int index);

  /**
   * {@return the settled items in index order, with payloads decoded on access}
   *
   * <p>The stream reads from the store page by page as it is consumed. It holds nothing open, so it
   * need not be closed. If the batch has not ended, items that settle during the read may be
   * missed. Payloads throw as in {@link #items(JobType, BatchId, ItemQuery)}.
   *
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the batch has another type
   */
  <I, O> Stream<BatchItem<I, O>> results(JobType<I, O> type, BatchId id);

  /**
   * {@return an item's failed attempts, first to last; empty if there is no such item}
   *
   * @param index the item's index in the batch, from 0
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  List<ItemError> errors(BatchId id, int index);

  /**
   * {@return the last errors of FAILED items grouped by fingerprint, most frequent first}
   *
   * <p>If more than 100,000 items failed, only the 100,000 with the highest indexes are read:
   * counts and shares are then of those.
   *
   * @param most the maximum number of groups, at least 1
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if {@code most} is out of range
   */
  List<ErrorGroup> errorGroups(BatchId id, int most);

  /**
   * Cancels a batch gracefully: {@link #cancel(BatchId, CancelMode, String)} with {@link
   * CancelMode#GRACEFUL}.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  default StateChange cancel(BatchId id, String reason) {
    return cancel(id, CancelMode.GRACEFUL, reason);
  }

  /**
   * Cancels a batch that is PENDING, RUNNING or PAUSED. It becomes STOPPING, and then CANCELLED
   * once no engine holds any of its items. Returns at once. Settled items keep their outcome; all
   * others end as CANCELLED. A graceful cancel may be followed by a forced one.
   *
   * @param mode what happens to running calls
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange cancel(BatchId id, CancelMode mode, String reason);

  /**
   * Pauses a batch that is PENDING or RUNNING: no more of its items start until it is resumed.
   * Returns at once. Running calls finish; if they were the last, the batch ends. A pause stops
   * neither the deadline nor retry delays.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange pause(BatchId id, String reason);

  /**
   * Resumes a PAUSED batch: it becomes RUNNING again, or PENDING if none of it had started.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.IllegalTransitionException if its {@linkplain BatchRequest#budget
   *     budget} is used up; {@link #change} raises it
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange resume(BatchId id, String reason);

  /**
   * Changes settings of a batch that is PENDING, RUNNING or PAUSED, such as its priority. Work that
   * this engine begins from now on goes by them; other engines learn of them when they next claim
   * work of the batch or renew their session. The history has an event CHANGED, which says what was
   * changed from what to what.
   *
   * @return what this call changed; nothing if the batch has these settings already
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.IllegalTransitionException if the batch is still being submitted,
   *     is STOPPING or has ended
   * @throws IllegalArgumentException if the change is empty, the reason is blank or too long, or
   *     the batch does not have the measure of its new budget
   */
  StateChange change(BatchId id, BatchChange change, String reason);

  /**
   * Runs all FAILED items again; see {@link #retryFailed(BatchId, FailedItems, String)}.
   *
   * @return what this call changed
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  default StateChange retryFailed(BatchId id, String reason) {
    return retryFailed(id, FailedItems.all(), reason);
  }

  /**
   * Runs FAILED items again, at once. Their attempt count continues, and they get all retries of
   * their policy again. An ended batch becomes RUNNING with a new {@linkplain BatchJob#run() run},
   * whose deadline and tolerated failures start afresh; its CANCELLED items stay CANCELLED. A batch
   * that is PENDING, RUNNING or PAUSED keeps its state. Nothing changes if the batch has no such
   * items or is STOPPING.
   *
   * @return what this call changed; {@link StateChange#items} is the number of items that run again
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.IllegalTransitionException if its payloads were {@linkplain
   *     #purgePayloads purged}
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  StateChange retryFailed(BatchId id, FailedItems which, String reason);

  /**
   * Runs FAILED items again with other inputs; otherwise like {@link #retryFailed(BatchId,
   * FailedItems, String)}. The inputs are checked as at a submit, and {@link #inputs} has them all.
   * The items keep their keys and their indexes. The event {@code CORRECTED} tells of it, beside
   * {@code REOPENED}.
   *
   * @return what this call changed; {@link StateChange#items} is the number of items that run again
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.InvalidItemException if an input is null, cannot be encoded, or
   *     is too large; says which item
   * @throws org.batchengine.model.InvalidItemsException if the validator of the type objects to
   *     inputs; says to which
   * @throws org.batchengine.model.IllegalTransitionException if its payloads were {@linkplain
   *     #purgePayloads purged}
   * @throws IllegalArgumentException if the batch has another type, its inputs another format, or
   *     no such item; or the reason is blank or too long
   */
  StateChange retryFailed(BatchId id, CorrectedInputs<?> corrected, String reason);

  /**
   * {@return the inputs of an item as stored text, the one that it was submitted with first; empty
   * if there is no such item}
   *
   * @param index the item's index in the batch, from 0
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   */
  List<InputVersion> inputs(BatchId id, int index);

  /**
   * Settles a deferred item by its key, from outside: see {@link ItemContext#defer}. The answer is
   * committed when this returns {@link SettleResult#SETTLED}, and counts once, however often and on
   * whichever nodes it comes. A failure with retries left makes the item due again. It may be given
   * on a node that has not registered the type: the policy is then the batch's, or this engine's
   * default. A paused batch takes answers too.
   *
   * <p>An answer can be quicker than the commit that defers the item. So if the item is not
   * deferred, this asks again for two seconds before it returns {@link SettleResult#NOT_YET}.
   *
   * @return what became of the answer; {@link SettleResult#OUTDATED} never, since it is for
   *     whichever attempt the item has made
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.PayloadException if the output cannot be encoded
   * @throws IllegalArgumentException if the batch has another type, or no item with this key, or
   *     the output is too large or cannot be stored
   */
  <O> SettleResult settle(JobType<?, O> type, BatchId id, String key, Verdict<O> verdict);

  /**
   * Settles a deferred item by its index, from 0; see {@link #settle(JobType, BatchId, String,
   * Verdict)}.
   *
   * @return what became of the answer
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.PayloadException if the output cannot be encoded
   * @throws IllegalArgumentException if the batch has another type, or no item at this index, or
   *     the output is too large or cannot be stored
   */
  <O> SettleResult settle(JobType<?, O> type, BatchId id, int index, Verdict<O> verdict);

  /**
   * Settles the attempt that was deferred under this name, and no later one; otherwise like {@link
   * #settle(JobType, BatchId, String, Verdict)}.
   *
   * @param deferral what {@link ItemContext#deferral} or {@link ChunkItem#deferral} returned
   * @return what became of the answer; {@link SettleResult#OUTDATED} if that attempt has failed
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.PayloadException if the output cannot be encoded
   * @throws IllegalArgumentException if this is no such name, the batch has another type, or the
   *     output is too large or cannot be stored
   */
  <O> SettleResult settle(JobType<?, O> type, String deferral, Verdict<O> verdict);

  /**
   * Settles many deferred items of a batch by their keys, in transactions of up to 500; see {@link
   * #settle(JobType, BatchId, String, Verdict)}. If one fails, those before it are committed: call
   * it again with all of them.
   *
   * @return by key, what became of each answer
   * @throws org.batchengine.model.BatchNotFoundException if there is no such batch
   * @throws org.batchengine.model.PayloadException if an output cannot be encoded; nothing was
   *     settled
   * @throws IllegalArgumentException if the batch has another type, or no item with one of the
   *     keys, or an output is too large or cannot be stored; nothing was settled
   */
  <O> Map<String, SettleResult> settleAll(
      JobType<?, O> type, BatchId id, Map<String, ? extends Verdict<O>> verdicts);

  /**
   * Settles many deferred items, of any batches, by their {@linkplain ItemContext#deferral
   * deferrals}; see {@link #settle(JobType, String, Verdict)}. What is not deferred yet is waited
   * for together. If one fails, those before it are committed: call it again with all of them.
   *
   * @return by deferral, what became of each answer
   * @throws org.batchengine.model.BatchNotFoundException if one of the batches is not there;
   *     nothing was settled
   * @throws org.batchengine.model.PayloadException if an output cannot be encoded; nothing was
   *     settled
   * @throws IllegalArgumentException if one is no such name, a batch has another type, or an output
   *     is too large or cannot be stored; nothing was settled
   */
  <O> Map<String, SettleResult> settleAll(
      JobType<?, O> type, Map<String, ? extends Verdict<O>> verdicts);

  /**
   * Deletes an ended batch. When this returns, no reader sees it any more and its idempotency key
   * is free. Its rows are removed in the background.
   *
   * @return false if there is no such batch
   * @throws org.batchengine.model.IllegalTransitionException if it has not ended
   */
  boolean delete(BatchId id);

  /**
   * Deletes all batches {@linkplain BatchRequest#submittedBy submitted by} an owner, in every
   * tenant unless this is the view of one. Ended batches are gone when this returns; the others are
   * cancelled first and deleted when they have ended. Works through 1,000 batches at a time: if the
   * process dies half-way, another node finishes what was begun, but an owner of more than 1,000
   * batches may have to be deleted again. Batches that the owner submits during the call may
   * remain. {@linkplain #templates() Templates} of the owner are removed too: what a schedule fires
   * of one fails from then on. The owner's name is also taken out of the {@linkplain #audit()
   * audit}: what else the events say stays.
   *
   * @param owner 1 to 200 characters, not blank
   * @return the number of batches deleted or marked for deletion
   * @throws IllegalArgumentException if the owner is blank or too long
   */
  long deleteSubmittedBy(String owner);

  /**
   * Removes the inputs and outputs of all batches that ended longer ago than this, in every tenant
   * unless this is the view of one. Counts, states, errors, measures and keys of items stay, and
   * each item {@linkplain BatchItem#isPurged() says} that it was purged. A purged batch cannot be
   * taken up again with {@link #retryFailed}. Works in steps: if the process dies half-way, call it
   * again. Batches that somebody else is changing at that moment are left out.
   *
   * @param olderThan zero to 3,650 days, by the database's clock
   * @return the number of items whose payloads this call removed
   * @throws IllegalArgumentException if the duration is out of range
   */
  long purgePayloads(Duration olderThan);

  /**
   * Explains why a batch is not done: one reason for each kind of place in which its unsettled
   * items are, and those that concern the batch itself. What a person must do comes first. The
   * reasons are of one instant, and their items add up to {@link
   * org.batchengine.model.BatchCounts#unfinished()} of that instant.
   *
   * <pre>{@code
   * for (Reason reason : batches.explain(id)) {
   *   System.out.println(reason.text()); // "4292 items wait for a free worker"
   * }
   * }</pre>
   *
   * @return at least one reason; none if the batch has ended
   */
  List<Reason> explain(BatchId id);

  /** {@return reports, statistics, comparisons and exports of these batches} */
  BatchReports reports();

  /** {@return what happens to these batches, in order} */
  BatchFeed feed();

  /** {@return who did what to these batches} */
  BatchAudit audit();

  /** {@return the schedules by which batches are submitted} */
  BatchSchedules schedules();

  /** {@return the requests that are stored by name} */
  BatchTemplates templates();

  /**
   * {@return a view of the same batches whose calls are recorded as this user's}
   *
   * <p>What the view submits, steers, deletes or purges has the user's name in the {@linkplain
   * #audit() audit}. A request that names no {@linkplain BatchRequest#submittedBy owner} is
   * submitted for the user. The name is not checked, and gives or takes no rights. The view can be
   * kept for as long as the engine lives; asking it for another user's view throws {@link
   * IllegalArgumentException}. Combines with {@link #forTenant} in either order.
   *
   * @param user 1 to 200 characters, not blank
   * @throws IllegalArgumentException if the user is blank or too long
   */
  Batches actingAs(String user);

  /**
   * {@return a view that sees and changes only the batches of one tenant}
   *
   * <p>For this view, batches of other tenants do not exist. Whatever it submits belongs to its
   * tenant. A request or query that names another tenant throws {@link IllegalArgumentException},
   * and so does asking it for a view of another tenant. The view can be kept for as long as the
   * engine lives.
   *
   * <p>Ids set with {@link BatchRequest#id} are unique across all tenants: a submit with an id that
   * another tenant uses fails because the id is taken, and reveals nothing else. Default ids are
   * random and reveal nothing.
   *
   * @param tenant 1 to 100 characters, not blank
   * @throws IllegalArgumentException if the tenant is blank or too long
   */
  Batches forTenant(String tenant);
}
