package org.batchengine.store;

/**
 * A parked item, owned by a session.
 *
 * @param attempts the attempts made so far
 * @param budgetFrom the attempts that use up no retry: those before the item was last reopened, and
 *     those that were put off since; 0 if it never was
 * @param suspect whether it may have crashed its process and must run alone
 * @param overdue whether it was to be settled from outside and was not, within its bound: its last
 *     attempt has failed, and it is not to be called
 * @param measured what it was measured at so far
 * @param revision of the batch's settings; see {@link BatchHeader}
 */
public record ClaimedItem(
    long batch,
    String type,
    int index,
    int attempts,
    int budgetFrom,
    boolean suspect,
    boolean overdue,
    Measured measured,
    int revision) {

  /** An item to be called that was not measured yet. */
  public ClaimedItem(
      long batch, String type, int index, int attempts, int budgetFrom, boolean suspect) {
    this(batch, type, index, attempts, budgetFrom, suspect, false, Measured.NONE, 0);
  }
}
