package org.batchengine.store.rules;

import java.util.List;

/**
 * What becomes of items that are in no place, because rows of motion were lost. Those with failed
 * attempts are parked for a retry that is due now, and their attempts count on; the rest are in
 * chunks again.
 */
public final class LostMotion {
  private LostMotion() {}

  /** {@return chunks that cover the items from {@code first} to before {@code end}} */
  public static List<ChunkBounds> chunks(int first, int end) {
    return ChunkBounds.of(end - first).stream()
        .map(chunk -> new ChunkBounds(first + chunk.from(), first + chunk.to()))
        .toList();
  }

  /**
   * Returns the attempt from which an item's retries are counted. In a later run of the batch it
   * was reopened, but nobody knows after which attempt.
   */
  public static int budgetFrom(int run, int attempts) {
    return run > 1 ? attempts : 0;
  }

  /** {@return the reason given with the event} */
  public static String reason(long items) {
    return "%d unfinished items were in no chunk and not parked, and run again".formatted(items);
  }
}
