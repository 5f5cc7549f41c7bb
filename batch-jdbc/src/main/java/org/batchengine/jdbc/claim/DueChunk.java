package org.batchengine.jdbc.claim;

/**
 * An unowned chunk that is due.
 *
 * @param itemBytes mean size of an input
 * @param revision of the batch's settings
 */
record DueChunk(long batch, String type, int from, int to, int lost, int itemBytes, int revision) {}
