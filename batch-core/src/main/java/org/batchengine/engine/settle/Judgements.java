package org.batchengine.engine.settle;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
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
import org.batchengine.model.StateChange;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.LockedRow;
import org.batchengine.store.Steering;

/**
 * Gives up batches with more failures than they tolerate, and pauses those in which an item was
 * settled twice. For the settler's thread.
 */
public final class Judgements {
  private final BatchStore store;
  private final Leases leases;
  private final Events events;
  private final String node;
  private final LongConsumer stopped;
  private final Monitor monitor;
  private final Later<LiveBatch> locked;
  private final Set<LiveBatch> toJudge = new LinkedHashSet<>();

  /** The reason for a person to read, by batch. */
  private final Map<LiveBatch, String> toPause = new LinkedHashMap<>();

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
    locked = new Later<>(monitor.nanos());
  }

  /** An item of the batch has failed. */
  void failed(LiveBatch batch) {
    if (batch.toleratedFailures().isPresent()) {
      toJudge.add(batch);
    }
  }

  /** Gives one batch up if it has too many failures. False if there is none to judge. */
  boolean judgeOnce() {
    toJudge.addAll(locked.take());
    if (toJudge.isEmpty()) {
      return false;
    }
    LiveBatch batch = toJudge.iterator().next();
    toJudge.remove(batch);
    long tolerated = batch.toleratedFailures().orElse(Long.MAX_VALUE);
    try {
      if (store.settling().failures(batch.number()) > tolerated
          && store.steering().giveUp(batch.number(), node)) {
        leases.hold(batch.header().id(), LiveBatch.Hold.STOPPED);
        stopped.accept(batch.number());
      }
    } catch (RowsLockedException e) {
      locked.add(batch);
      monitor.locked().met(LockedRow.job(batch.number()));
    } catch (StoreException e) {
      if (e.isTransient()) {
        toJudge.add(batch);
      }
      throw e;
    }
    return true;
  }

  /** Nanoseconds until those that others had locked are judged again. */
  long untilDue() {
    return locked.untilDue();
  }

  /** An item was settled twice. */
  void duplicate(ItemVerdict verdict) {
    toPause.putIfAbsent(
        verdict.lease().batch(),
        "item %d was settled twice, which must never happen; its first outcome was kept. Resume the"
                .formatted(verdict.item().index())
            + " batch if that outcome is right");
  }

  /** Pauses one batch. False if there is none to pause. */
  boolean pauseOnce() {
    if (toPause.isEmpty()) {
      return false;
    }
    LiveBatch batch = toPause.keySet().iterator().next();
    BatchId id = batch.header().id();
    boolean isPaused =
        store
            .steering()
            .pause(new Steering(id, null, node, toPause.get(batch)))
            .filter(StateChange::changed)
            .isPresent();
    toPause.remove(batch);
    if (isPaused) {
      leases.hold(id, LiveBatch.Hold.PAUSED);
      if (events.areHeard()) {
        store
            .reading()
            .find(id, null)
            .ifPresent(job -> events.fire(() -> new BatchEvent.Paused(job, job.updatedAt())));
      }
    }
    return true;
  }
}
