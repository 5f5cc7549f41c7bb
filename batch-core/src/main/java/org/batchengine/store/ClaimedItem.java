package org.batchengine.store;

/**
 * A parked item, owned by a session.
 *
 * @param attempts the attempts made so far
 * @param budgetFrom the attempts that use up no retry: those before the item was last reopened, and
 *     those that were put off since; 0 if it never was
 * @param suspect whether it may have crashed its process and must run alone
 * @param measured what it was measured at so far
 */
public record ClaimedItem(
    long batch,
    String type,
    int index,
    int attempts,
    int budgetFrom,
    boolean suspect,
    Measured measured) {

  /** An item that was not measured yet. */
  public ClaimedItem(
      long batch, String type, int index, int attempts, int budgetFrom, boolean suspect) {
    this(batch, type, index, attempts, budgetFrom, suspect, Measured.NONE);
  }
}
