package org.batchengine.store;

import java.time.Duration;
import java.util.List;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchId;
import org.batchengine.model.Budget;
import org.jspecify.annotations.Nullable;

/**
 * What engines must know of a batch to run its items. Its settings may be changed while it runs:
 * then {@code revision} grows. All else stays as it was submitted.
 *
 * @param number the store's own id of the batch; never reused
 * @param retryPolicy the batch's own retry policy as text; null: the type's
 * @param timeout how long a call may take, in whole microseconds; null: as long as the type's
 * @param chunkSize the most items of a call, if the type's calls have several; null: the type's
 * @param sequential whether items run one at a time across all nodes, in index order
 * @param toleratedFailures how many items may fail; one more, and the batch is given up; null: any
 *     number
 * @param toleratedRate the share of {@code total} that may fail likewise, 0 to 1; null: any
 * @param total the number of items; while the batch is being submitted, the number so far
 * @param largestInput the size of its largest input in bytes of UTF-8
 * @param revision how often its settings were changed
 * @param measures the names of what its items are measured at, separated by commas; null: none
 * @param budget the sum of a measure at which it is paused; null: none
 * @param limit of its calls; null: none
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
    @Nullable Duration timeout,
    @Nullable Integer chunkSize,
    String inputFormat,
    String outputFormat,
    boolean sequential,
    @Nullable Long toleratedFailures,
    @Nullable Double toleratedRate,
    long total,
    int largestInput,
    int revision,
    @Nullable String measures,
    @Nullable Budget budget,
    @Nullable Limit limit) {

  /** {@return the names of what its items are measured at} */
  public List<String> measureNames() {
    return names(measures);
  }

  /** {@return the names that are stored as a text} */
  public static List<String> names(@Nullable String measures) {
    return measures == null ? List.of() : List.of(measures.split(","));
  }

  @Override
  public String toString() {
    return "BatchHeader[number=%d, id=%s, type=%s, tenant=%s, total=%d]"
        .formatted(number, id, type, tenant, total);
  }
}
