package org.batchengine.jdbc;

/**
 * How tables of items name an item in one number: that of its batch in the upper bits, its index in
 * the lower 31. The items of a batch are a range.
 */
final class ItemIds {
  /** H2 takes arrays of up to 65,536 elements. */
  static final int MOST_IN_ARRAY = 65_536;

  private static final int INDEX_BITS = 31;

  private ItemIds() {}

  static long of(long batch, int index) {
    return (batch << INDEX_BITS) + index;
  }

  /** The id of the batch's first item. */
  static long first(long batch) {
    return of(batch, 0);
  }

  /** The id after the batch's last possible item. */
  static long end(long batch) {
    return of(batch + 1, 0);
  }

  static long batch(long itemId) {
    return itemId >> INDEX_BITS;
  }

  static int index(long itemId) {
    return (int) (itemId & Integer.MAX_VALUE);
  }
}
