package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.MemoryFilling.FillRow;
import org.batchengine.memory.MemoryWaiting.WaitRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.Budget;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.Actor;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.InputSize;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.Measured;
import org.batchengine.store.NewBatch;
import org.batchengine.store.NewItem;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.StoredInput;
import org.batchengine.store.rules.BatchSettings;
import org.batchengine.store.rules.BudgetUse;
import org.batchengine.store.rules.HeldChunks;
import org.batchengine.store.rules.StateRules;
import org.batchengine.store.rules.Tolerance;
import org.batchengine.store.rules.Utf8;
import org.jspecify.annotations.Nullable;

/** A batch: its row of the table job, and its rows of the other tables, each by item index. */
final class BatchRows {
  // The job row.
  final long number;
  final NewBatch submitted;
  final Instant createdAt;
  Instant updatedAt;
  @Nullable Instant startedAt;
  @Nullable Instant reopenedAt;
  @Nullable Instant endedAt;
  BatchState state;
  BatchSettings settings;
  int revision;
  @Nullable Long submitter;
  int run = 1;
  @Nullable String reason;
  @Nullable String error;
  @Nullable BatchState stoppingTo;
  boolean stopForced;
  boolean removeAtEnd;
  boolean waiting;

  /** Its items that run first, until somebody confirms that; null: none. */
  @Nullable Rehearsal rehearsal;

  /** Whether failed items are being taken up again, so that it does not end. */
  boolean reopening;

  boolean hidden;
  long inputBytes;
  int largestInput;
  int purged;

  /** When it was last claimed from: a number that grows with each claim. */
  long turn;

  // Records. The lists of items and outcomes are as long as the batch.
  final List<NewItem> items = new ArrayList<>();
  final Map<String, Integer> indexByKey = new HashMap<>();
  final List<@Nullable OutcomeRow> outcomes = new ArrayList<>();
  final NavigableMap<Integer, List<ItemError>> errors = new TreeMap<>();

  /** Inputs that were corrected, oldest first. */
  final NavigableMap<Integer, List<InputRow>> inputs = new TreeMap<>();

  private final EventRows events;

  /** By run. */
  final Map<Integer, String> reports = new HashMap<>();

  /** Of an ended batch. */
  MeasureSums finalSums = MeasureSums.NONE;

  /** Items that failed before the current run and are still FAILED. */
  final Set<Integer> failedBefore = new HashSet<>();

  // Motion.
  final NavigableMap<Integer, ChunkRow> chunks = new TreeMap<>();
  final NavigableMap<Integer, ParkedRow> parked = new TreeMap<>();
  final NavigableMap<Long, ProgressRow> progress = new TreeMap<>();

  /** What it waits for, by the numbers of batches. */
  final Map<Long, WaitRow> waits = new TreeMap<>();

  /** Items of another batch that are still to be copied; null: none. */
  @Nullable FillRow fill;

  BatchRows(
      long number, NewBatch submitted, BatchState state, Instant createdAt, EventRows events) {
    this.events = events;
    this.number = number;
    this.submitted = submitted;
    rehearsal = submitted.rehearsal();
    this.state = state;
    settings = settings(submitted);
    this.createdAt = createdAt;
    this.updatedAt = createdAt;
  }

  private static BatchSettings settings(NewBatch submitted) {
    return new BatchSettings(
        submitted.priority(),
        submitted.retryPolicy(),
        submitted.toleratedFailures(),
        submitted.toleratedRate(),
        submitted.deadline(),
        null,
        submitted.budget(),
        submitted.limit());
  }

  /** When it is given up; null: never, or not known yet. */
  @Nullable Instant deadlineAt() {
    return settings.deadlineAt();
  }

  void deadlineAt(@Nullable Instant at) {
    settings =
        new BatchSettings(
            settings.priority(),
            settings.retryPolicy(),
            settings.toleratedFailures(),
            settings.toleratedRate(),
            settings.deadline(),
            at,
            settings.budget(),
            settings.limit());
  }

  /** Whether the session is still submitting it. */
  boolean isSubmittedBy(long session) {
    return state == BatchState.SUBMITTING && submitter != null && submitter == session;
  }

  /** Only if not sequential: items of sequential batches are claimed one by one. */
  boolean isInQueues() {
    return StateRules.mayRun(state) && !submitted.sequential();
  }

  /** Nothing is in motion, or will be. While items are still arriving, that means nothing. */
  boolean isDone() {
    return state != BatchState.SUBMITTING
        && !waiting
        && !reopening
        && fill == null
        && chunks.isEmpty()
        && parked.isEmpty();
  }

