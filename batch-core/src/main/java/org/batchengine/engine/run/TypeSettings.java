package org.batchengine.engine.run;

import java.time.Duration;

/**
 * How this engine processes a job type.
 *
 * @param concurrency how many calls run at a time
 * @param itemsPerCall the most items of a call
 * @param isDivisible whether the items of a call might as well be in calls of their own: then a
 *     call gets only what takes a moment, so that workers share the items
 * @param leastClaimed the fewest items of a claim
 * @param mostClaimed the most items of a claim
 * @param timeout how long a call may take
 */
public record TypeSettings(
    String type,
    int concurrency,
    int itemsPerCall,
    boolean isDivisible,
    int leastClaimed,
    int mostClaimed,
    Duration timeout) {}
