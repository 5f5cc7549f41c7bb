package org.batchengine.store;

/**
 * Looks after batches that wait for others. Every rule of {@link BatchStore} holds.
 *
 * <p>A waiting batch has its chunks from the start, held and never due. Whoever may be the last
 * commits first and looks in a new transaction: the end of a batch, a submit. Of two that look
 * after their commit, one sees the other. A look at everything, now and then, finds what nobody
 * came to look at.
 */
public interface WaitStore {

  /**
   * Releases batches that wait for nothing any more: they are due, or start at their time. Cancels
   * those that wait in vain: a batch that was to be COMPLETED is FAILED, CANCELLED or gone. A
   * predecessor that was deleted counts as what it was. What others have locked is left as it is.
   *
   * @param most about how many are released or cancelled
   */
  WaitLook look(WaitScope scope, int most);
}