  /** Whether each item of its rehearsal has been tried, so that it is to be paused. */
  boolean isRehearsed() {
    return rehearsal != null
        && StateRules.mayRun(state)
        && !waiting
        && !reopening
        && !isOwned()
        && parked.values().stream().noneMatch(row -> row.attempts == 0);
  }

  boolean isOwned() {
    return motions().anyMatch(motion -> motion.owner != null);
  }

  boolean hasUnowned() {
    return motions().anyMatch(motion -> motion.owner == null);
  }

  Stream<Motion> motions() {
    return Stream.concat(chunks.values().stream(), parked.values().stream());
  }

  /** The number of items that its counters have as settled. */
  long counted() {
    return progress.values().stream()
        .flatMap(row -> row.settled.values().stream())
        .mapToLong(Long::longValue)
        .sum();
  }

  /** The number of items that failed in the current run. */
  long failures() {
    long failed =
        progress.values().stream()
            .mapToLong(row -> row.settled.getOrDefault(ItemState.FAILED, 0L))
            .sum();
    return failed - failedBefore.size();
  }

  boolean isOverdue(Instant now) {
    Instant at = deadlineAt();
    return at != null && !at.isAfter(now);
  }

  Tolerance tolerance() {
    return new Tolerance(settings.toleratedFailures(), settings.toleratedRate(), items.size());
  }

  /** When its items may run; never while it waits for others. */
  Instant dueAt(Instant now) {
    if (waiting) {
      return HeldChunks.NEVER;
    }
    Instant startAt = submitted.startAt();
    return startAt == null || startAt.isBefore(now) ? now : startAt;
  }

  /** When its chunks are due: not before its rehearsal is confirmed. */
  Instant chunksDueAt(Instant now) {
    return rehearsal == null ? dueAt(now) : HeldChunks.NEVER;
  }

  long meanInputBytes() {
    return inputBytes / items.size();
  }

  /** The deadline of a batch due at {@code dueAt}; null: none, or none yet. */
  @Nullable Instant deadlineFrom(Instant dueAt) {
    Duration deadline = settings.deadline();
    return deadline == null || waiting ? null : dueAt.plus(deadline);
  }

  void tell(EventKind kind, Actor by, @Nullable String why, Instant now) {
    events.add(this, kind, by.user(), by.node(), why, null, now);
  }

  /** Tells that somebody has changed it, and what. */
  void tellChange(Actor by, @Nullable String why, String detail, Instant now) {
    events.add(this, EventKind.CHANGED, by.user(), by.node(), why, detail, now);
  }

  /** Tells what the engine did by itself, on whichever node. */
  void tell(EventKind kind, @Nullable String node, @Nullable String why, Instant now) {
    events.add(this, kind, null, node, why, null, now);
  }

  /** Whether the item is still in its chunk: it has neither an outcome nor a parked row. */
  boolean isOpen(int index) {
    return outcomes.get(index) == null && !parked.containsKey(index);
  }

  /** The items of {@code [from, to)} that are still in their chunk. */
  List<Integer> openItems(int from, int to) {
    List<Integer> open = new ArrayList<>();
    for (int index = from; index < to; index++) {
      if (isOpen(index)) {
        open.add(index);
      }
    }
    return open;
  }

  /** The chunk whose range covers the item, if there is one. */
  @Nullable ChunkRow findChunkOf(int index) {
    Map.Entry<Integer, ChunkRow> before = chunks.floorEntry(index);
    return before == null || before.getValue().to <= index ? null : before.getValue();
  }

  ChunkRow chunkOf(int index) {
    ChunkRow chunk = findChunkOf(index);
    if (chunk == null) {
      throw new IllegalStateException("item " + index + " of batch " + number + " has no chunk");
    }
    return chunk;
  }

  ParkedRow parkedOf(int index) {
    ParkedRow row = parked.get(index);
    if (row == null) {
      throw new IllegalStateException("item " + index + " of batch " + number + " is not parked");
    }
    return row;
  }

  /** The failed attempts of the item, oldest first. */
  List<ItemError> errorsOf(int index) {
    return errors.getOrDefault(index, List.of());
  }

  void addError(int index, ItemError error) {
    List<ItemError> all = errors.computeIfAbsent(index, first -> new ArrayList<>(1));
    all.add(error);
    all.sort(Comparator.comparing(ItemError::attempt));
  }

