package org.batchengine.engine.settle;

import java.util.LinkedHashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongConsumer;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.loop.Events;
import org.batchengine.engine.loop.Later;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.RowsLockedException;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.LockedRow;

/**
 * Gives up batches with more failures than they tolerate, and pauses those whose budget is used up,
 * and those in which an item was settled twice. For the settler's thread, but for {@link #judge}.
 */
public final class Judgements {
  private final BatchStore store;
  private final Leases leases;
  private final Events events;
  private final String node;
  private final LongConsumer stopped;
  private final Monitor monitor;
  private final Set<LiveBatch> toJudge = new LinkedHashSet<>();
  private final Later<LiveBatch> lockedToJudge;
  private final Set<Pause> toPause = new LinkedHashSet<>();
  private final Later<Pause> lockedToPause;

  /** A batch is to be paused, with the reason for a person to read. */
  private record Pause(LiveBatch batch, String reason) {}

  /**
   * There is no batch to judge yet.
   *
   * @param stopped told of each batch that was given up
   */
  public Judgements(
      BatchStore store,
      Leases leases,
      Events events,
      String node,
      LongConsumer stopped,
      Monitor monitor) {
    this.store = store;
    this.leases = leases;
    this.events = events;
    this.node = node;
    this.stopped = stopped;
    this.monitor = monitor;
    lockedToJudge = new Later<>(monitor.nanos());
    lockedToPause = new Later<>(monitor.nanos());
  }

  /** An item of the batch has failed. */
  void failed(LiveBatch batch) {
    if (batch.toleratedFailures().isPresent()) {
      toJudge.add(batch);
    }
  }

  /** Something of the batch was settled, which may have used its budget up. */
  void spent(LiveBatch batch) {
    if (batch.header().budget() != null) {
      toJudge.add(batch);
    }
  }

  /** Judges one batch. False if there is none to judge. */
  boolean judgeOnce() {
    toJudge.addAll(lockedToJudge.take());
    if (toJudge.isEmpty()) {
      return false;
    }
    LiveBatch batch = toJudge.iterator().next();
    toJudge.remove(batch);
    try {
      judge(batch);
    } catch (RowsLockedException e) {
      lockedToJudge.add(batch);
      monitor.locked().met(LockedRow.job(batch.number()));
    } catch (StoreException e) {
      if (e.isTransient()) {
        toJudge.add(batch);
      }
      throw e;
    }
    return true;
  }

  /**
   * Gives the batch up if it has too many failures, or else pauses it if its budget is used up.
   * From any thread.
   */
  void judge(LiveBatch batch) {
    OptionalLong tolerated = batch.toleratedFailures();
    if (tolerated.isPresent()
        && store.settling().failures(batch.number()) > tolerated.getAsLong()
        && store.steering().giveUp(batch.number(), node)) {
      leases.hold(batch.header().id(), LiveBatch.Hold.STOPPED);
      stopped.accept(batch.number());
    } else if (batch.header().budget() != null
        && store.steering().pauseAtBudget(batch.number(), node)) {
      paused(batch.header().id());
    }
  }

  /** Nanoseconds until those that others had locked are judged or paused again. */
  long untilDue() {
    return Math.min(lockedToJudge.untilDue(), lockedToPause.untilDue());
  }

  /** An item was settled twice. */
  void duplicate(ItemVerdict verdict) {
    toPause.add(
        new Pause(
            verdict.lease().batch(),
            "item %d was settled twice, which must never happen; its first outcome was kept. Resume"
                    .formatted(verdict.item().index())
                + " the batch if that outcome is right"));
  }

  /** Pauses one batch. False if there is none to pause. */
  boolean pauseOnce() {
    toPause.addAll(lockedToPause.take());
    if (toPause.isEmpty()) {
      return false;
    }
    Pause next = toPause.iterator().next();
    toPause.remove(next);
    try {
      if (store.steering().pauseAtOnce(next.batch().number(), node, next.reason())) {
        paused(next.batch().header().id());
      }
    } catch (RowsLockedException e) {
      lockedToPause.add(next);
      monitor.locked().met(LockedRow.job(next.batch().number()));
    } catch (StoreException e) {
      if (e.isTransient()) {
        toPause.add(next);
      }
      throw e;
    }
    return true;
  }

  private void paused(BatchId id) {
    leases.hold(id, LiveBatch.Hold.PAUSED);
    if (events.areHeard()) {
      store
          .reading()
          .find(id, null)
          .ifPresent(job -> events.fire(() -> new BatchEvent.Paused(job, job.updatedAt())));
    }
  }
}
