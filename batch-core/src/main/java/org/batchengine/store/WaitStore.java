package org.batchengine.store;

import java.util.List;

/**
 * Looks after batches that wait for others, and those that are made of others. Every rule of {@link
 * BatchStore} holds.
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

  /** Batches that are made of others, are PENDING and wait for nothing, without a lock. */
  List<Long> toFill(int most);

  /**
   * Copies the next items of a batch that is made of another one. With the last of them it can be
   * claimed. Until then it has items, but nothing in motion, and does not end. It begins again
   * where the last call ended, on whichever node.
   *
   * <p>It is given up if the other batch was deleted before the first call, if its payloads were
   * purged, or if an item is too large.
   *
   * @param most how many items of the other batch are looked at
   * @param bytes about how many bytes of payloads are copied
   */
  FillStep fill(long batch, int most, long bytes);
}
