package org.batchengine.store;

import java.time.Duration;
import java.time.Instant;
import org.batchengine.model.BatchId;
import org.jspecify.annotations.Nullable;

/**
 * A batch as it is submitted, checked by the engine.
 *
 * @param metadata a JSON object as text
 * @param startAt not claimable before; null: at once
 * @param retryPolicy text form of the batch's own policy; null: the type's
 * @param inputFormat what the codec of the inputs calls its text, kept for readers
 * @param sequential one item at a time over all nodes, in index order
 * @param toleratedFailures how many items may fail before the batch is given up; null: any number
 * @param toleratedRate which share of all items may fail before that, 0 to 1; null: any
 * @param deadline how long after it is due the batch is given up; null: never
 */
public record NewBatch(
    BatchId id,
    String type,
    String tenant,
    @Nullable String submittedBy,
    @Nullable String name,
    @Nullable String description,
    @Nullable String idempotencyKey,
    int priority,
    String metadata,
    @Nullable Instant startAt,
    @Nullable String retryPolicy,
    String inputFormat,
    String outputFormat,
    boolean sequential,
    @Nullable Long toleratedFailures,
    @Nullable Double toleratedRate,
    @Nullable Duration deadline) {

  @Override
  public String toString() {
    return "NewBatch[id=" + id + ", type=" + type + ", tenant=" + tenant + "]";
  }
}
