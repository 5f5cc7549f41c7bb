package org.batchengine.store;

import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * The part of a batch that never changes, once it is submitted.
 *
 * @param number names the batch in the store; never used again
 * @param retryPolicy text form of the batch's own policy; null: the type's
 * @param sequential one item at a time over all nodes, in index order
 * @param toleratedFailures how many items may fail before the batch is given up; null: any number
 * @param toleratedRate which share of {@code total} may fail before that, 0 to 1; null: any
 * @param total how many items it has, so far while it is being submitted
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
    String outputFormat,
    boolean sequential,
    @Nullable Long toleratedFailures,
    @Nullable Double toleratedRate,
    long total) {

  @Override
  public String toString() {
    return "BatchHeader[number=%d, id=%s, type=%s, tenant=%s, total=%d]"
        .formatted(number, id, type, tenant, total);
  }
}
