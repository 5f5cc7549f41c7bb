package org.batchengine.store;

import org.batchengine.model.BatchId;

/**
 * A live batch that has nothing in motion, although it counts fewer settled items than it has.
 *
 * @param settled the number of items it counts as settled
 */
public record UnsettledBatch(long number, BatchId id, long settled) {}
