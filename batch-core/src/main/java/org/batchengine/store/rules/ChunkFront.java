package org.batchengine.store.rules;

/** The front of a chunk, which a claim takes; the rest becomes a chunk of its own. */
public final class ChunkFront {
  /** The most chunks of one claim. */
  public static final int MOST_CHUNKS = 16;

  /** The most bytes of input in a front; with large inputs it has fewer items than wanted. */
  private static final long MOST_BYTES = 8L << 20;

  private ChunkFront() {}

  /**
   * Returns where the front of the chunk {@code [from, to)} ends. It has at least one item. A chunk
   * that was lost before is taken whole, so that its losses count for all of it.
   *
   * @param lost how often the chunk was lost
   * @param most the largest number of items, at least 1
   * @param itemBytes the mean size of an input, in bytes
   */
  public static int end(int from, int to, int lost, int most, long itemBytes) {
    if (lost > 0) {
      return to;
    }
    long fit = Math.max(1, MOST_BYTES / Math.max(1, itemBytes));
    return (int) Math.min(to, from + Math.min(most, fit));
  }
}
