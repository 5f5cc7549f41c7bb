package org.batchengine.store;

/**
 * A parked item, owned by a session.
 *
 * @param attempts the attempts made so far
 * @param budgetFrom the attempts made before the item was last reopened: retries count from there;
 *     0 if it never was
 * @param suspect whether it may have crashed its process and must run alone
 */
public record ClaimedItem(
    long batch, String type, int index, int attempts, int budgetFrom, boolean suspect) {}
