package org.batchengine.store;

import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * Who steers which batch.
 *
 * @param tenant must be the batch's, if given
 * @param actor who is written to the history
 * @param reason why, for the history and for readers of the batch
 */
public record Steering(
    BatchId batch, @Nullable String tenant, String actor, @Nullable String reason) {}
