package org.batchengine.store;

/**
 * The items {@code [from, to)} of a batch, owned by a session.
 *
 * @param lost how often a session died while owning it
 */
public record ClaimedChunk(long batch, String type, int from, int to, int lost) {}
