package org.batchengine.store;

import java.time.Duration;
import java.time.Instant;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchId;
import org.batchengine.model.Budget;
import org.jspecify.annotations.Nullable;

/**
 * A batch to submit, already checked by the engine.
 *
 * @param metadata a JSON object as text
 * @param startAt the earliest time at which it can be claimed; null: at once
 * @param retryPolicy the batch's own retry policy as text; null: the type's
 * @param timeout how long a call may take, in whole microseconds; null: as long as the type's
 * @param chunkSize the most items of a call, if the type's calls have several; null: the type's
 * @param inputFormat the input codec's name for its format, stored for readers
 * @param sequential whether items run one at a time across all nodes, in index order
 * @param rehearsal the items that run first; null: none do
 * @param toleratedFailures how many items may fail; one more, and the batch is given up; null: any
 *     number
 * @param toleratedRate the share of all items that may fail likewise, 0 to 1; null: any
 * @param deadline how long after its due time the batch is given up; null: never
 * @param budget the sum of a measure at which it is paused; null: none
 * @param limit of its calls; null: none
 * @param measures the names of what its items are measured at, separated by commas; null: none
 * @param notified the job types that are told of its end, as {@link NotifiedType#toText}; null:
 *     none
 * @param fill what it is made of, if it is submitted without items; null: the items of the submit
 * @param after the batches that it waits for
 * @param by who submits it, recorded in the history
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
    @Nullable Duration timeout,
    @Nullable Integer chunkSize,
    String inputFormat,
    String outputFormat,
    boolean sequential,
    @Nullable Rehearsal rehearsal,
    @Nullable Long toleratedFailures,
    @Nullable Double toleratedRate,
    @Nullable Duration deadline,
    @Nullable Budget budget,
    @Nullable Limit limit,
    @Nullable String measures,
    @Nullable String notified,
    @Nullable Fill fill,
    Predecessors after,
    Actor by) {

  /** {@return a batch like this one, with an id, a key and a submitter of its own} */
  public NewBatch as(BatchId id, String idempotencyKey, Actor by) {
    return new NewBatch(
        id,
        type,
        tenant,
        submittedBy,
        name,
        description,
        idempotencyKey,
        priority,
        metadata,
        startAt,
        retryPolicy,
        timeout,
        chunkSize,
        inputFormat,
        outputFormat,
        sequential,
        rehearsal,
        toleratedFailures,
        toleratedRate,
        deadline,
        budget,
        limit,
        measures,
        notified,
        fill,
        after,
        by);
  }

  @Override
  public String toString() {
    return "NewBatch[id=" + id + ", type=" + type + ", tenant=" + tenant + "]";
  }
}
