package org.batchengine.memory;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.batchengine.memory.BatchRows.EventKind;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.IllegalTransitionException;
import org.jspecify.annotations.Nullable;

/** Ends batches of which nothing is in motion, and takes those that have ended away. */
final class Ending {
  private final Tables tables;
  private final Halting halting;
  private final BatchViews views;

  Ending(Tables tables, Halting halting, BatchViews views) {
    this.tables = tables;
    this.halting = halting;
    this.views = views;
  }

  Optional<BatchJob> completeIfDone(BatchRows batch) {
    if (!batch.isDone()) {
      return Optional.empty();
    }
    Instant now = tables.now();
    end(batch, now);
    BatchJob job = views.job(batch);
    if (batch.removeAtEnd) {
      hide(batch, null);
    }
    return Optional.of(job);
  }

  private void end(BatchRows batch, Instant now) {
    if (batch.startedAt == null) {
      batch.startedAt = now;
    }
    if (batch.state == BatchState.STOPPING) {
      tables.end(batch, requireNonNull(batch.stoppingTo, "stoppingTo"));
    } else if (batch.tooManyFailures() != null) {
      batch.error = batch.tooManyFailures();
      batch.reason = batch.error;
      tables.end(batch, BatchState.FAILED);
    } else {
      batch.reason = null;
      tables.end(batch, BatchState.COMPLETED);
    }
    batch.progress.clear();
    batch.failedBefore.clear();
  }

  boolean hide(BatchId id, @Nullable String tenant, String actor) {
    BatchRows batch = tables.find(id, tenant);
    if (batch == null) {
      return false;
    }
    if (!batch.state.isTerminal()) {
      throw new IllegalTransitionException(
          id, batch.state, "only an ended batch can be deleted; cancel it first");
    }
    hide(batch, actor);
    return true;
  }

  private void hide(BatchRows batch, @Nullable String actor) {
    batch.tell(EventKind.DELETED, actor, null, tables.now());
    tables.hide(batch);
  }

  int removeSubmittedBy(String owner, @Nullable String tenant, String actor, int most) {
    List<BatchRows> found =
        tables.batches.values().stream()
            .filter(batch -> !batch.hidden && !batch.removeAtEnd)
            .filter(batch -> owner.equals(batch.submitted.submittedBy()))
            .filter(batch -> tenant == null || tenant.equals(batch.submitted.tenant()))
            .limit(most)
            .toList();
    found.forEach(batch -> remove(batch, actor));
    return found.size();
  }

  /** Of a batch that is still being submitted nothing was begun: it goes at once as well. */
  private void remove(BatchRows batch, String actor) {
    if (batch.state.isTerminal() || batch.state == BatchState.SUBMITTING) {
      hide(batch, actor);
    } else {
      halting.stopToRemove(batch, actor);
    }
  }

  int hideEnded(Duration longerAgo, int most) {
    Instant before = tables.now().minus(longerAgo);
    List<BatchRows> found =
        tables.batches.values().stream()
            .filter(batch -> !batch.hidden && batch.state.isTerminal())
            .filter(batch -> batch.endedAt != null && batch.endedAt.isBefore(before))
            .limit(most)
            .toList();
    found.forEach(batch -> hide(batch, null));
    return found.size();
  }
}
