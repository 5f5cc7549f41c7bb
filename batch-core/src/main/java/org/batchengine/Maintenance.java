package org.batchengine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchStore;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.Steered;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this engine's session alive, and mends what others left behind.
 *
 * <ul>
 *   <li>Renew: before everything else.
 *   <li>Reap: a session that is expired is taken for dead when it still has the same expiry a
 *       renewal later, and this engine has renewed its own meanwhile. So a database that was away
 *       does not count as everybody's death: the living renew first.
 *   <li>Sweep: end batches that are done and that nobody ended, free what no session owns, remove
 *       what is hidden.
 * </ul>
 */
final class Maintenance {
  private static final Logger log = LoggerFactory.getLogger(Maintenance.class);
  static final Duration SWEEP = Duration.ofSeconds(5);
  private static final int MOST_DONE = 100;
  private static final int REMOVED_AT_ONCE = 10_000;
  private static final int CANCELLED_AT_ONCE = 10_000;
  private static final int HIDDEN_AT_ONCE = 100;
  private static final int MOST_COUNTED = 10_000;

  private final BatchStore store;
  private final Sessions sessions;
  private final Completions completions;
  private final Submitter submitter;
  private final Leases leases;
  private final String node;
  private final @Nullable Duration retention;
  private final Duration pollInterval;
  private final LongSupplier nanos;
  private final Recorders recorders;
  private final Signal signal;
  private final Signal freed;

  private final Map<SessionExpiry, Long> seenExpired = new HashMap<>();
  private final Deque<SessionExpiry> dead = new ArrayDeque<>();
  private final Deque<Long> done = new ArrayDeque<>();
  private final Deque<Long> overdue = new ArrayDeque<>();
  private final Queue<Long> stopping = new ConcurrentLinkedQueue<>();
  private final Set<Long> notStopped = new HashSet<>();
  private volatile boolean working;
  private volatile boolean failed;
  private long pollAt;
  private long sweepAt;
  private boolean repair;
  private boolean retire;
  private boolean hasCancelled;
  private volatile boolean stopped;
  private volatile boolean hidden;
  private boolean count;
  private volatile OptionalInt parked = OptionalInt.empty();

  Maintenance(
      BatchStore store,
      Sessions sessions,
      Completions completions,
      Submitter submitter,
      Leases leases,
      String node,
      @Nullable Duration retention,
      Duration pollInterval,
      LongSupplier nanos,
      Recorders recorders,
      Signal signal,
      Signal freed) {
    this.store = store;
    this.sessions = sessions;
    this.completions = completions;
    this.submitter = submitter;
    this.leases = leases;
    this.node = node;
    this.retention = retention;
    this.pollInterval = pollInterval;
    this.nanos = nanos;
    this.recorders = recorders;
    this.signal = signal;
    this.freed = freed;
    pollAt = nanos.getAsLong();
    sweepAt = pollAt;
  }

  /** From now on dead sessions are reaped and batches swept; before, only the own is renewed. */
  void startWorking() {
    working = true;
  }

  /** The virtual machine has failed: the session is left to lapse, so that others take over. */
  void fail() {
    failed = true;
  }

  /** A batch was hidden: its records are removed without waiting for the next sweep. */
  void removeHiddenSoon() {
    hidden = true;
    signal.raise();
  }

  /** A batch is stopped: what nobody owns of it is cancelled without waiting for the next sweep. */
  void cancelSoon(long batch) {
    toCancel(batch);
    signal.raise();
  }

  private void toCancel(Long batch) {
    if (!stopping.contains(batch)) {
      stopping.add(batch);
    }
  }

  /** Batches were stopped that nobody has named: what is to be cancelled is looked for. */
  void cancelStoppedSoon() {
    stopped = true;
    signal.raise();
  }

  /**
   * Renews if it is time, and makes at most one other change in the store. False when nothing was
   * to be mended.
   */
  boolean runOnce() {
    if (failed) {
      tellWhoWaits();
      return false;
    }
    if (sessions.renewIfDue()) {
      lookAtSteering();
    }
    long now = nanos.getAsLong();
    if (tellWhoWaits()) {
      if (working) {
        lookForExpired(now);
        overdue.addAll(store.sweeping().overdue(MOST_DONE));
        planSweep(now);
      }
      // Last: one that can never be removed must not keep the rest from being done.
      submitter.removeLeft();
      return hasWork();
    } else if (!dead.isEmpty()) {
      reap(dead.remove());
    } else if (!overdue.isEmpty()) {
      giveUp(overdue.remove());
    } else if (!stopping.isEmpty() && !(hasCancelled && hasOtherWork())) {
      hasCancelled = true;
      cancel(stopping.remove());
    } else {
      hasCancelled = false;
      return mend();
    }
    return true;
  }

