package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.batchengine.limit.Limit;
import org.jspecify.annotations.Nullable;

/**
 * One batch as it was at {@link #asOf()}. Progress and the success and failure rates are ratios
 * from 0 to 1. Two are equal if their {@link #toMap()} is.
 */
public final class BatchJob {
  private static final double SECONDS_PER_MINUTE = 60;
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
  private final @Nullable Duration timeout;
  private final @Nullable Integer chunkSize;
  private final List<String> notifies;
  private final int run;
  private final BatchState state;
  private final @Nullable String stateReason;
  private final int waitsFor;
  private final @Nullable BatchId filledFrom;
  private final boolean filling;
  private final @Nullable Integer rehearses;
  private final @Nullable String error;
  private final BatchCounts counts;
  private final Duration itemTime;
  private final long retries;
  private final Map<String, Measure> measures;
  private final double itemsPerSecond;
  private final Instant asOf;
  private final Instant createdAt;
  private final Instant updatedAt;
  private final @Nullable Instant startAt;
  private final @Nullable Instant startedAt;
  private final @Nullable Instant reopenedAt;
  private final @Nullable Instant retriesDueAt;
  private final @Nullable Instant endedAt;
  private final @Nullable Instant deadlineAt;
  private final @Nullable Budget budget;
  private final @Nullable Limit limit;

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
    timeout = builder.timeout;
    chunkSize = builder.chunkSize;
    notifies = builder.notifies;
    run = builder.run;
    state = builder.state;
    stateReason = builder.stateReason;
    waitsFor = builder.waitsFor;
    filledFrom = builder.filledFrom;
    filling = builder.filling;
    rehearses = builder.rehearses;
    error = builder.error;
    counts = builder.counts;
    itemTime = builder.itemTime;
    retries = builder.retries;
    measures = builder.measures;
    itemsPerSecond = builder.itemsPerSecond;
    createdAt = builder.createdAt;
    updatedAt = builder.updatedAt == null ? createdAt : builder.updatedAt;
    asOf = builder.asOf == null ? updatedAt : builder.asOf;
    startAt = builder.startAt;
    startedAt = builder.startedAt;
    reopenedAt = builder.reopenedAt;
    retriesDueAt = builder.retriesDueAt;
    endedAt = builder.endedAt;
    deadlineAt = builder.deadlineAt;
    budget = builder.budget;
    limit = builder.limit;
  }

  /**
   * Returns a builder of a batch, for stores and for hosts' tests. Defaults: tenant {@code
   * "default"}, priority 5, metadata <code>{}</code>, run 1, state {@code PENDING}, no items,
   * created at the epoch.
   *
   * @param id the batch's id
   * @param type the name of its job type
   * @return a builder
   */
  public static Builder builder(BatchId id, String type) {
    return new Builder(id, type);
  }

  /** {@return a builder with all of this batch's values} */
  public Builder toBuilder() {
    return new Builder(id, type)
        .tenant(tenant)
        .submittedBy(submittedBy)
        .name(name)
        .description(description)
        .idempotencyKey(idempotencyKey)
        .priority(priority)
        .metadata(metadata)
        .timeout(timeout)
        .chunkSize(chunkSize)
        .notifies(notifies)
        .run(run)
        .state(state)
        .stateReason(stateReason)
        .waitsFor(waitsFor)
        .filledFrom(filledFrom)
        .filling(filling)
        .rehearses(rehearses)
        .error(error)
        .counts(counts)
        .itemTime(itemTime)
        .retries(retries)
        .measures(measures)
        .itemsPerSecond(itemsPerSecond)
        .asOf(asOf)
        .createdAt(createdAt)
        .updatedAt(updatedAt)
        .startAt(startAt)
        .startedAt(startedAt)
        .reopenedAt(reopenedAt)
        .retriesDueAt(retriesDueAt)
        .endedAt(endedAt)
        .deadlineAt(deadlineAt)
        .budget(budget)
        .limit(limit);
  }

  /** {@return the batch's id} */
  public BatchId id() {
    return id;
  }

  /** {@return the name of its job type} */
  public String type() {
    return type;
  }

  /** {@return the tenant it belongs to; {@code "default"} if none was set} */
  public String tenant() {
    return tenant;
  }

  /** {@return the user who submitted it} */
  public Optional<String> submittedBy() {
    return Optional.ofNullable(submittedBy);
  }

  /** {@return the name set by its submitter} */
  public Optional<String> name() {
    return Optional.ofNullable(name);
  }

  /** {@return the description set by its submitter} */
  public Optional<String> description() {
    return Optional.ofNullable(description);
  }

  /** {@return the key by which a repeated submit of the same tenant finds this batch} */
  public Optional<String> idempotencyKey() {
    return Optional.ofNullable(idempotencyKey);
  }

  /** {@return the priority, from 0 to 9; higher runs first} */
  public int priority() {
    return priority;
  }

  /**
   * {@return the submitter's parameters, a JSON object as text; <code>{}</code> if there are none}
   */
  public String metadata() {
    return metadata;
  }

  /** {@return its own timeout of a call; empty if it was submitted without one} */
  public Optional<Duration> timeout() {
    return Optional.ofNullable(timeout);
  }

  /** {@return its own maximum of items in a call; empty if it was submitted without one} */
  public Optional<Integer> chunkSize() {
    return Optional.ofNullable(chunkSize);
  }

  /**
   * {@return the names of the job types that are told of its end: those of {@code
   * BatchRequest.notify} first, then those of {@code BatchEngine.Builder.notifyAll} where it was
   * submitted}
   */
  public List<String> notifies() {
    return notifies;
  }

  /** {@return the number of the run: 1, plus 1 each time the ended batch was reopened} */
  public int run() {
    return run;
  }

  /** {@return the batch's state} */
  public BatchState state() {
    return state;
  }

  /**
   * {@return the reason for its state, given by a user or the engine} If there is none and it waits
   * for others, or copies its items from another one, that is the reason.
   */
  public Optional<String> stateReason() {
    if (stateReason == null && waitsFor > 0) {
      return Optional.of("waits for " + waitsFor + (waitsFor == 1 ? " batch" : " batches"));
    }
    if (stateReason == null && filling && state == BatchState.PENDING) {
      return Optional.of("copies its items from batch " + filledFrom);
    }
    return Optional.ofNullable(stateReason);
  }

  /** {@return the number of batches that it still waits for} */
  public int waitsFor() {
    return waitsFor;
  }

  /**
   * {@return the batch that its items were copied from, or will be: that of {@code
   * BatchRequest.ofOutputs} or {@code ofInputs}} It may have been deleted since.
   */
  public Optional<BatchId> filledFrom() {
    return Optional.ofNullable(filledFrom);
  }

  /**
   * {@return whether items of {@link #filledFrom} are still to be copied} Until then {@code total}
   * is the number of those that have been.
   */
  public boolean isFilling() {
    return filling;
  }

  /**
   * {@return how many of its items run first, as a rehearsal that nobody has confirmed yet} Empty
   * if it was submitted without {@code BatchRequest.rehearse}, had no more items than that, was
   * confirmed or is stopped.
   */
  public OptionalInt rehearses() {
    return rehearses == null ? OptionalInt.empty() : OptionalInt.of(rehearses);
  }

  /** {@return what went wrong with the batch itself; item errors are on the items} */
  public Optional<String> error() {
    return Optional.ofNullable(error);
  }

  /** {@return the number of items in each state} */
  public BatchCounts counts() {
    return counts;
  }

  /** {@return whether any item failed for good} */
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
   * Returns the share of all items that are processed, from 0 to 1. It stays below 1 until the
   * batch has ended. For a batch without items it is 0 until the batch has ended, then 1.
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

  /**
   * {@return the measures so far, as an unmodifiable map: one for each name that the batch was
   * submitted with, in that order, and {@code "quality"} last if any item has one}
   */
  public Map<String, Measure> measures() {
    return measures;
  }

  /**
   * {@return how long all processed items took together: the sum of the last attempts of items that
   * were not cancelled; zero until one is processed}
   */
  public Duration itemTime() {
    return itemTime;
  }

  /** {@return the mean of that for a processed item; empty until one is processed} */
  public Optional<Duration> meanItemTime() {
    return counts.processed() == 0
        ? Optional.empty()
        : Optional.of(itemTime.dividedBy(counts.processed()));
  }

  /**
   * {@return the mean quality of the items whose output has one, from 0 to 1; empty if none has}
   */
  public Optional<Double> meanQuality() {
    return Optional.ofNullable(measures.get(Measure.QUALITY))
        .flatMap(Measure::mean)
        .map(BigDecimal::doubleValue);
  }

  /**
   * {@return the number of attempts after the first of all processed items; those lost in a crash
   * do not count}
   */
  public long retries() {
    return retries;
  }

  /**
   * Returns how many items are processed in a minute by the clock: {@code processed / wallTime}.
   *
   * @return the rate of the first run; empty until an item is processed, and of later runs, which
   *     process some of the items only
   */
  public Optional<Double> itemsPerMinute() {
    return run > 1 || counts.processed() == 0 || wallTime().isZero()
        ? Optional.empty()
        : Optional.of(counts.processed() * SECONDS_PER_MINUTE / seconds(wallTime()));
  }

  /**
   * Returns how many items one thread would process in a minute: {@code processed / itemTime}.
   *
   * @return the rate; empty until an item is processed that took any time
   */
  public Optional<Double> itemsPerMinuteOfOneLane() {
    return counts.processed() == 0 || itemTime.isZero()
        ? Optional.empty()
        : Optional.of(counts.processed() * SECONDS_PER_MINUTE / seconds(itemTime));
  }

  private static double seconds(Duration time) {
    return time.getSeconds() + time.getNano() / 1e9;
  }

  /**
   * {@return the number of items recently processed per second; 0 if there is no progress, or
   * nothing that could run now}
   */
  public double itemsPerSecond() {
    return itemsPerSecond;
  }

  /**
   * Returns the time the unfinished items will take at the recent rate, but at least the time until
   * the last of those that wait for a retry is due. If all unfinished items wait for a retry, it is
   * that time. Another failure makes it longer.
   *
   * @return the time from {@link #asOf()}; empty if the batch is not running, or there is no
   *     progress and nothing to wait for
   */
  public Optional<Duration> eta() {
    if (state != BatchState.RUNNING) {
      return Optional.empty();
    }
    Duration untilDue = retriesDueAt == null ? Duration.ZERO : Duration.between(asOf, retriesDueAt);
    if (itemsPerSecond <= 0) {
      boolean waits = counts.unfinished() == counts.retrying();
      return waits && untilDue.compareTo(Duration.ZERO) > 0
          ? Optional.of(untilDue)
          : Optional.empty();
    }
    double seconds = counts.unfinished() / itemsPerSecond;
    if (seconds > MAX_ETA_SECONDS) {
      return Optional.empty();
    }
    Duration atRate = Duration.ofMillis(Math.round(seconds * 1000));
    return Optional.of(atRate.compareTo(untilDue) > 0 ? atRate : untilDue);
  }

  /** {@return when these values were read} */
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

  /** {@return the instant before which none of its items may run} */
  public Optional<Instant> startAt() {
    return Optional.ofNullable(startAt);
  }

  /** {@return when its first item was claimed} */
  public Optional<Instant> startedAt() {
    return Optional.ofNullable(startedAt);
  }

  /** {@return when its current run began; empty in the first, which begins when it is started} */
  public Optional<Instant> reopenedAt() {
    return Optional.ofNullable(reopenedAt);
  }

  /** {@return when the last of the items that wait for a retry is due; empty if none waits} */
  public Optional<Instant> retriesDueAt() {
    return Optional.ofNullable(retriesDueAt);
  }

  /** {@return when it ended; empty until then} */
  public Optional<Instant> endedAt() {
    return Optional.ofNullable(endedAt);
  }

  /** {@return the instant at which it fails if it has not ended} */
  public Optional<Instant> deadlineAt() {
    return Optional.ofNullable(deadlineAt);
  }

  /** {@return the sum of a measure at which it is paused, if there is one} */
  public Optional<Budget> budget() {
    return Optional.ofNullable(budget);
  }

  /** {@return how many of its calls begin and run, if that is limited for this batch} */
  public Optional<Limit> limit() {
    return Optional.ofNullable(limit);
  }

  /**
   * {@return how long its current run has taken: the time from its start, or from when it was
   * reopened, to its end, or to {@link #asOf()} if it has not ended; zero before its start}
   */
  public Duration wallTime() {
    Instant from = reopenedAt == null ? startedAt : reopenedAt;
    if (from == null) {
      return Duration.ZERO;
    }
    Duration time = Duration.between(from, endedAt == null ? asOf : endedAt);
    return time.isNegative() ? Duration.ZERO : time;
  }

  /**
   * Returns everything as a flat map of text, numbers and booleans that any JSON library can print.
   * Absent values have no key. Instants are ISO-8601 text in UTC, durations are seconds, metadata
   * is JSON text.
   *
   * <p>The keys are part of the API; later versions may add keys: {@code batch_id}, {@code type},
   * {@code tenant}, {@code submitted_by}, {@code name}, {@code description}, {@code
   * idempotency_key}, {@code priority}, {@code metadata}, {@code timeout_seconds}, {@code
   * chunk_size}, {@code notifies} with commas between, {@code run}, {@code state}, {@code
   * state_reason}, {@code waits_for}, {@code filled_from}, {@code error}, {@code total}, {@code
   * pending}, {@code running}, {@code retrying}, {@code deferred}, {@code succeeded}, {@code
   * failed}, {@code skipped}, {@code cancelled}, {@code processed}, {@code unfinished}, {@code
   * progress}, {@code success_rate}, {@code failure_rate}, {@code items_per_second}, {@code
   * eta_seconds}, {@code as_of}, {@code created_at}, {@code updated_at}, {@code start_at}, {@code
   * started_at}, {@code reopened_at}, {@code retries_due_at}, {@code ended_at}, {@code
   * deadline_at}, {@code wall_time_seconds}, {@code item_time_seconds}, {@code
   * mean_item_time_seconds}, {@code retries}, {@code items_per_minute}, {@code
   * items_per_minute_of_one_lane}; and for each of the {@link #measures}, such as {@code usd},
   * {@code measure_usd_sum}, {@code measure_usd_items} and {@code measure_usd_mean}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    FlatMap map =
        new FlatMap()
            .put("batch_id", id.toString())
            .put("type", type)
            .put("tenant", tenant)
            .putText("submitted_by", submittedBy())
            .putText("name", name())
            .putText("description", description())
            .putText("idempotency_key", idempotencyKey())
            .put("priority", priority)
            .put("metadata", metadata)
            .putSeconds("timeout_seconds", timeout())
            .putNumber("chunk_size", chunkSize())
            .putText("notifies", notified())
            .put("run", run)
            .put("state", state)
            .putText("state_reason", stateReason())
            .putNumber("waits_for", waitsFor == 0 ? Optional.empty() : Optional.of(waitsFor))
            .putText("filled_from", filledFrom().map(BatchId::toString))
            .putNumber("rehearses", Optional.ofNullable(rehearses))
            .putText("error", error());
    counts.putCounts(map).put("progress", progress());
    counts
        .putRates(map)
        .put("items_per_second", itemsPerSecond)
        .putSeconds("eta_seconds", eta())
        .put("as_of", asOf)
        .put("created_at", createdAt)
        .put("updated_at", updatedAt)
        .putInstant("start_at", startAt())
        .putInstant("started_at", startedAt())
        .putInstant("reopened_at", reopenedAt())
        .putInstant("retries_due_at", retriesDueAt())
        .putInstant("ended_at", endedAt())
        .putInstant("deadline_at", deadlineAt())
        .putText("budget_measure", budget().map(Budget::measure))
        .putNumber("budget_most", budget().map(Budget::most))
        .putText("limit", limit().map(Limit::toString))
        .put("wall_time_seconds", wallTime())
        .put("item_time_seconds", itemTime)
        .putSeconds("mean_item_time_seconds", meanItemTime())
        .put("retries", retries)
        .putNumber("items_per_minute", itemsPerMinute())
        .putNumber("items_per_minute_of_one_lane", itemsPerMinuteOfOneLane());
    measures.forEach(
        (name, measure) ->
            map.put("measure_" + name + "_sum", measure.sum())
                .put("measure_" + name + "_items", measure.items())
                .putNumber("measure_" + name + "_mean", measure.mean()));
    return map.toMap();
  }

  private Optional<String> notified() {
    return notifies.isEmpty() ? Optional.empty() : Optional.of(String.join(",", notifies));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BatchJob job && toMap().equals(job.toMap());
  }

  @Override
  public int hashCode() {
    return toMap().hashCode();
  }

  /** {@return the batch in short form for logs, without metadata or error text} */
  @Override
  public String toString() {
    return "BatchJob[id=%s, type=%s, tenant=%s, run=%d, state=%s, processed=%d/%d, failed=%d]"
        .formatted(
            id, type, tenant, run, state, counts.processed(), counts.total(), counts.failed());
  }

  /** Builds a batch. Not thread-safe. Optional values accept null. */
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
    private @Nullable Duration timeout;
    private @Nullable Integer chunkSize;
    private List<String> notifies = List.of();
    private int run = 1;
    private BatchState state = BatchState.PENDING;
    private @Nullable String stateReason;
    private int waitsFor;
    private @Nullable BatchId filledFrom;
    private boolean filling;
    private @Nullable Integer rehearses;
    private @Nullable String error;
    private BatchCounts counts = BatchCounts.of(Map.of());
    private Duration itemTime = Duration.ZERO;
    private long retries;
    private Map<String, Measure> measures = Map.of();
    private double itemsPerSecond;
    private @Nullable Instant asOf;
    private Instant createdAt = Instant.EPOCH;
    private @Nullable Instant updatedAt;
    private @Nullable Instant startAt;
    private @Nullable Instant startedAt;
    private @Nullable Instant reopenedAt;
    private @Nullable Instant retriesDueAt;
    private @Nullable Instant endedAt;
    private @Nullable Instant deadlineAt;
    private @Nullable Budget budget;
    private @Nullable Limit limit;

    private Builder(BatchId id, String type) {
      this.id = requireNonNull(id, "id");
      this.type = requireNonNull(type, "type");
    }

    /** Sets the tenant; defaults to {@code "default"}. */
    public Builder tenant(String tenant) {
      this.tenant = requireNonNull(tenant, "tenant");
      return this;
    }

    /** Sets the user who submitted it. */
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

    /** Sets the priority, from 0 to 9; defaults to 5. */
    public Builder priority(int priority) {
      if (priority < 0 || priority > MAX_PRIORITY) {
        throw new IllegalArgumentException("priority " + priority + " is out of range: 0 to 9");
      }
      this.priority = priority;
      return this;
    }

    /** Sets the metadata, a JSON object as text; defaults to <code>{}</code>. */
    public Builder metadata(String metadata) {
      this.metadata = requireNonNull(metadata, "metadata");
      return this;
    }

    /** Sets its own timeout of a call. */
    public Builder timeout(@Nullable Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /** Sets its own maximum of items in a call. */
    public Builder chunkSize(@Nullable Integer chunkSize) {
      this.chunkSize = chunkSize;
      return this;
    }

    /** Sets the names of the job types that are told of its end; defaults to none. */
    public Builder notifies(List<String> notifies) {
      this.notifies = List.copyOf(notifies);
      return this;
    }

    /** Sets the number of the run, at least 1; defaults to 1. */
    public Builder run(int run) {
      if (run < 1) {
        throw new IllegalArgumentException("run " + run + " is out of range: at least 1");
      }
      this.run = run;
      return this;
    }

    /** Sets the state; defaults to {@code PENDING}. */
    public Builder state(BatchState state) {
      this.state = requireNonNull(state, "state");
      return this;
    }

    /** Sets the reason for its state. */
    public Builder stateReason(@Nullable String stateReason) {
      this.stateReason = stateReason;
      return this;
    }

    /** Sets the number of batches that it waits for, at least 0; defaults to 0. */
    public Builder waitsFor(int batches) {
      if (batches < 0) {
        throw new IllegalArgumentException("waitsFor " + batches + " is out of range: at least 0");
      }
      this.waitsFor = batches;
      return this;
    }

    /** Sets the batch that its items are copied from; defaults to none. */
    public Builder filledFrom(@Nullable BatchId batch) {
      this.filledFrom = batch;
      return this;
    }

    /** Sets whether items are still to be copied; defaults to false. */
    public Builder filling(boolean filling) {
      this.filling = filling;
      return this;
    }

    /** Sets how many of its items run first, until somebody confirms that. */
    public Builder rehearses(@Nullable Integer items) {
      this.rehearses = items;
      return this;
    }

    /** Sets what went wrong with the batch itself. */
    public Builder error(@Nullable String error) {
      this.error = error;
      return this;
    }

    /** Sets the counts; defaults to no items. */
    public Builder counts(BatchCounts counts) {
      this.counts = requireNonNull(counts, "counts");
      return this;
    }

    /** Sets how long all processed items took together; defaults to zero. */
    public Builder itemTime(Duration itemTime) {
      this.itemTime = requireNonNull(itemTime, "itemTime");
      return this;
    }

    /** Sets the number of retries of all processed items; defaults to 0. */
    public Builder retries(long retries) {
      this.retries = retries;
      return this;
    }

    /** Sets the measures by name; none by default. */
    public Builder measures(Map<String, Measure> measures) {
      this.measures = Collections.unmodifiableMap(new LinkedHashMap<>(measures));
      return this;
    }

    /** Sets the recent rate, at least 0 and finite; defaults to 0. */
    public Builder itemsPerSecond(double itemsPerSecond) {
      if (!(itemsPerSecond >= 0) || Double.isInfinite(itemsPerSecond)) {
        throw new IllegalArgumentException(
            "itemsPerSecond " + itemsPerSecond + " is out of range: at least 0 and finite");
      }
      this.itemsPerSecond = itemsPerSecond;
      return this;
    }

    /** Sets when the values were read; defaults to the time of the last update. */
    public Builder asOf(Instant asOf) {
      this.asOf = requireNonNull(asOf, "asOf");
      return this;
    }

    /** Sets when it was submitted; defaults to the epoch. */
    public Builder createdAt(Instant createdAt) {
      this.createdAt = requireNonNull(createdAt, "createdAt");
      return this;
    }

    /** Sets when its state last changed; defaults to the time of creation. */
    public Builder updatedAt(Instant updatedAt) {
      this.updatedAt = requireNonNull(updatedAt, "updatedAt");
      return this;
    }

    /** Sets the instant before which none of its items may run. */
    public Builder startAt(@Nullable Instant startAt) {
      this.startAt = startAt;
      return this;
    }

    /** Sets when its first item was claimed. */
    public Builder startedAt(@Nullable Instant startedAt) {
      this.startedAt = startedAt;
      return this;
    }

    /** Sets when its current run began, if that is not the first. */
    public Builder reopenedAt(@Nullable Instant reopenedAt) {
      this.reopenedAt = reopenedAt;
      return this;
    }

    /** Sets when the last of the items that wait for a retry is due. */
    public Builder retriesDueAt(@Nullable Instant retriesDueAt) {
      this.retriesDueAt = retriesDueAt;
      return this;
    }

    /** Sets when it ended. */
    public Builder endedAt(@Nullable Instant endedAt) {
      this.endedAt = endedAt;
      return this;
    }

    /** Sets the instant at which it fails if it has not ended. */
    public Builder deadlineAt(@Nullable Instant deadlineAt) {
      this.deadlineAt = deadlineAt;
      return this;
    }

    /** Sets the budget; none by default. */
    public Builder budget(@Nullable Budget budget) {
      this.budget = budget;
      return this;
    }

    /** Sets the limit of its calls; none by default. */
    public Builder limit(@Nullable Limit limit) {
      this.limit = limit;
      return this;
    }

    /** {@return the batch} */
    public BatchJob build() {
      return new BatchJob(this);
    }
  }
}
