package org.batchengine.memory;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.batchengine.memory.BatchRows.EventKind;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.Kind;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.FailedItems;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.Steering;
import org.jspecify.annotations.Nullable;

/** Takes failed items up again. */
final class Reopening {
  private final Tables tables;

  Reopening(Tables tables) {
    this.tables = tables;
  }

  StateChange retryFailed(BatchRows batch, Steering steering, FailedItems which) {
    boolean ended = batch.state.isTerminal();
    if (!ended && !batch.canStop()) {
      return Halting.unchanged(batch);
    }
    List<Integer> chosen =
        IntStream.range(0, batch.items.size())
            .filter(index -> isChosen(batch, index, which))
            .boxed()
            .toList();
    if (chosen.isEmpty()) {
      return Halting.unchanged(batch);
    }
    BatchState before = batch.state;
    Instant now = tables.now();
    chosen.forEach(index -> park(batch, index, now));
    if (ended) {
      reopen(batch, now);
    } else {
      batch.progressOf(Tables.NO_SESSION).count(ItemState.FAILED, -chosen.size());
    }
    batch.tell(EventKind.REOPENED, steering.actor(), steering.reason(), now);
    return new StateChange(batch.submitted.id(), true, before, batch.state, chosen.size());
  }

  private static boolean isChosen(BatchRows batch, int index, FailedItems which) {
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

  /** From its outcome, which goes, to where retries wait. */
  private void park(BatchRows batch, int index, Instant now) {
    OutcomeRow outcome = batch.outcomes.set(index, null);
    if (outcome == null) {
      throw new IllegalStateException("item " + index + " of batch " + batch.number + " is open");
    }
    int attempts = outcome.attempts();
    ParkedRow parked =
        new ParkedRow(batch, index, batch.submitted.priority(), Kind.RETRY, attempts, now);
    parked.budgetFrom = attempts;
    batch.failedBefore.remove(index);
    tables.add(parked);
  }

  /** A new run: what stands is counted at once, and what failed before is no failure of it. */
  private void reopen(BatchRows batch, Instant now) {
    tables.change(batch, BatchState.RUNNING);
    tables.live.put(batch.number, batch);
    batch.run++;
    batch.reason = null;
    batch.error = null;
    batch.endedAt = null;
    batch.stoppingTo = null;
    batch.stopForced = false;
    batch.deadlineAt = batch.deadlineFrom(now);
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
