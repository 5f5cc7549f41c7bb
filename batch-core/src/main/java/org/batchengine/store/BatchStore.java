package org.batchengine.store;

import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchPage;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ErrorGroup;
import org.batchengine.model.FailedItems;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemQuery;
import org.batchengine.model.StateChange;
import org.jspecify.annotations.Nullable;

/**
 * Keeps batches for an engine. For makers of stores; not stable before 1.0.
 *
 * <p>The rules that every verb keeps, whoever dies between any two of them:
 *
 * <ol>
 *   <li>Placement: an unfinished item is parked, or else in the one chunk whose range covers it; a
 *       finished item has its outcome. Each verb is one transaction that moves items as a whole.
 *   <li>Fencing: what a session owns is written by that session only, and only while its row is
 *       there; ids of sessions are never used twice.
 *   <li>Settles are numbered: a number of a session is applied at most once.
 *   <li>A batch is done exactly when it has no chunk and no parked item; that is looked at under
 *       the batch's lock, after the commit that removed the last of them.
 * </ol>
 *
 * <p>Batches are named by their number, which is never used again, in all verbs of the engine's
 * loops, and by their {@link BatchId} where hosts ask. Time is the store's own. All methods are
 * safe for many threads, block on nothing but the database, and throw {@link
 * org.batchengine.model.StoreException} when it fails; a transaction that was refused for a lock or
 * a conflict is tried again before that.
 */
public interface BatchStore extends AutoCloseable {

  /**
   * Connects, and makes or checks the schema. Called once, before everything else.
   *
   * @throws org.batchengine.model.StoreException if the database cannot be used as it is; says why
   */
  void open(StoreSettings settings);

  /** Lets go of what {@link #open} took. Idempotent, also before {@code open}. */
  @Override
  void close();

  // --- Sessions ---

  /** Opens a session that expires unless renewed; its id is larger than every earlier one. */
  long openSession(String host, Duration expiry);

  /** Puts the expiry off to {@code expiry} from now. False if the session is gone. */
  boolean renewSession(long session, Duration expiry);

  /**
   * Ends a session by its owner's will: its chunks and parked items are unowned again without
   * counting as lost, its unfinished submissions are hidden. Nothing happens if it is gone.
   */
  void releaseSession(long session);

  /** The sessions whose expiry has passed, oldest first. */
  List<SessionExpiry> expiredSessions();

  /**
   * Ends a session that its owner has left, if its expiry is still the one given and has passed:
   * frees its chunks and parked items and counts them as lost. A chunk that was lost twice is
   * dissolved into suspects with a count of their own; a retry that was lost twice becomes a
   * suspect; a suspect that was lost twice ends as FAILED with the error {@code NODE_CRASH}.
   * Unfinished submissions of the session are hidden.
   *
   * @return false if the session was renewed or is gone
   */
  boolean reap(SessionExpiry expired);

  // --- Submitting ---

  /** Keeps a whole batch in one transaction; an empty one is COMPLETED at once. */
  Submitted submit(NewBatch batch, List<NewItem> items);

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
  void finishSubmit(long batch, long session);

  /** Hides a batch that is still being submitted by {@code session}; its key is free again. */
  void abandonSubmit(long batch, long session);

  /**
   * Keeps a whole batch in a transaction of the host, which stays open; an empty one is COMPLETED
   * at once. No error is raised on purpose in the database, since that could end the transaction.
   * Waits for other transactions that have taken the id or the key and are not over.
   *
   * @param pages the items, read once, as they are written. If reading throws, or anything else
   *     does, what was written of the batch is undone and the transaction is as it was
   * @throws IllegalArgumentException if this store cannot write in the transaction; says why
   */
  default Submitted submit(
      HostTransaction transaction, NewBatch batch, Iterator<List<NewItem>> pages) {
    throw HostTransaction.refused(transaction, this);
  }

