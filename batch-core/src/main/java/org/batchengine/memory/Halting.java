package org.batchengine.memory;

import java.time.Instant;
import java.util.List;
import org.batchengine.memory.BatchRows.EventKind;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.CancelMode;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.store.Steering;
import org.jspecify.annotations.Nullable;

/** Holds batches up, for a time or for good, and ends what nobody owns of those that stop. */
final class Halting {
  private final Tables tables;

  Halting(Tables tables) {
    this.tables = tables;
  }

  StateChange pause(BatchRows batch, Steering steering) {
    if (!batch.isActive()) {
      return unchanged(batch);
    }
    batch.reason = steering.reason();
    return changed(batch, BatchState.PAUSED, EventKind.PAUSED, steering);
  }

  StateChange resume(BatchRows batch, Steering steering) {
    if (batch.state != BatchState.PAUSED) {
      return unchanged(batch);
    }
    batch.reason = null;
    BatchState next = batch.startedAt == null ? BatchState.PENDING : BatchState.RUNNING;
    return changed(batch, next, EventKind.RESUMED, steering);
  }

  private StateChange changed(BatchRows batch, BatchState next, EventKind kind, Steering steering) {
    BatchState before = batch.state;
    tables.change(batch, next);
    batch.tell(kind, steering.actor(), steering.reason(), tables.now());
    return new StateChange(batch.submitted.id(), true, before, next, 0);
  }

  static StateChange unchanged(BatchRows batch) {
    return new StateChange(batch.submitted.id(), false, batch.state, batch.state, 0);
  }

  StateChange cancel(BatchRows batch, Steering steering, CancelMode mode) {
    BatchState before = batch.state;
    boolean forces = mode == CancelMode.FORCED;
    boolean onlyForces = before == BatchState.STOPPING && forces && !batch.stopForced;
    if (!batch.canStop() && !onlyForces) {
      return unchanged(batch);
    }
    if (!onlyForces) {
      stop(batch, BatchState.CANCELLED, steering.reason());
    }
    batch.stopForced = forces;
    batch.updatedAt = tables.now();
    batch.tell(EventKind.CANCELLING, steering.actor(), steering.reason(), tables.now());
    return new StateChange(batch.submitted.id(), true, before, batch.state, 0);
  }

  boolean giveUp(BatchRows batch, String actor) {
    String error =
        batch.isOverdue(tables.now()) ? "the deadline has passed" : batch.tooManyFailures();
    if (error == null || !batch.canStop()) {
      return false;
    }
    stop(batch, BatchState.FAILED, error);
    batch.error = error;
    batch.tell(EventKind.GIVEN_UP, actor, error, tables.now());
    return true;
  }

  private void stop(BatchRows batch, BatchState towards, @Nullable String reason) {
    tables.change(batch, BatchState.STOPPING);
    batch.stoppingTo = towards;
    batch.reason = reason;
  }

  /** An owner's batch goes, whatever it was about to become, and is hidden when it ends. */
  void stopToRemove(BatchRows batch, String actor) {
    if (batch.canStop()) {
      stop(batch, BatchState.CANCELLED, batch.reason);
    }
    batch.error = null;
    batch.stoppingTo = BatchState.CANCELLED;
    batch.removeAtEnd = true;
    batch.tell(EventKind.CANCELLING, actor, null, tables.now());
  }

  /** Whether unowned items are left. */
  boolean cancelUnowned(BatchRows batch, int most) {
    if (batch.state != BatchState.STOPPING) {
      return false;
    }
    Instant now = tables.now();
    int left = most;
    for (ChunkRow chunk : unownedChunks(batch)) {
      if (left <= 0) {
        break;
      }
      left -= cancelFront(chunk, left, now);
    }
    for (ParkedRow parked : unownedParked(batch)) {
      if (left <= 0) {
        break;
      }
      tables.remove(parked);
      cancelItem(batch, parked.index, parked.attempts, now);
      left--;
    }
    return batch.hasUnowned();
  }

  private static List<ChunkRow> unownedChunks(BatchRows batch) {
    return batch.chunks.values().stream().filter(chunk -> chunk.owner == null).toList();
  }

  private static List<ParkedRow> unownedParked(BatchRows batch) {
    return batch.parked.values().stream().filter(parked -> parked.owner == null).toList();
  }

  /** Cancels up to {@code most} items at the front of the chunk; the rest stays as it was. */
  private int cancelFront(ChunkRow chunk, int most, Instant now) {
    BatchRows batch = chunk.batch;
    List<Integer> open = batch.openItems(chunk.index, chunk.to);
    List<Integer> front = open.subList(0, Math.min(most, open.size()));
    front.forEach(index -> cancelItem(batch, index, 0, now));
    tables.remove(chunk);
    if (front.size() < open.size()) {
      int from = open.get(front.size());
      ChunkRow rest =
          new ChunkRow(batch, from, chunk.to, open.size() - front.size(), chunk.dueAt());
      rest.lost = chunk.lost;
      tables.add(rest);
    }
    return front.size();
  }

  private static void cancelItem(BatchRows batch, int index, int attempts, Instant now) {
    batch.outcomes.set(index, OutcomeRow.cancelled(attempts, now));
    batch.progressOf(Tables.NO_SESSION).count(ItemState.CANCELLED);
  }
}
