package org.batchengine.store;

import java.time.Instant;
import org.batchengine.model.BatchState;

/**
 * Batches that are alike.
 *
 * @param createdAt when they were created: to the quarter of an hour if that is what was asked for,
 *     otherwise the epoch
 * @param batches how many they are
 */
public record BatchGroup(String type, BatchState state, Instant createdAt, long batches) {}
