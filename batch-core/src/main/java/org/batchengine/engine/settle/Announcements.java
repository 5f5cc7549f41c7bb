package org.batchengine.engine.settle;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.Events;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ItemError;
import org.batchengine.store.ReadStore;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;

/**
 * Tells listeners of failed items, and about once a second of the progress of each batch. For the
 * settler's thread.
 */
public final class Announcements {
  private final ReadStore store;
  private final Events events;
  private final EngineClock clock;
  private final Set<LiveBatch> toTell = new LinkedHashSet<>();

  /** There is nothing to tell yet. */
  public Announcements(ReadStore store, Events events, EngineClock clock) {
    this.store = store;
    this.events = events;
    this.clock = clock;
  }

  /** An item has failed for good. From any thread. */
  void failed(ItemVerdict verdict, Outcome outcome) {
    if (events.areHeard()) {
      events.fire(() -> itemFailed(verdict, outcome, clock.instants().instant()));
    }
  }

  /** Items of the batch were settled. */
  void moved(LiveBatch batch) {
    if (events.areHeard() && batch.progressIsDue(clock.nanos().getAsLong())) {
      toTell.add(batch);
    }
  }

  /** Tells of the progress of one batch. False if there is none. */
  boolean runOnce() {
    if (toTell.isEmpty()) {
      return false;
    }
    LiveBatch batch = toTell.iterator().next();
    toTell.remove(batch);
    Optional<BatchJob> found = store.find(batch.header().id(), null);
    batch.progressTold(clock.nanos().getAsLong());
    found
        .filter(job -> !job.isTerminal())
        .ifPresent(
            job -> events.fire(() -> new BatchEvent.Progressed(job, clock.instants().instant())));
    return true;
  }

  private static BatchEvent itemFailed(ItemVerdict verdict, Outcome outcome, Instant at) {
    WorkItem item = verdict.item();
    Failure failure = verdict.failure();
    ItemError error = failure == null ? null : failure.error();
    return new BatchEvent.ItemFailed(
        BatchItem.builder(item.batch().header().id(), item.index())
            .key(item.key())
            .state(outcome.state())
            .input(item.input())
            .error(error)
            .attempts(outcome.attempts())
            .retries(outcome.attempts() - 1)
            .duration(Duration.ofNanos(outcome.durationMicros() * 1_000))
            .createdAt(at)
            .settledAt(at)
            .build(),
        at);
  }
}
