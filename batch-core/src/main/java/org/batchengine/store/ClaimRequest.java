package org.batchengine.store;

import java.util.List;

/**
 * What a session wants to own.
 *
 * @param wanted at most one entry a job type; types that are not named are not claimed
 */
public record ClaimRequest(long session, List<Wanted> wanted) {

  /**
   * What is wanted of a type.
   *
   * @param items most items of all its chunks and parked items together, at least 1; a chunk that
   *     was lost before may exceed it
   * @param chunkItems most items of one chunk, at least 1
   * @param leastItems how many items are worth a claim of their own, at least 1
   */
  public record Wanted(String type, int items, int chunkItems, int leastItems) {}
}
