package org.batchengine.store;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds and finishes work that no engine holds. Every rule of {@link BatchStore} holds. */
public interface SweepStore {

  /** Up to {@code limit} live batches that have nothing in motion and are not ended yet. */
  List<Long> done(int limit);

  /**
   * Repairs what a crash between two transactions leaves behind: frees work of sessions that no
   * longer exist, makes PENDING batches with owned work RUNNING, and hides batches whose submitter
   * is gone.
   */
  void repair();

  /**
   * Of these batches, the live ones that have nothing in motion and count fewer settled items than
   * they have: rows of theirs were lost. Batches that are being reopened are left out.
   */
  List<UnsettledBatch> unsettled(Collection<Long> batches);

  /**
   * Puts the items of a live batch that have no outcome back in motion, under the batch's lock, if
   * it has nothing in motion and counts fewer settled items than it has. Its counters are
   * corrected.
   *
   * @param node the name to record in the history
   * @return the number of items; 0 if none was in no place
   */
  int rebuild(long batch, String node);

  /** Up to {@code limit} batches that may run, although their budgets are used up. */
  List<Long> beyondBudget(int limit);

  /** Up to {@code limit} live batches past their deadline that are not STOPPING. */
  List<Long> overdue(int limit);

  /** Up to {@code limit} STOPPING batches with unowned work. */
  List<Long> stopping(int limit);

  /**
   * Ends up to about {@code most} unowned items of a STOPPING batch as CANCELLED, under the batch's
   * lock.
   *
   * @return whether to continue: unowned items are left, and others have not locked all of them
   */
  boolean cancelUnowned(long batch, int most);

  /**
   * The job types that have unowned chunks that are due, and that no session works on whose expiry
   * has not passed, in order.
   */
  List<String> unserved();

  /** The number of parked items of all batches, owned or not, counted up to {@code most}. */
  int parked(int most);

  /**
   * Hides up to {@code most} batches that ended more than {@code longerAgo} ago.
   *
   * @return the number hidden
   */
  int hideEnded(Duration longerAgo, int most);

  /**
   * Removes inputs and outputs of batches that ended more than {@code longerAgo} ago, those first
   * that ended first. All else stays. From the first item on, the batch cannot be reopened.
   *
   * @param tenant the only tenant whose batches are meant; null: all tenants
   * @param by recorded in the history
   * @return the number of items, up to {@code most}; if less, only batches that others have locked
   *     are left
   */
  int purgePayloads(Duration longerAgo, @Nullable String tenant, Actor by, int most);

  /**
   * Removes up to about {@code rows} records of hidden batches, and each job row with its last
   * record.
   *
   * @return whether hidden batches are left
   */
  boolean removeHidden(int rows);
}
