package org.batchengine.engine.lease;

/**
 * The items of a chunk from an index on are given back. No worker has come to any of them.
 *
 * @param items how many of them are open, and known to be
 */
public record LeaseCut(Lease lease, int at, int items) {}