  /** Removes the payloads of up to {@code most} items. */
  int purge(int most) {
    int end = Math.min(items.size(), purged + most);
    int before = purged;
    for (; purged < end; purged++) {
      items.set(purged, new NewItem(items.get(purged).key(), null));
      inputs.remove(purged);
      OutcomeRow outcome = outcomes.get(purged);
      outcomes.set(purged, outcome == null ? null : outcome.withoutOutput());
    }
    return end - before;
  }

  /** Removes items from the end with all their records: up to about {@code most} rows. */
  int removeRecords(int most) {
    int removed = 0;
    while (removed < most && !items.isEmpty()) {
      int last = items.size() - 1;
      removed += 1 + errorsOf(last).size() + (outcomes.get(last) == null ? 0 : 1);
      errors.remove(last);
      inputs.remove(last);
      outcomes.remove(last);
      items.remove(last);
    }
    return removed;
  }

  ProgressRow progressOf(long session) {
    return progress.computeIfAbsent(session, id -> new ProgressRow());
  }

  /** What its items were measured at. */
  MeasureSums sums() {
    return progress.values().stream().map(row -> row.sums).reduce(finalSums, MeasureSums::plus);
  }

  /** How much of its budget it has used up; null: it has none. */
  @Nullable BudgetUse budgetUse() {
    Budget budget = settings.budget();
    return budget == null
        ? null
        : new BudgetUse(
            budget,
            sums().sums().get(BatchHeader.names(submitted.measures()).indexOf(budget.measure())));
  }

  /** Whether it may run, although its budget is used up. */
  boolean isBeyondBudget() {
    BudgetUse use = budgetUse();
    return StateRules.mayRun(state) && use != null && use.isUsedUp();
  }

  BatchHeader header() {
    return new BatchHeader(
        number,
        submitted.id(),
        submitted.type(),
        submitted.tenant(),
        submitted.submittedBy(),
        settings.priority(),
        submitted.metadata(),
        settings.retryPolicy(),
        submitted.timeout(),
        submitted.chunkSize(),
        submitted.inputFormat(),
        submitted.outputFormat(),
        submitted.sequential(),
        settings.toleratedFailures(),
        settings.toleratedRate(),
        items.size(),
        largestInput,
        revision,
        submitted.measures(),
        settings.budget(),
        settings.limit());
  }

  /** The latest input of the item. */
  @Nullable String inputOf(int index) {
    List<InputRow> corrected = inputs.get(index);
    return corrected == null
        ? items.get(index).input()
        : corrected.get(corrected.size() - 1).input();
  }

  InputSize inputSize(int index) {
    String input = items.get(index).input();
    return new InputSize(index, input == null ? 0 : Math.toIntExact(Utf8.length(input)));
  }

  StoredInput input(int index) {
    NewItem item = items.get(index);
    return new StoredInput(number, index, item.key(), inputOf(index));
  }

  /** A settled item. No duration: nobody saw its last attempt end. */
  record OutcomeRow(
      ItemState state,
      int attempts,
      @Nullable String output,
      @Nullable Duration duration,
      @Nullable Double quality,
      @Nullable String reason,
      Instant settledAt,
      Measured measured) {

    static OutcomeRow of(Outcome outcome, Instant settledAt) {
      return new OutcomeRow(
          outcome.state(),
          outcome.attempts(),
          outcome.output(),
          Duration.of(outcome.durationMicros(), ChronoUnit.MICROS),
          outcome.quality(),
          outcome.reason(),
          settledAt,
          outcome.measured().total());
    }

    OutcomeRow withoutOutput() {
      return new OutcomeRow(state, attempts, null, duration, quality, reason, settledAt, measured);
    }

    static OutcomeRow cancelled(int attempts, Measured measured, Instant settledAt) {
      return new OutcomeRow(
          ItemState.CANCELLED, attempts, null, null, null, null, settledAt, measured);
    }

    static OutcomeRow crashed(int attempts, Measured measured, Instant settledAt) {
      return new OutcomeRow(
          ItemState.FAILED, attempts, null, null, null, null, settledAt, measured);
    }
  }

  /** An input that was corrected. */
  record InputRow(int attempt, String input, @Nullable String actor, Instant at) {}

  /** What one session has settled of the batch: counters that readers sum up. */
  static final class ProgressRow {
    final Map<ItemState, Long> settled = new EnumMap<>(ItemState.class);
    MeasureSums sums = MeasureSums.NONE;
    double itemsPerSecond;
    Instant updatedAt = Instant.MIN;

    void count(ItemState state) {
      count(state, 1);
    }

    void count(ItemState state, long items) {
      settled.merge(state, items, Long::sum);
    }
  }
}
