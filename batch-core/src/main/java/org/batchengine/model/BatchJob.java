package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One batch as it stood at {@link #asOf()}. Rates and shares are ratios from 0 to 1. Two are equal
 * when {@link #toMap()} tells the same of both.
 */
public final class BatchJob {
  private static final double MAX_ETA_SECONDS = 1e11; // 3,000 years

  private final BatchId id;
  private final String type;
  private final String tenant;
  private final @Nullable String submittedBy;
  private final @Nullable String name;
  private final @Nullable String description;
  private final @Nullable String idempotencyKey;
  private final int priority;
  private final String metadata;
  private final int run;
  private final BatchState state;
  private final @Nullable String stateReason;
  private final @Nullable String error;
  private final BatchCounts counts;
  private final double itemsPerSecond;
  private final Instant asOf;
  private final Instant createdAt;
  private final Instant updatedAt;
  private final @Nullable Instant startAt;
  private final @Nullable Instant startedAt;
  private final @Nullable Instant endedAt;
  private final @Nullable Instant deadlineAt;

  private BatchJob(Builder builder) {
    id = builder.id;
    type = builder.type;
    tenant = builder.tenant;
    submittedBy = builder.submittedBy;
    name = builder.name;
    description = builder.description;
    idempotencyKey = builder.idempotencyKey;
    priority = builder.priority;
    metadata = builder.metadata;
    run = builder.run;
    state = builder.state;
    stateReason = builder.stateReason;
    error = builder.error;
    counts = builder.counts;
    itemsPerSecond = builder.itemsPerSecond;
    createdAt = builder.createdAt;
    updatedAt = builder.updatedAt == null ? createdAt : builder.updatedAt;
    asOf = builder.asOf == null ? updatedAt : builder.asOf;
    startAt = builder.startAt;
    startedAt = builder.startedAt;
    endedAt = builder.endedAt;
    deadlineAt = builder.deadlineAt;
  }

  /**
   * Starts the description of a batch, for stores and for tests of hosts. Unless set: tenant {@code
   * "default"}, priority 5, metadata <code>{}</code>, run 1, state {@code PENDING}, no items,
   * created at the epoch.
   *
   * @param id the batch
   * @param type name of its job type
   * @return a builder
   */
  public static Builder builder(BatchId id, String type) {
    return new Builder(id, type);
  }

  /** {@return a builder that holds all of this} */
  public Builder toBuilder() {
    return new Builder(id, type)
        .tenant(tenant)
        .submittedBy(submittedBy)
        .name(name)
        .description(description)
        .idempotencyKey(idempotencyKey)
        .priority(priority)
        .metadata(metadata)
        .run(run)
        .state(state)
        .stateReason(stateReason)
        .error(error)
        .counts(counts)
        .itemsPerSecond(itemsPerSecond)
        .asOf(asOf)
        .createdAt(createdAt)
        .updatedAt(updatedAt)
        .startAt(startAt)
        .startedAt(startedAt)
        .endedAt(endedAt)
        .deadlineAt(deadlineAt);
  }

  /** {@return the identity of the batch} */
  public BatchId id() {
    return id;
  }

  /** {@return the name of its job type} */
  public String type() {
    return type;
  }

  /** {@return the tenant it belongs to; {@code "default"} when none was given} */
  public String tenant() {
    return tenant;
  }

  /** {@return the user it belongs to} */
  public Optional<String> submittedBy() {
    return Optional.ofNullable(submittedBy);
  }

  /** {@return the name that its submitter gave it} */
  public Optional<String> name() {
    return Optional.ofNullable(name);
  }

  /** {@return the description that its submitter gave it} */
  public Optional<String> description() {
    return Optional.ofNullable(description);
  }

  /** {@return the key under which a second submit of the same tenant finds this batch} */
  public Optional<String> idempotencyKey() {
    return Optional.ofNullable(idempotencyKey);
  }

  /** {@return the priority, from 0 to 9, higher first} */
  public int priority() {
    return priority;
  }

  /**
   * {@return the submitter's parameters, a JSON object as text; <code>{}</code> when there are
   * none}
   */
  public String metadata() {
    return metadata;
  }

  /** {@return 1, and one more each time that the ended batch was taken up again} */
  public int run() {
    return run;
  }

  /** {@return where the batch stands} */
  public BatchState state() {
    return state;
  }

  /** {@return why it stands there, as its user or the engine said} */
  public Optional<String> stateReason() {
    return Optional.ofNullable(stateReason);
  }

  /** {@return what went wrong with the batch itself; errors of items are with the items} */
  public Optional<String> error() {
    return Optional.ofNullable(error);
  }

  /** {@return how many items are in which state} */
  public BatchCounts counts() {
    return counts;
  }

  /** {@return whether an item failed for good} */
  public boolean hasFailures() {
    return counts.failed() > 0;
  }

  /** {@return whether the batch has ended} */
  public boolean isTerminal() {
    return state.isTerminal();
  }

  /** {@return whether the batch is {@code COMPLETED} and no item failed} */
  public boolean isSuccess() {
    return state == BatchState.COMPLETED && !hasFailures();
  }

  /**
   * Returns the processed share of all items, from 0 to 1. It stays below 1 until the batch has
   * ended; a batch without items has 1 when it has ended and 0 before.
   *
   * @return {@code processed / total}
   */
  public double progress() {
    double share = counts.total() == 0 ? 1 : (double) counts.processed() / counts.total();
    if (isTerminal()) {
      return share;
    }
    return counts.total() == 0 ? 0 : Math.min(share, Math.nextDown(1.0));
  }

  /** {@return the items processed a second of late; 0 when nothing moves} */
  public double itemsPerSecond() {
    return itemsPerSecond;
  }

  /**
   * {@return the time that the unfinished items take at the recent rate; empty when the batch is
   * not running or nothing moves}
   */
  public Optional<Duration> eta() {
    if (state != BatchState.RUNNING || itemsPerSecond <= 0) {
      return Optional.empty();
    }
    double seconds = counts.unfinished() / itemsPerSecond;
    return seconds > MAX_ETA_SECONDS
        ? Optional.empty()
        : Optional.of(Duration.ofMillis(Math.round(seconds * 1000)));
  }

  /** {@return the instant at which all of this was read} */
  public Instant asOf() {
    return asOf;
  }

  /** {@return when it was submitted} */
  public Instant createdAt() {
    return createdAt;
  }

  /** {@return when its state last changed} */
  public Instant updatedAt() {
    return updatedAt;
  }

  /** {@return the instant before which nothing of it may run} */
  public Optional<Instant> startAt() {
    return Optional.ofNullable(startAt);
  }

  /** {@return when its first item was claimed} */
  public Optional<Instant> startedAt() {
    return Optional.ofNullable(startedAt);
  }

  /** {@return when it ended; empty until then} */
  public Optional<Instant> endedAt() {
    return Optional.ofNullable(endedAt);
  }

  /** {@return the instant at which it is given up if it has not ended} */
  public Optional<Instant> deadlineAt() {
    return Optional.ofNullable(deadlineAt);
  }

  /**
   * {@return the time from its start to its end, or to {@link #asOf()} if it has not ended; zero
   * before its start}
   */
  public Duration wallTime() {
    if (startedAt == null) {
      return Duration.ZERO;
    }
    Duration time = Duration.between(startedAt, endedAt == null ? asOf : endedAt);
    return time.isNegative() ? Duration.ZERO : time;
  }

  /**
   * Returns all of this as a flat map that any JSON library can print: text, numbers and booleans.
   * What is absent has no key. Instants are ISO-8601 text in UTC, durations are seconds, metadata
   * is JSON text.
   *
   * <p>The keys are part of the API; more may be added: {@code batch_id}, {@code type}, {@code
   * tenant}, {@code submitted_by}, {@code name}, {@code description}, {@code idempotency_key},
   * {@code priority}, {@code metadata}, {@code run}, {@code state}, {@code state_reason}, {@code
   * error}, {@code total}, {@code pending}, {@code running}, {@code retrying}, {@code deferred},
   * {@code succeeded}, {@code failed}, {@code skipped}, {@code cancelled}, {@code processed},
   * {@code unfinished}, {@code progress}, {@code success_rate}, {@code failure_rate}, {@code
   * items_per_second}, {@code eta_seconds}, {@code as_of}, {@code created_at}, {@code updated_at},
   * {@code start_at}, {@code started_at}, {@code ended_at}, {@code deadline_at}, {@code
   * wall_time_seconds}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("batch_id", id.toString())
        .put("type", type)
        .put("tenant", tenant)
        .putText("submitted_by", submittedBy())
        .putText("name", name())
        .putText("description", description())
        .putText("idempotency_key", idempotencyKey())
        .put("priority", priority)
        .put("metadata", metadata)
        .put("run", run)
        .put("state", state)
        .putText("state_reason", stateReason())
        .putText("error", error())
        .put("total", counts.total())
        .put("pending", counts.pending())
        .put("running", counts.running())
        .put("retrying", counts.retrying())
        .put("deferred", counts.deferred())
        .put("succeeded", counts.succeeded())
        .put("failed", counts.failed())
        .put("skipped", counts.skipped())
        .put("cancelled", counts.cancelled())
        .put("processed", counts.processed())
        .put("unfinished", counts.unfinished())
        .put("progress", progress())
        .put("success_rate", counts.successRate())
        .put("failure_rate", counts.failureRate())
        .put("items_per_second", itemsPerSecond)
        .putSeconds("eta_seconds", eta())
        .put("as_of", asOf)
        .put("created_at", createdAt)
        .put("updated_at", updatedAt)
        .putInstant("start_at", startAt())
        .putInstant("started_at", startedAt())
        .putInstant("ended_at", endedAt())
        .putInstant("deadline_at", deadlineAt())
        .put("wall_time_seconds", wallTime())
        .toMap();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BatchJob job && toMap().equals(job.toMap());
  }

  @Override
  public int hashCode() {
    return toMap().hashCode();
  }

  /** {@return the batch in short, for logs: no metadata and no error text} */
  @Override
  public String toString() {
    return "BatchJob[id=%s, type=%s, tenant=%s, run=%d, state=%s, processed=%d/%d, failed=%d]"
        .formatted(
            id, type, tenant, run, state, counts.processed(), counts.total(), counts.failed());
  }

  /** Describes a batch. Not safe for several threads. What may be absent takes null. */
  public static final class Builder {
    private static final int DEFAULT_PRIORITY = 5;
    private static final int MAX_PRIORITY = 9;

    private final BatchId id;
    private final String type;
    private String tenant = "default";
    private @Nullable String submittedBy;
    private @Nullable String name;
    private @Nullable String description;
    private @Nullable String idempotencyKey;
    private int priority = DEFAULT_PRIORITY;
    private String metadata = "{}";
    private int run = 1;
    private BatchState state = BatchState.PENDING;
    private @Nullable String stateReason;
    private @Nullable String error;
    private BatchCounts counts = BatchCounts.of(Map.of());
    private double itemsPerSecond;
    private @Nullable Instant asOf;
    private Instant createdAt = Instant.EPOCH;
    private @Nullable Instant updatedAt;
    private @Nullable Instant startAt;
    private @Nullable Instant startedAt;
    private @Nullable Instant endedAt;
    private @Nullable Instant deadlineAt;

    private Builder(BatchId id, String type) {
      this.id = requireNonNull(id, "id");
      this.type = requireNonNull(type, "type");
    }

    /** Sets the tenant; {@code "default"} unless set. */
    public Builder tenant(String tenant) {
      this.tenant = requireNonNull(tenant, "tenant");
      return this;
    }

    /** Sets the user it belongs to. */
    public Builder submittedBy(@Nullable String submittedBy) {
      this.submittedBy = submittedBy;
      return this;
    }

    /** Sets the name. */
    public Builder name(@Nullable String name) {
      this.name = name;
      return this;
    }

    /** Sets the description. */
    public Builder description(@Nullable String description) {
      this.description = description;
      return this;
    }

    /** Sets the idempotency key. */
    public Builder idempotencyKey(@Nullable String idempotencyKey) {
      this.idempotencyKey = idempotencyKey;
      return this;
    }

    /** Sets the priority, from 0 to 9; 5 unless set. */
    public Builder priority(int priority) {
      if (priority < 0 || priority > MAX_PRIORITY) {
        throw new IllegalArgumentException("priority " + priority + " is out of range: 0 to 9");
      }
      this.priority = priority;
      return this;
    }

    /** Sets the metadata, a JSON object as text; <code>{}</code> unless set. */
    public Builder metadata(String metadata) {
      this.metadata = requireNonNull(metadata, "metadata");
      return this;
    }

    /** Sets which run it is in, from 1; 1 unless set. */
    public Builder run(int run) {
      if (run < 1) {
        throw new IllegalArgumentException("run " + run + " is out of range: at least 1");
      }
      this.run = run;
      return this;
    }

    /** Sets the state; {@code PENDING} unless set. */
    public Builder state(BatchState state) {
      this.state = requireNonNull(state, "state");
      return this;
    }

    /** Sets why it is in that state. */
    public Builder stateReason(@Nullable String stateReason) {
      this.stateReason = stateReason;
      return this;
    }

    /** Sets what went wrong with the batch itself. */
    public Builder error(@Nullable String error) {
      this.error = error;
      return this;
    }

    /** Sets the counts; no items unless set. */
    public Builder counts(BatchCounts counts) {
      this.counts = requireNonNull(counts, "counts");
      return this;
    }

    /** Sets the recent rate, at least 0 and finite; 0 unless set. */
    public Builder itemsPerSecond(double itemsPerSecond) {
      if (!(itemsPerSecond >= 0) || Double.isInfinite(itemsPerSecond)) {
        throw new IllegalArgumentException(
            "itemsPerSecond " + itemsPerSecond + " is out of range: at least 0 and finite");
      }
      this.itemsPerSecond = itemsPerSecond;
      return this;
    }

    /** Sets when all of this was read; unless set, when it was updated. */
    public Builder asOf(Instant asOf) {
      this.asOf = requireNonNull(asOf, "asOf");
      return this;
    }

    /** Sets when it was submitted; the epoch unless set. */
    public Builder createdAt(Instant createdAt) {
      this.createdAt = requireNonNull(createdAt, "createdAt");
      return this;
    }

    /** Sets when its state last changed; unless set, when it was created. */
    public Builder updatedAt(Instant updatedAt) {
      this.updatedAt = requireNonNull(updatedAt, "updatedAt");
      return this;
    }

    /** Sets the instant before which nothing of it may run. */
    public Builder startAt(@Nullable Instant startAt) {
      this.startAt = startAt;
      return this;
    }

    /** Sets when its first item was claimed. */
    public Builder startedAt(@Nullable Instant startedAt) {
      this.startedAt = startedAt;
      return this;
    }

    /** Sets when it ended. */
    public Builder endedAt(@Nullable Instant endedAt) {
      this.endedAt = endedAt;
      return this;
    }

    /** Sets the instant at which it is given up. */
    public Builder deadlineAt(@Nullable Instant deadlineAt) {
      this.deadlineAt = deadlineAt;
      return this;
    }

    /** {@return the batch} */
    public BatchJob build() {
      return new BatchJob(this);
    }
  }
}
