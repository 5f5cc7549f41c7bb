package org.batchengine.jdbc.claim;

/**
 * An unowned chunk that is due.
 *
 * @param itemBytes mean size of an input
 */
record DueChunk(long batch, String type, int from, int to, int lost, int itemBytes) {}
