package org.batchengine.store;

import java.util.List;

/**
 * The work that a session asks for.
 *
 * @param wanted at most one entry per job type; other types are not claimed
 */
public record ClaimRequest(long session, List<Wanted> wanted) {

  /**
   * The work wanted of one job type.
   *
   * @param items the most items to claim, in chunks and parked together, at least 1; a chunk that
   *     was lost before may exceed it
   * @param chunkItems the most items of one chunk, at least 1
   * @param leastItems the fewest items that are worth a claim, at least 1
   */
  public record Wanted(String type, int items, int chunkItems, int leastItems) {}
}
