package org.batchengine.store;

import java.util.List;

/**
 * What became of waiting batches that were looked at.
 *
 * @param released the number of batches that begin, since what they waited for has come
 * @param empty those of them that have no items, and so are done
 * @param cancelled batches that are STOPPING now, since what they waited for cannot come any more
 * @param isMore whether there may be more to do
 */
public record WaitLook(int released, List<Long> empty, List<Long> cancelled, boolean isMore) {
  /** Nothing has changed. */
  public static final WaitLook NOTHING = new WaitLook(0, List.of(), List.of(), false);

  /** Copies the lists. */
  public WaitLook {
    empty = List.copyOf(empty);
    cancelled = List.copyOf(cancelled);
  }
}
