package org.batchengine.store;

import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * The part of a batch that never changes.
 *
 * @param number names the batch in the store; never used again
 * @param retryPolicy text form of the batch's own policy; null: the type's
 */
public record BatchHeader(
    long number,
    BatchId id,
    String type,
    String tenant,
    @Nullable String submittedBy,
    int priority,
    String metadata,
    @Nullable String retryPolicy,
    String inputFormat,
    String outputFormat) {}
