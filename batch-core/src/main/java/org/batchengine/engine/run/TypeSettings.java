package org.batchengine.engine.run;

import java.time.Duration;
import org.batchengine.engine.lease.LiveBatch;

/**
 * How this engine processes a job type.
 *
 * @param concurrency how many calls run at a time
 * @param itemsPerCall the most items of a call, unless its batch names another number
 * @param mostPerCall the most that a batch may name; 1 if calls have one item each
 * @param isDivisible whether the items of a call might as well be in calls of their own: then a
 *     call gets only what takes a moment, so that workers share the items
 * @param leastClaimed the fewest items of a claim
 * @param mostClaimed the most items of a claim
 * @param timeout how long a call may take, unless its batch names another timeout
 * @param mostTimeout the longest that a batch may name
 */
public record TypeSettings(
    String type,
    int concurrency,
    int itemsPerCall,
    int mostPerCall,
    boolean isDivisible,
    int leastClaimed,
    int mostClaimed,
    Duration timeout,
    Duration mostTimeout) {

  /** {@return the most items of a call with items of the batch} */
  public int itemsPerCall(LiveBatch batch) {
    Integer own = batch.header().chunkSize();
    return own == null ? itemsPerCall : Math.min(own, mostPerCall);
  }

  /** {@return how long a call with items of the batch may take} */
  public Duration timeout(LiveBatch batch) {
    Duration own = batch.header().timeout();
    if (own == null) {
      return timeout;
    }
    return own.compareTo(mostTimeout) > 0 ? mostTimeout : own;
  }
}
