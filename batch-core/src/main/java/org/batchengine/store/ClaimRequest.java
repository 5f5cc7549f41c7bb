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

  /**
   * What is wanted of a type.
   *
   * @param items most items of all its chunks and parked items together, at least 1; a chunk that
   *     was lost before may exceed it
   * @param chunkItems most items of one chunk, at least 1
   */
  public record Wanted(String type, int items, int chunkItems) {}
}
