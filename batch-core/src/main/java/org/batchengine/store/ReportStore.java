package org.batchengine.store;

import java.util.List;

/** Reads what reports consist of. Every rule of {@link BatchStore} holds. */
public interface ReportStore {

  /**
   * The items of two batches, side by side: those of a with an index from {@code from} to before
   * {@code to}, each with the item of b that has its key or, if one of the two has no key, its
   * index; and those of b in this range that a does not have. In the order of their indexes.
   */
  List<ItemPair> pairs(BatchHeader a, BatchHeader b, int from, int to);
}
