package org.batchengine.store;

import java.time.Duration;
import java.util.List;

/** Finds and finishes what no engine has in hand. Every rule of {@link BatchStore} holds. */
public interface SweepStore {

  /** Up to {@code limit} live batches with nothing in motion, which nobody has completed yet. */
  List<Long> done(int limit);

  /**
   * Mends what a death between two transactions leaves behind: frees what sessions own that do not
   * exist, takes PENDING batches with owned work to RUNNING, hides batches whose submitter is gone.
   */
  void repair();

  /** Up to {@code limit} live batches whose deadline has passed and which are not STOPPING. */
  List<Long> overdue(int limit);

  /** Up to {@code limit} STOPPING batches with unowned work. */
  List<Long> stopping(int limit);

  /**
   * Ends items of a STOPPING batch that nobody owns as CANCELLED, about {@code most} of them, under
   * the batch's lock.
   *
   * @return whether to go on: unowned items are left, and not all of them are locked by others
   */
  boolean cancelUnowned(long batch, int most);

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
}
