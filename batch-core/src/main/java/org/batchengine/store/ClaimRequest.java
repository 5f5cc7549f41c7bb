package org.batchengine.store;

import java.util.List;

/**
 * What a session wants to own.
 *
 * @param wanted at most one entry a job type; types that are not named are not claimed
 */
public record ClaimRequest(long session, List<Wanted> wanted) {

  /** Most chunks of one claim. */
  public static final int MOST_CHUNKS = 16;

  /**
   * Mean bytes of input that a chunk may hold: a batch of large inputs is claimed in chunks of
   * fewer items than were asked for, but of one at least.
   */
  public static final long CHUNK_BYTES = 8L << 20;

  /** So many due chunks of a type are plenty: how much is left is asked if they are fewer. */
  public static final int PLENTY_OF_CHUNKS = 64;

  /**
   * What is wanted of a type.
   *
   * @param items most items of all its chunks and parked items together, at least 1; a chunk that
   *     was lost before may exceed it
   * @param chunkItems most items of one chunk, at least 1
   * @param leastItems how many items are worth a claim of their own, at least 1
   */
  public record Wanted(String type, int items, int chunkItems, int leastItems) {

    /**
     * Most items that a claim takes of chunks: what is wanted, but when little is left not more
     * than leaves the other sessions theirs, so that all are busy to the end.
     *
     * @param due items of the chunks that are due; {@link Long#MAX_VALUE} if there are plenty
     */
    public int share(long due, int sessions) {
      return (int) Math.min(items, Math.max(leastItems, (due - 1) / sessions + 1));
    }
  }
}
