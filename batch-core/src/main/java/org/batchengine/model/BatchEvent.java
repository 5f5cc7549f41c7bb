package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Map;

/**
 * Something that happened to a batch. Later versions add kinds, so a switch over events needs a
 * default branch.
 *
 * <pre>{@code
 * if (event instanceof BatchEvent.Ended ended && ended.job().hasFailures()) {
 *   notify(ended.job());
 * }
 * }</pre>
 */
public sealed interface BatchEvent permits KnownEvent {

  /** {@return the id of the batch it happened to} */
  BatchId batchId();

  /** {@return when it happened} */
  Instant at();

  /**
   * Returns everything as a flat map that any JSON library can print: {@code event}, the event's
   * name such as {@code COMPLETED} or {@code ITEM_FAILED}; {@code at}, ISO-8601 text in UTC; {@code
   * items} of a reopened batch; and all keys of {@link BatchJob#toMap()}, or, of an item that
   * failed, of {@link BatchItem#toMap()}; of a deleted batch only {@code batch_id}. The keys are
   * part of the API; later versions may add keys.
   *
   * @return an unmodifiable map
   */
  @JsonValue
  Map<String, Object> toMap();

  /**
   * The batch and all its items are stored.
   *
   * @param job the batch as it was then
   * @param at when it happened
   */
  record Submitted(BatchJob job, Instant at) implements KnownEvent {

    /** Rejects null. */
    public Submitted {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("SUBMITTED", at, job);
    }
  }

  /**
   * The first items were claimed.
   *
   * @param job the batch as it was then
   * @param at when it happened
   */
  record Started(BatchJob job, Instant at) implements KnownEvent {

    /** Rejects null. */
    public Started {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("STARTED", at, job);
    }
  }

  /**
   * Items were settled, or the batch has changed in a way that has no event of its own. Fired at
   * most once a second for a batch, not for each item, while this engine works on it or has a
   * subscription to it.
   *
   * @param job the batch as it was then
   * @param at when it happened
   */
  record Progressed(BatchJob job, Instant at) implements KnownEvent {

    /** Rejects null. */
    public Progressed {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("PROGRESSED", at, job);
    }
  }

  /**
   * The batch was paused; running calls finish.
   *
   * @param job the batch as it was then
   * @param at when it happened
   */
  record Paused(BatchJob job, Instant at) implements KnownEvent {

    /** Rejects null. */
    public Paused {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("PAUSED", at, job);
    }
  }

  /**
   * The batch was resumed after a pause.
   *
   * @param job the batch as it was then
   * @param at when it happened
   */
  record Resumed(BatchJob job, Instant at) implements KnownEvent {

    /** Rejects null. */
    public Resumed {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("RESUMED", at, job);
    }
  }

  /**
   * Failed items of the batch run again; if it had ended, this starts its next {@linkplain
   * BatchJob#run() run}.
   *
   * @param job the batch as it was then
   * @param at when it happened
   * @param items the number of items that run again, at least 1; to a subscription, the number of
   *     items that are not settled yet when the event is read, or 1 if all are
   */
  record Reopened(BatchJob job, Instant at, long items) implements KnownEvent {

    /** Rejects null, and fewer than one item. */
    public Reopened {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
      if (items < 1) {
        throw new IllegalArgumentException("items " + items + " is out of range: at least 1");
      }
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return new FlatMap()
          .put("event", "REOPENED")
          .put("at", at)
          .put("items", items)
          .putAll(job.toMap())
          .toMap();
    }
  }

  /**
   * An item failed for good.
   *
   * @param item the item, with its last error
   * @param at when it happened
   */
  record ItemFailed(BatchItem<String, String> item, Instant at) implements KnownEvent {

    /** Rejects null. */
    public ItemFailed {
      requireNonNull(item, "item");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return item.batchId();
    }

    @Override
    public Map<String, Object> toMap() {
      return new FlatMap().put("event", "ITEM_FAILED").put("at", at).putAll(item.toMap()).toMap();
    }
  }

  /**
   * The batch was deleted, and cannot be found any more.
   *
   * @param batchId the id it had
   * @param at when it happened
   */
  record Deleted(BatchId batchId, Instant at) implements KnownEvent {

    /** Rejects null. */
    public Deleted {
      requireNonNull(batchId, "batchId");
      requireNonNull(at, "at");
    }

    @Override
    public Map<String, Object> toMap() {
      return new FlatMap()
          .put("event", "DELETED")
          .put("at", at)
          .put("batch_id", batchId.toString())
          .toMap();
    }
  }

  /** The batch has ended: it is {@link Completed}, {@link Failed} or {@link Cancelled}. */
  sealed interface Ended extends KnownEvent {

    /** {@return the batch as it ended} */
    BatchJob job();

    /**
     * Returns the event for a batch that has ended.
     *
     * @param job an ended batch
     * @param at when it ended
     * @return the event for its state
     * @throws IllegalArgumentException if it has not ended
     */
    static Ended of(BatchJob job, Instant at) {
      return switch (job.state()) {
        case COMPLETED -> new Completed(job, at);
        case FAILED -> new Failed(job, at);
        case CANCELLED -> new Cancelled(job, at);
        case SUBMITTING, PENDING, RUNNING, PAUSED, STOPPING ->
            throw new IllegalArgumentException(
                "batch " + job.id() + " is " + job.state() + " and has not ended");
      };
    }
  }

  /**
   * Every item is settled.
   *
   * @param job the batch as it ended
   * @param at when it happened
   */
  record Completed(BatchJob job, Instant at) implements Ended {

    /** Rejects null. */
    public Completed {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("COMPLETED", at, job);
    }
  }

  /**
   * The batch itself failed; {@link BatchJob#error()} says why.
   *
   * @param job the batch as it ended
   * @param at when it happened
   */
  record Failed(BatchJob job, Instant at) implements Ended {

    /** Rejects null. */
    public Failed {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("FAILED", at, job);
    }
  }

  /**
   * The batch was cancelled, and its running calls have finished.
   *
   * @param job the batch as it ended
   * @param at when it happened
   */
  record Cancelled(BatchJob job, Instant at) implements Ended {

    /** Rejects null. */
    public Cancelled {
      requireNonNull(job, "job");
      requireNonNull(at, "at");
    }

    @Override
    public BatchId batchId() {
      return job.id();
    }

    @Override
    public Map<String, Object> toMap() {
      return KnownEvent.map("CANCELLED", at, job);
    }
  }
}