  /** As {@link #findByKey(String, String)}, as the host's transaction sees it. */
  default Optional<BatchJob> findByKey(
      HostTransaction transaction, String tenant, String idempotencyKey) {
    throw HostTransaction.refused(transaction, this);
  }

  // --- Working ---

  /**
   * Claims what is due of PENDING and RUNNING batches for the session: parked retries first, for at
   * most half of each {@linkplain ClaimRequest.Wanted wanted} count, then chunks by priority and
   * due time. A chunk larger than wanted is split: its front is owned, the rest stays unowned and
   * goes to the end of the queue of its priority. A chunk that was lost before is claimed whole.
   *
   * @throws FencedException if the session is gone; nothing was claimed
   */
  Claim claim(ClaimRequest request);

  /**
   * Claims one suspect of the given types if the session owns nothing else. {@link Claim#more} says
   * whether suspects are due that were not claimed, also when the session owns other work.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimSuspect(long session, Collection<String> types);

  /**
   * All that the session owns, as a claim would have answered it; nothing if it is gone. Waits for
   * claims of the session that are under way.
   */
  Claim owned(long session);

  /** What workers must know of the batches; those that are gone are left out. */
  List<BatchHeader> headers(Collection<Long> batches);

  /** The open items of an owned chunk, by index: those with neither an outcome nor a parked row. */
  List<StoredInput> load(ClaimedChunk chunk);

  /** The inputs of owned parked items, in no order. */
  List<StoredInput> load(List<ClaimedItem> parked);

  /**
   * Work on the batches has begun: those that are PENDING become RUNNING; one that was paused since
   * its items were claimed stays PAUSED.
   *
   * @return those of which this was not known
   */
  List<Long> markRunning(Collection<Long> batches);

  /**
   * Writes what became of items, as a whole or not at all.
   *
   * @return true if it was applied now, false if its number was applied before: both are success
   * @throws FencedException if the session is gone; nothing was written
   * @throws RefusedSettlementException if its content cannot be stored; nothing was written, and
   *     the number is still free
   */
  boolean settle(Settlement settlement);

  /** Whether host code can be given transactions of this kind. */
  default boolean hasTransactions(Class<?> kind) {
    return false;
  }

  /**
   * Begins a transaction for host code; outcomes are written in it for the session.
   *
   * @param kind one that {@link #hasTransactions}
   */
  default <T> ItemTransaction<T> begin(Class<T> kind, long session) {
    throw new IllegalArgumentException("this store has no transactions of " + kind.getName());
  }

  /**
   * Ends those of the batches of which nothing is in motion, all or none: counts their outcomes,
   * removes their counters.
   *
   * @return the jobs that this call ended
   */
  List<BatchJob> completeIfDone(Collection<Long> batches);

  /**
   * Claims the lowest unfinished item of one sequential batch of the given types, alone: only when
   * nothing of the batch is owned, and the item is due. {@link Claim#more} is true with an empty
   * claim if others were quicker.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimSequential(long session, Collection<String> types);

  // --- Steering ---

  /**
   * PENDING, RUNNING or PAUSED becomes STOPPING towards CANCELLED. Empty: there is no such batch.
   */
  Optional<StateChange> cancel(Steering steering, CancelMode mode);

  /** PENDING or RUNNING becomes PAUSED; its unowned chunks and parked items are held. */
  Optional<StateChange> pause(Steering steering);

  /** PAUSED becomes RUNNING, or PENDING if nothing of it was started yet. */
  Optional<StateChange> resume(Steering steering);

  /**
   * Takes FAILED items up again: their outcomes go, and they are parked, due at once, with their
   * attempts counting on and a new budget of retries. A terminal batch becomes RUNNING, with a new
   * run; a RUNNING or PAUSED one stays what it is. The change counts the items.
   */
  Optional<StateChange> retryFailed(Steering steering, FailedItems which);

