package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.BatchRows.InputRow;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.Actor;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.StateRules;
import org.batchengine.store.rules.Utf8;
import org.jspecify.annotations.Nullable;

/** Reopens failed items of one batch, in its transaction. */
final class MemoryReopening {
  private final Tables tables;
  private final BatchRows batch;
  private final Instant now;

  MemoryReopening(Tables tables, BatchRows batch) {
    this.tables = tables;
    this.batch = batch;
    this.now = tables.now();
  }

  StateChange of(Steering steering, FailedItems which) {
    return of(steering, which, Map.of(), true);
  }

  /**
   * A page of items, each with its input. Until the last one the batch does not end, so that all
   * are one run.
   *
   * @param soFar what earlier pages have changed; null: it is the first
   */
  StateChange page(
      Steering steering, SortedMap<Integer, String> page, @Nullable StateChange soFar) {
    boolean isFirst = soFar == null || !soFar.changed();
    StateChange change =
        page.isEmpty()
            ? StateRules.unchanged(steering.batch(), batch.state)
            : of(steering, FailedItems.all(), page, isFirst);
    batch.reopening |= change.changed();
    return soFar == null || !soFar.changed()
        ? change
        : new StateChange(
            soFar.batchId(), true, soFar.before(), soFar.after(), soFar.items() + change.items());
  }

  private StateChange of(
      Steering steering, FailedItems which, Map<Integer, String> corrected, boolean isTold) {
    BatchState before = batch.state;
    StateRules.requireUnpurged(steering.batch(), before, batch.purged);
    List<Integer> chosen =
        StateRules.canReopen(before)
            ? chosen(which).stream()
                .filter(index -> corrected.isEmpty() || corrected.containsKey(index))
                .toList()
            : List.of();
    if (chosen.isEmpty()) {
      return StateRules.unchanged(steering.batch(), before);
    }
    chosen.forEach(this::park);
    if (before.isTerminal()) {
      reopen();
    } else {
      batch.progressOf(Tables.NO_SESSION).count(ItemState.FAILED, -chosen.size());
    }
    if (isTold) {
      batch.tell(EventKind.REOPENED, steering.by(), steering.reason(), now);
    }
    if (!corrected.isEmpty()) {
      chosen.forEach(index -> correct(index, corrected, steering.by()));
      if (isTold) {
        batch.tell(EventKind.CORRECTED, steering.by(), steering.reason(), now);
      }
    }
    return new StateChange(steering.batch(), true, before, batch.state, chosen.size());
  }

  private void correct(int index, Map<Integer, String> corrected, Actor by) {
    String input = Objects.requireNonNull(corrected.get(index));
    batch
        .inputs
        .computeIfAbsent(index, first -> new ArrayList<>())
        .add(new InputRow(batch.parkedOf(index).attempts + 1, input, by.user(), now));
    batch.largestInput = Math.max(batch.largestInput, Math.toIntExact(Utf8.length(input)));
  }

  private List<Integer> chosen(FailedItems which) {
    return IntStream.range(0, batch.items.size())
        .filter(index -> isChosen(index, which))
        .boxed()
        .toList();
  }

  private boolean isChosen(int index, FailedItems which) {
    OutcomeRow outcome = batch.outcomes.get(index);
    if (outcome == null || outcome.state() != ItemState.FAILED) {
      return false;
    }
    List<ItemError> errors = batch.errorsOf(index);
    ItemError last = errors.isEmpty() ? null : errors.get(errors.size() - 1);
    return names(which.indexes(), index)
        && names(which.keys(), batch.items.get(index).key())
        && names(which.types(), last == null ? null : last.type())
        && names(which.fingerprints(), last == null ? null : last.fingerprint());
  }

  private static <T> boolean names(Set<T> named, @Nullable T value) {
    return named.isEmpty() || (value != null && named.contains(value));
  }

  /** Removes its outcome and parks it with the retries. */
  private void park(int index) {
    OutcomeRow outcome = batch.outcomes.set(index, null);
    if (outcome == null) {
      throw new IllegalStateException("item " + index + " of batch " + batch.number + " is open");
    }
    int attempts = outcome.attempts();
    ParkedRow parked =
        new ParkedRow(batch, index, batch.settings.priority(), ParkedKind.RETRY, attempts, now);
    parked.budgetFrom = attempts;
    parked.measured = outcome.measured();
    batch.failedBefore.remove(index);
    tables.add(parked);
  }

  /** A new run: settled items are counted at once; earlier failures do not count against it. */
  private void reopen() {
    tables.change(batch, StateRules.reopened(batch.state));
    tables.live.put(batch.number, batch);
    batch.run++;
    if (!batch.finalSums.isNone()) {
      batch.progressOf(Tables.NO_SESSION).sums = batch.finalSums;
    }
    batch.finalSums = MeasureSums.NONE;
    batch.reason = null;
    batch.error = null;
    batch.endedAt = null;
    batch.reopenedAt = now;
    batch.stopForced = false;
    batch.deadlineAt(batch.deadlineFrom(now));
    for (int index = 0; index < batch.outcomes.size(); index++) {
      OutcomeRow outcome = batch.outcomes.get(index);
      if (outcome != null) {
        batch.progressOf(Tables.NO_SESSION).count(outcome.state());
        if (outcome.state() == ItemState.FAILED) {
          batch.failedBefore.add(index);
        }
      }
    }
  }
}
