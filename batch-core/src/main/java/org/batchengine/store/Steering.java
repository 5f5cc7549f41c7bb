package org.batchengine.store;

import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * Which batch to steer, and who steers it.
 *
 * @param tenant if given, must be the batch's
 * @param by who steers it, recorded in the history
 * @param reason the reason, shown in the history and with the batch
 */
public record Steering(BatchId batch, @Nullable String tenant, Actor by, @Nullable String reason) {}
