package org.batchengine.jdbc.table;

/**
 * How tables of items name an item in one number: that of its batch in the upper bits, its index in
 * the lower 31. The items of a batch are a range.
 */
public final class ItemIds {
  private static final int INDEX_BITS = 31;

  private ItemIds() {}

  /** The id of an item. */
  public static long of(long batch, int index) {
    return (batch << INDEX_BITS) + index;
  }

  /** The id of the batch's first item. */
  public static long first(long batch) {
    return of(batch, 0);
  }

  /** The id after the batch's last possible item. */
  public static long end(long batch) {
    return of(batch + 1, 0);
  }

  /** The number of the item's batch. */
  public static long batch(long itemId) {
    return itemId >> INDEX_BITS;
  }

  /** The index of the item in its batch. */
  public static int index(long itemId) {
    return (int) (itemId & Integer.MAX_VALUE);
  }
}
