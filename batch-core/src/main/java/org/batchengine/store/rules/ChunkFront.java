package org.batchengine.store.rules;

/** The front of a chunk, which a claim takes; the rest becomes a chunk of its own. */
public final class ChunkFront {
  /** The most chunks of one claim. */
  public static final int MOST_CHUNKS = 16;

  /** Bytes of input that a front may hold: of large inputs it has fewer items than are wanted. */
  private static final long MOST_BYTES = 8L << 20;

  private ChunkFront() {}

  /**
   * Returns where the front of the chunk {@code [from, to)} ends. It has one item at least; a chunk
   * that was lost before is its own front, so that its losses are counted for all of it.
   *
   * @param lost how often the chunk was lost
   * @param most items of the front, at least 1
   * @param itemBytes mean bytes of an input
   */
  public static int end(int from, int to, int lost, int most, long itemBytes) {
    if (lost > 0) {
      return to;
    }
    long fit = Math.max(1, MOST_BYTES / Math.max(1, itemBytes));
    return (int) Math.min(to, from + Math.min(most, fit));
  }
}