  /** Makes one of the changes that can wait. */
  private boolean mend() {
    if (!done.isEmpty()) {
      store.settling().completeIfDone(List.of(done.remove())).forEach(completions::ended);
    } else if (stopped) {
      lookForStopped();
    } else if (repair) {
      store.sweeping().repair();
      repair = false;
      done.addAll(store.sweeping().done(MOST_DONE));
      store.sweeping().stopping(MOST_DONE).forEach(this::toCancel);
    } else if (count) {
      count = false;
      parked = OptionalInt.of(store.sweeping().parked(MOST_COUNTED));
    } else if (retire) {
      retire();
    } else if (hidden) {
      hidden = store.sweeping().removeHidden(REMOVED_AT_ONCE);
    } else {
      return false;
    }
    return true;
  }

  /** Else a pass that comes with every poll would never get to it. */
  private boolean hasWork() {
    return !(dead.isEmpty() && overdue.isEmpty() && stopping.isEmpty()) || hasOtherWork();
  }

  /** A long cancel takes turns with it. */
  private boolean hasOtherWork() {
    return !done.isEmpty() || stopped || repair || count || retire || hidden;
  }

  /**
   * What other nodes have paused, resumed or stopped. A batch that stops is gone through again
   * until it has ended: claims and settlements that overlap its cancel leave unowned items behind.
   */
  private void lookAtSteering() {
    Map<LiveBatch, Integer> steersBefore = LiveBatch.steers(leases.batches());
    if (steersBefore.isEmpty() && notStopped.isEmpty()) {
      return;
    }
    Set<Long> asked = new HashSet<>(notStopped);
    steersBefore.keySet().forEach(batch -> asked.add(batch.number()));
    List<Steered> answer = store.steering().steered(asked);
    notStopped.clear();
    for (Steered steered : answer) {
      if (steered.state() == BatchState.STOPPING) {
        notStopped.add(steered.batch());
      }
    }
    notStopped.forEach(this::toCancel);
    LiveBatch.foundHeld(steersBefore, answer);
  }

  private void lookForStopped() {
    stopped = false;
    lookAtSteering();
    List<Long> found = store.sweeping().stopping(MOST_DONE);
    found.forEach(this::toCancel);
    stopped |= found.size() == MOST_DONE;
  }

  private void giveUp(long batch) {
    if (store.steering().giveUp(batch, node)) {
      toCancel(batch);
    }
  }

  private void cancel(long batch) {
    notStopped.add(batch);
    if (store.sweeping().cancelUnowned(batch, CANCELLED_AT_ONCE)) {
      toCancel(batch);
    } else {
      done.add(batch);
    }
  }

  private void retire() {
    Duration keep = Objects.requireNonNull(retention);
    retire = store.sweeping().hideEnded(keep, HIDDEN_AT_ONCE) == HIDDEN_AT_ONCE;
    hidden = true;
  }

  /** Also when this engine has failed: others go on with its work. False if it is not time yet. */
  private boolean tellWhoWaits() {
    long now = nanos.getAsLong();
    if (now - pollAt < 0) {
      return false;
    }
    pollAt = now + pollInterval.toNanos();
    completions.poll();
    return true;
  }

  boolean hasFailed() {
    return failed;
  }

  /** How many items of all batches were parked at the last look, counted up to a bound. */
  OptionalInt parked() {
    return parked;
  }

  /** How long to wait after a pass that found nothing. */
  long idleNanos() {
    long untilPoll = pollAt - nanos.getAsLong();
    return Math.max(1, Math.min(untilPoll, sessions.renewal().toNanos() / 4));
  }

  private void lookForExpired(long now) {
    List<SessionExpiry> expired = store.sessions().expired();
    // Not when it was asked: while a look hung nobody could renew.
    long answered = nanos.getAsLong();
    Set<SessionExpiry> still = new HashSet<>(expired);
    seenExpired.keySet().retainAll(still);
    long renewal = sessions.renewal().toNanos();
    for (SessionExpiry each : expired) {
      long seenAt = seenExpired.computeIfAbsent(each, absent -> answered);
      if (now - seenAt >= renewal && sessions.renewedAt() - seenAt > 0) {
        dead.add(each);
      }
    }
  }

  private void reap(SessionExpiry expired) {
    seenExpired.remove(expired);
    if (store.sessions().reap(expired)) {
      log.info(
          "session {} expired at {}: its engine is gone, and its work is taken over",
          expired.session(),
          expired.expiresAt());
      freed.raise();
    }
  }

  private void planSweep(long now) {
    if (now - sweepAt >= 0) {
      sweepAt = now + SWEEP.toNanos();
      repair = true;
      count = !recorders.areNone();
      hidden = true;
      retire = retention != null;
    }
  }
}
