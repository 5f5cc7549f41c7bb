package org.batchengine.memory;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.batchengine.feed.EventKind;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.FailedItems;
import org.batchengine.model.StateChange;
import org.batchengine.store.Actor;
import org.batchengine.store.NewSettings;
import org.batchengine.store.SteerStore;
import org.batchengine.store.Steered;
import org.batchengine.store.Steering;
import org.batchengine.store.rules.BatchSettings;
import org.batchengine.store.rules.BudgetUse;
import org.batchengine.store.rules.CancelStep;
import org.batchengine.store.rules.GiveUpReason;
import org.batchengine.store.rules.StateRules;
import org.jspecify.annotations.Nullable;

/** Pauses, resumes, stops, reopens and deletes batches. A call that is too late changes nothing. */
final class MemorySteering implements SteerStore {
  private final MemoryTransactions transactions;

  MemorySteering(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public Optional<StateChange> cancel(Steering steering, CancelMode mode) {
    return steer(steering, (tables, batch) -> cancel(tables, batch, steering, mode));
  }

  private static StateChange cancel(
      Tables tables, BatchRows batch, Steering steering, CancelMode mode) {
    BatchState before = batch.state;
    CancelStep step = CancelStep.of(before, batch.stopForced, mode);
    if (step == CancelStep.NOTHING) {
      return unchanged(batch);
    }
    if (step == CancelStep.STOP) {
      stop(tables, batch, BatchState.CANCELLED, steering.reason());
    }
    batch.stopForced = mode == CancelMode.FORCED;
    batch.updatedAt = tables.now();
    batch.tell(EventKind.CANCELLING, steering.by(), steering.reason(), tables.now());
    return StateRules.changed(steering.batch(), before, batch.state);
  }

  @Override
  public Optional<StateChange> pause(Steering steering) {
    return steer(
        steering,
        (tables, batch) -> {
          if (!StateRules.mayRun(batch.state)) {
            return unchanged(batch);
          }
          batch.reason = steering.reason();
          return changed(tables, batch, BatchState.PAUSED, EventKind.PAUSED, steering);
        });
  }

  @Override
  public boolean pauseAtOnce(long batch, String node, String reason) {
    return transactions.inTransaction(
        tables -> {
          BatchRows found = tables.live.get(batch);
          if (found == null || !StateRules.mayRun(found.state)) {
            return false;
          }
          found.reason = reason;
          tables.change(found, BatchState.PAUSED);
          found.tell(EventKind.PAUSED, node, reason, tables.now());
          return true;
        });
  }

  @Override
  public boolean pauseAtBudget(long batch, String node) {
    return transactions.inTransaction(
        tables -> {
          BatchRows found = tables.live.get(batch);
          if (found == null || !found.isBeyondBudget()) {
            return false;
          }
          found.reason = BudgetUse.REASON;
          tables.change(found, BatchState.PAUSED);
          found.tell(EventKind.PAUSED, node, BudgetUse.REASON, tables.now());
          return true;
        });
  }

  @Override
  public Optional<StateChange> resume(Steering steering) {
    return steer(
        steering,
        (tables, batch) -> {
          if (batch.state != BatchState.PAUSED) {
            return unchanged(batch);
          }
          BudgetUse use = batch.budgetUse();
          if (use != null) {
            use.requireLeft(steering.batch(), batch.state);
          }
          batch.reason = null;
          BatchState next = StateRules.resumed(batch.startedAt != null);
          return changed(tables, batch, next, EventKind.RESUMED, steering);
        });
  }

  @Override
  public Optional<StateChange> retryFailed(Steering steering, FailedItems which) {
    return steer(
        steering, (tables, batch) -> new MemoryReopening(tables, batch).of(steering, which));
  }

  /** All pages come first: then it is one transaction. */
  @Override
  public Optional<StateChange> retryCorrected(
      Steering steering, Iterator<? extends SortedMap<Integer, String>> pages) {
    Optional<StateChange> soFar = Optional.empty();
    try {
      do {
        SortedMap<Integer, String> page = pages.hasNext() ? pages.next() : new TreeMap<>();
        Optional<StateChange> before = soFar;
        soFar =
            steer(
                steering,
                (tables, batch) ->
                    new MemoryReopening(tables, batch).page(steering, page, before.orElse(null)));
      } while (soFar.isPresent() && pages.hasNext());
    } finally {
      // Whoever makes the pages may fail, and then the batch is to end all the same.
      steer(
          steering,
          (tables, batch) -> {
            batch.reopening = false;
            return unchanged(batch);
          });
    }
    return soFar;
  }

  private Optional<StateChange> steer(
      Steering steering, BiFunction<Tables, BatchRows, StateChange> change) {
    return transactions.inTransaction(
        tables ->
            Optional.ofNullable(tables.find(steering.batch(), steering.tenant()))
                .map(batch -> change.apply(tables, batch)));
  }

  private static StateChange unchanged(BatchRows batch) {
    return StateRules.unchanged(batch.submitted.id(), batch.state);
  }

  private static StateChange changed(
      Tables tables, BatchRows batch, BatchState next, EventKind kind, Steering steering) {
    BatchState before = batch.state;
    tables.change(batch, next);
    batch.tell(kind, steering.by(), steering.reason(), tables.now());
    return StateRules.changed(steering.batch(), before, next);
  }

  @Override
  public Optional<StateChange> change(Steering steering, NewSettings settings) {
    return steer(steering, (tables, batch) -> change(tables, batch, steering, settings));
  }

  private static StateChange change(
      Tables tables, BatchRows batch, Steering steering, NewSettings settings) {
    StateRules.requireChangeable(steering.batch(), batch.state);
    BatchSettings before = batch.settings;
    BatchSettings next = before.with(settings, batch.waiting, tables.now());
    if (next.equals(before)) {
      return unchanged(batch);
    }
    tables.change(batch, next);
    batch.tellChange(steering.by(), steering.reason(), before.changesTo(next), tables.now());
    return StateRules.changed(steering.batch(), batch.state, batch.state);
  }

  @Override
  public boolean giveUp(long batch, String node) {
    return transactions.inTransaction(
        tables -> {
          Optional<BatchRows> found =
              Optional.ofNullable(tables.live.get(batch))
                  .filter(rows -> StateRules.canStop(rows.state));
          Optional<String> error = found.flatMap(rows -> whyGivenUp(tables, rows));
          error.ifPresent(why -> giveUp(tables, found.orElseThrow(), node, why));
          return error.isPresent();
        });
  }

  private static Optional<String> whyGivenUp(Tables tables, BatchRows batch) {
    return GiveUpReason.of(batch.isOverdue(tables.now()), batch.tolerance(), batch::failures);
  }

  static void giveUp(Tables tables, BatchRows batch, @Nullable String node, String error) {
    stop(tables, batch, BatchState.FAILED, error);
    batch.error = error;
    batch.tell(EventKind.GIVEN_UP, node, error, tables.now());
  }

  static void stop(Tables tables, BatchRows batch, BatchState towards, @Nullable String reason) {
    batch.waiting = false;
    batch.waits.clear();
    MemoryFilling.end(tables, batch);
    tables.change(batch, BatchState.STOPPING);
    batch.stoppingTo = towards;
    batch.reason = reason;
  }

  @Override
  public List<Steered> steered(Collection<Long> batches) {
    return transactions.inTransaction(
        tables ->
            tables
                .found(batches)
                .filter(batch -> !StateRules.mayRun(batch.state) || batch.revision > 0)
                .map(
                    batch ->
                        new Steered(batch.number, batch.state, batch.stopForced, batch.revision))
                .toList());
  }

  @Override
  public boolean hide(BatchId id, @Nullable String tenant, Actor by) {
    return transactions.inTransaction(
        tables -> {
          BatchRows batch = tables.find(id, tenant);
          if (batch == null) {
            return false;
          }
          StateRules.requireEnded(id, batch.state);
          tables.delete(batch, by);
          return true;
        });
  }

  @Override
  public int removeSubmittedBy(String owner, @Nullable String tenant, Actor by, int most) {
    return transactions.inTransaction(
        tables -> {
          List<BatchRows> found =
              tables.batches.values().stream()
                  .filter(batch -> !batch.hidden && !batch.removeAtEnd)
                  .filter(batch -> owner.equals(batch.submitted.submittedBy()))
                  .filter(batch -> tenant == null || tenant.equals(batch.submitted.tenant()))
                  .limit(most)
                  .toList();
          found.forEach(batch -> remove(tables, batch, by));
          return found.size();
        });
  }

  /** A live one is cancelled, even if it was about to fail, and is hidden when it ends. */
  private static void remove(Tables tables, BatchRows batch, Actor by) {
    if (StateRules.isHiddenAtOnce(batch.state)) {
      tables.delete(batch, by);
      return;
    }
    if (StateRules.canStop(batch.state)) {
      stop(tables, batch, BatchState.CANCELLED, null);
    }
    batch.error = null;
    batch.stoppingTo = BatchState.CANCELLED;
    batch.removeAtEnd = true;
    batch.tell(EventKind.CANCELLING, by, null, tables.now());
  }
}
