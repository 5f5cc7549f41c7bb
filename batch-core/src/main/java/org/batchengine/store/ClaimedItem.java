package org.batchengine.store;

/**
 * A parked item, owned by a session.
 *
 * @param attempts attempts so far
 * @param budgetFrom attempts when it was opened again, from which retries are counted; else 0
 * @param suspect whether it may have taken its process down, and must run alone
 */
public record ClaimedItem(
    long batch, String type, int index, int attempts, int budgetFrom, boolean suspect) {}