  /**
   * Gives the batch itself up if there is reason to, which is asked under its lock: its deadline
   * has passed, or more items have failed in its present run than are tolerated. PENDING, RUNNING
   * or PAUSED becomes STOPPING towards FAILED, with the reason as the error.
   *
   * @return whether this call did it
   */
  boolean giveUp(long batch, String actor);

  /** Where those of the batches stand that are neither PENDING nor RUNNING. */
  List<Steered> steered(Collection<Long> batches);

  /**
   * Ends items of a STOPPING batch that nobody owns as CANCELLED, about {@code most} of them, under
   * the batch's lock.
   *
   * @return whether to go on: unowned items are left, and not all of them are locked by others
   */
  boolean cancelUnowned(long batch, int most);

  /** Up to {@code limit} STOPPING batches with unowned work. */
  List<Long> stopping(int limit);

  /** Up to {@code limit} live batches whose deadline has passed and which are not STOPPING. */
  List<Long> overdue(int limit);

  /** How many items of the live batch have FAILED in its present run. */
  long failures(long batch);

  /**
   * Removes an owner's batches of the tenant, or of every tenant, up to {@code most} of them: ended
   * ones are hidden at once; live ones become STOPPING towards CANCELLED, whatever they were, and
   * are hidden by the call that ends them, whoever makes it.
   *
   * @return how many batches this call has hidden or marked so
   */
  int removeSubmittedBy(String owner, @Nullable String tenant, String actor, int most);

  // --- Sweeping ---

  /** Up to {@code limit} live batches with nothing in motion, which nobody has completed yet. */
  List<Long> doneBatches(int limit);

  /**
   * Mends what a death between two transactions leaves behind: frees what sessions own that do not
   * exist, takes PENDING batches with owned work to RUNNING, hides batches whose submitter is gone.
   */
  void repair();

  /** How many items of all batches are parked, whoever owns them, counted up to {@code most}. */
  int parked(int most);

  /**
   * Hides up to {@code most} batches that ended longer ago than given.
   *
   * @return how many
   */
  int hideEnded(Duration longerAgo, int most);

  /**
   * Removes records of hidden batches, about {@code rows} at most, and the job row with the last.
   *
   * @return whether hidden batches are left
   */
  boolean removeHidden(int rows);

  // --- Reading ---

  /** The batch with its counts, all of one snapshot. A tenant, if given, must be the batch's. */
  Optional<BatchJob> find(BatchId id, @Nullable String tenant);

  /** The batch that was submitted with this key, in whatever state. */
  Optional<BatchJob> findByKey(String tenant, String idempotencyKey);

  /** The batch's header. A tenant, if given, must be the batch's. */
  Optional<BatchHeader> header(BatchId id, @Nullable String tenant);

  /** The states of those of the batches that exist. */
  Map<BatchId, BatchState> states(Collection<BatchId> ids);

  /** Batches, newest first. */
  BatchPage<BatchJob> history(HistoryQuery query);

  /** Items of a batch as stored text, by index. */
  BatchPage<BatchItem<String, String>> items(BatchHeader batch, ItemQuery query);

  /** One item by its index. */
  Optional<BatchItem<String, String>> item(BatchHeader batch, int index);

  /** One item by its key. */
  Optional<BatchItem<String, String>> item(BatchHeader batch, String key);

  /** Up to {@code limit} settled items from index {@code from} on, by index. */
  List<BatchItem<String, String>> settled(BatchHeader batch, int from, int limit);

  /** The failed attempts of an item, first to last. */
  List<ItemError> errors(BatchHeader batch, int index);

  /** The last errors of FAILED items by fingerprint, most frequent first. */
  List<ErrorGroup> errorGroups(BatchHeader batch, int most);

  /**
   * Hides a terminal batch at once and for good; {@link #removeHidden} does the rest.
   *
   * @return false if there is none
   * @throws org.batchengine.model.IllegalTransitionException if it has not ended
   */
  boolean hide(BatchId id, @Nullable String tenant, String actor);
}
