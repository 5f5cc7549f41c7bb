package org.batchengine.store.rules;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.batchengine.store.ClaimRequest.Wanted;

/** How the batches of a tenant share what a claim takes of the tenant. */
public final class BatchTurns {
  /** Batches share if they are among this many chunks that have been due longest. */
  public static final int WINDOW = ChunkFront.MOST_CHUNKS;

  private BatchTurns() {}

  /** Whether chunks are of several batches. */
  public static <T> boolean areOfSeveral(List<T> chunks, ToLongFunction<T> batchOf) {
    return chunks.stream().mapToLong(batchOf).distinct().count() > 1;
  }

  /** {@return the first chunk of each batch, in their order} */
  public static <T> List<T> firsts(List<T> chunks, ToLongFunction<T> batchOf) {
    Set<Long> seen = new HashSet<>();
    return chunks.stream().filter(chunk -> seen.add(batchOf.applyAsLong(chunk))).toList();
  }

  /**
   * {@return the most items to take of each batch} No less than what is worth a claim.
   *
   * @param items the most items to take of all
   */
  public static int share(Wanted wanted, int items, int batches) {
    return Math.max(wanted.leastItems(), items / batches + (items % batches == 0 ? 0 : 1));
  }
}
