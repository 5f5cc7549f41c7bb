package org.batchengine.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.batchengine.limit.Limit;
import org.batchengine.model.BatchId;
import org.batchengine.model.Budget;
import org.batchengine.store.Actor;
import org.batchengine.store.Fill;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Predecessors;
import org.batchengine.store.Rehearsal;

/** Describes a batch; each has an id of its own. */
final class NewBatches {
  private final BatchId id;
  private String type = "annotate";
  private String tenant = "default";
  private String submittedBy;
  private String name;
  private String description;
  private String idempotencyKey;
  private int priority = 5;
  private String metadata = "{}";
  private Instant startAt;
  private String retryPolicy;
  private Duration timeout;
  private Integer chunkSize;
  private boolean sequential;
  private Rehearsal rehearsal;
  private Long toleratedFailures;
  private Double toleratedRate;
  private Duration deadline;
  private Budget budget;
  private Limit limit;
  private String measures;
  private String notified;
  private String inputFormat = "text";
  private Fill fill;
  private Predecessors after = Predecessors.NONE;

  private NewBatches(BatchId id) {
    this.id = id;
  }

  static NewBatches any() {
    return withId(BatchId.of(UUID.randomUUID()));
  }

  static NewBatches withId(BatchId id) {
    return new NewBatches(id);
  }

  /** Who does it, on a node. */
  static Actor by(String user) {
    return new Actor(user, "paris");
  }

  /** Items without a key, with inputs {@code input-0} and on. */
  static List<NewItem> items(int count) {
    return IntStream.range(0, count).mapToObj(i -> new NewItem(null, "input-" + i)).toList();
  }

  NewBatches type(String type) {
    this.type = type;
    return this;
  }

  NewBatches tenant(String tenant) {
    this.tenant = tenant;
    return this;
  }

  NewBatches submittedBy(String submittedBy) {
    this.submittedBy = submittedBy;
    return this;
  }

  NewBatches name(String name) {
    this.name = name;
    return this;
  }

  NewBatches description(String description) {
    this.description = description;
    return this;
  }

  NewBatches idempotencyKey(String idempotencyKey) {
    this.idempotencyKey = idempotencyKey;
    return this;
  }

  NewBatches priority(int priority) {
    this.priority = priority;
    return this;
  }

  NewBatches metadata(String metadata) {
    this.metadata = metadata;
    return this;
  }

  NewBatches startAt(Instant startAt) {
    this.startAt = startAt;
    return this;
  }

  NewBatches retryPolicy(String retryPolicy) {
    this.retryPolicy = retryPolicy;
    return this;
  }

  NewBatches timeout(Duration perCall) {
    timeout = perCall;
    return this;
  }

  NewBatches chunkSize(int most) {
    chunkSize = most;
    return this;
  }

  NewBatches sequential() {
    sequential = true;
    return this;
  }

  NewBatches rehearse(int items) {
    rehearsal = new Rehearsal(items, false);
    return this;
  }

  NewBatches rehearseAtRandom(int items) {
    rehearsal = new Rehearsal(items, true);
    return this;
  }

  NewBatches tolerateFailures(long failures) {
    toleratedFailures = failures;
    return this;
  }

  NewBatches tolerateFailureRate(double rate) {
    toleratedRate = rate;
    return this;
  }

  NewBatches measures(String names) {
    measures = names;
    return this;
  }

  NewBatches notified(String types) {
    notified = types;
    return this;
  }

  NewBatches after(BatchId... completed) {
    return after(new Predecessors(List.of(completed), List.of(), false));
  }

  NewBatches afterEnd(BatchId... ended) {
    return after(new Predecessors(List.of(), List.of(ended), false));
  }

  NewBatches inputFormat(String format) {
    inputFormat = format;
    return this;
  }

  NewBatches fill(Fill items) {
    fill = items;
    return this;
  }

  NewBatches after(Predecessors batches) {
    after = batches;
    return this;
  }

  NewBatches budget(Budget most) {
    budget = most;
    return this;
  }

  NewBatches deadline(Duration afterDue) {
    deadline = afterDue;
    return this;
  }

  NewBatches limit(Limit limit) {
    this.limit = limit;
    return this;
  }

  NewBatch build() {
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
        "text",
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
        by(submittedBy));
  }
}
