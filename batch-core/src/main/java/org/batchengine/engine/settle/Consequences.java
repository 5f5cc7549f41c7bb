package org.batchengine.engine.settle;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.loop.Meter;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.model.ItemState;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;

/**
 * What follows from a settlement. For the settler's thread.
 *
 * <ol>
 *   <li>At once: its leases are counted down, retries are noted, listeners and metrics hear of it.
 *   <li>In later passes, one call of the store each, the first that applies: a batch with a
 *       duplicate outcome is paused ({@link Judgements}); batches whose leases ended are looked at,
 *       since they may be done ({@link Endings}); a batch with more failures than it tolerates is
 *       given up, and one whose budget is used up is paused; listeners hear of a batch's progress
 *       ({@link Announcements}).
 * </ol>
 */
public final class Consequences {
  /** How long batches are looked at after a settlement while more verdicts wait. */
  private static final long LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Leases leases;
  private final Endings endings;
  private final Judgements judgements;
  private final Announcements announcements;
  private final Monitor monitor;
  private long looksUntil;

  /** Nothing has been settled yet. */
  public Consequences(
      Leases leases,
      Endings endings,
      Judgements judgements,
      Announcements announcements,
      Monitor monitor) {
    this.leases = leases;
    this.endings = endings;
    this.judgements = judgements;
    this.announcements = announcements;
    this.monitor = monitor;
  }

  /** A settlement was applied, which took the store this long. */
  void of(SettlementGroup group, long took) {
    for (Lease lease : group.applied()) {
      leases.remove(lease);
      endings.lookAt(lease.batch().number());
    }
    group.verdicts().forEach(this::of);
    measure(group.verdicts(), took);
  }

  private void of(ItemVerdict verdict) {
    Parking parking = verdict.parking();
    if (parking != null && !parking.deferred()) {
      leases.dueIn(parking.delay());
    }
    LiveBatch batch = verdict.lease().batch();
    judgements.spent(batch);
    Outcome outcome = verdict.outcome();
    if (outcome != null && outcome.state() == ItemState.FAILED) {
      judgements.failed(batch);
      announcements.failed(verdict, outcome);
    }
    announcements.moved(batch);
  }

  private void measure(List<ItemVerdict> verdicts, long took) {
    Meter meter = monitor.meter();
    if (!meter.isRead()) {
      return;
    }
    List<Meter.Attempt> attempts = attempts(verdicts);
    if (!attempts.isEmpty()) {
      meter.attempted(attempts);
      meter.settled(attempts.size(), took);
    }
  }

  /** The attempts that have ended. Those that are deferred have not: their answers end them. */
  static List<Meter.Attempt> attempts(Collection<ItemVerdict> verdicts) {
    List<Meter.Attempt> attempts = new ArrayList<>(verdicts.size());
    for (ItemVerdict verdict : verdicts) {
      if (verdict.isAttempt() && !verdict.isDeferred()) {
        Outcome outcome = verdict.outcome();
        ItemState state = outcome == null ? ItemState.RETRYING : outcome.state();
        String type = verdict.lease().batch().header().type();
        attempts.add(new Meter.Attempt(type, state, verdict.nanos()));
      }
    }
    return attempts;
  }

  /** An item was settled twice. */
  void duplicate(ItemVerdict verdict) {
    judgements.duplicate(verdict);
  }

  /** For a moment, they come before the next settlement. */
  void haveTheirTurn() {
    looksUntil = monitor.now() + LOOKS_NANOS;
  }

  /** Nanoseconds until what others had locked is tried again. */
  long untilDue() {
    return Math.min(endings.untilDue(), judgements.untilDue());
  }

  /**
   * Makes one call of the store.
   *
   * @param isIdle whether nothing waits to be settled
   * @return false if there is nothing to do
   */
  boolean runOnce(boolean isIdle) {
    if (judgements.pauseOnce()) {
      return true;
    }
    boolean mayLook = isIdle || monitor.now() - looksUntil < 0;
    return (mayLook && endings.runOnce()) || judgements.judgeOnce() || announcements.runOnce();
  }
}
