package org.batchengine.engine.lease;

import java.time.Duration;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.batchengine.engine.loop.Signal;
import org.batchengine.model.BatchId;
import org.batchengine.store.BatchHeader;

/** The leases that this engine holds, and when its next retries are due. Thread-safe. */
public final class Leases {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  /** When to look for retries: not for each on its own. Long delays can bear more. */
  private static final long SHORT_TICK = 5 * MILLI;

  private static final long LONG_TICK = 10 * MILLI;

  private final Map<Lease.Key, Lease> held = new ConcurrentHashMap<>();
  private final AtomicInteger steers = new AtomicInteger();
  private final AtomicBoolean sequentialEnded = new AtomicBoolean();
  private final AtomicBoolean areDue = new AtomicBoolean();

  /** When to look for retries. */
  private final NavigableSet<Long> dueAt = new TreeSet<>();

  private final Duration pollInterval;
  private final LongSupplier nanos;
  private final Signal dispatcher;

  /**
   * No leases yet.
   *
   * @param dispatcher raised when there may be something to claim
   */
  public Leases(Duration pollInterval, LongSupplier nanos, Signal dispatcher) {
    this.pollInterval = pollInterval;
    this.nanos = nanos;
    this.dispatcher = dispatcher;
  }

  /** A lease was claimed. */
  public void add(Lease lease) {
    held.put(lease.key(), lease);
  }

  /** The lease is settled: the store has removed its chunk or parked row. */
  public void remove(Lease lease) {
    held.remove(lease.key(), lease);
    if (lease.batch().header().sequential()) {
      sequentialEnded.set(true);
      dispatcher.raise();
    }
    if (held.isEmpty()) {
      dispatcher.raise();
    }
  }

  /** Whether an item of a sequential batch has ended since the last call. */
  public boolean hasSequentialEnded() {
    return sequentialEnded.getAndSet(false);
  }

  /** Whether none is held. */
  public boolean areNone() {
    return held.isEmpty();
  }

  /** {@return the leases held now, by their keys} */
  public Map<Lease.Key, Lease> held() {
    return Map.copyOf(held);
  }

  /** Whether the lease has not ended. */
  public boolean holds(Lease lease) {
    return held.get(lease.key()) == lease;
  }

  /** {@return the batches of the leases held now} */
  public Set<LiveBatch> batches() {
    return held.values().stream().map(Lease::batch).collect(Collectors.toSet());
  }

  /** {@return how often this engine has steered any batch} */
  public int steers() {
    return steers.get();
  }

  /** This engine has steered the batch. */
  public void hold(BatchId id, LiveBatch.Hold as) {
    steers.incrementAndGet();
    for (LiveBatch batch : batches()) {
      if (batch.header().id().equals(id)) {
        batch.hold(as);
      }
    }
  }

  /** The header of a batch was read again. */
  public void read(BatchHeader again) {
    for (LiveBatch batch : batches()) {
      if (batch.number() == again.number()) {
        batch.read(again);
      }
    }
  }

  /** The session is gone, and all leases with it. */
  public void clear() {
    held.clear();
  }

  /**
   * An item was parked and may run again after the delay. A retry that falls due after the next
   * poll is left to that poll. Those that fall due within a few milliseconds are claimed together.
   */
  public void dueIn(Duration delay) {
    if (delay.compareTo(pollInterval) < 0) {
      long tick = delay.toNanos() < 10 * LONG_TICK ? SHORT_TICK : LONG_TICK;
      long at = nanos.getAsLong() + delay.toNanos();
      synchronized (dueAt) {
        dueAt.add((Math.floorDiv(at, tick) + 1) * tick);
      }
      dispatcher.raise();
    }
  }

  /** Whether retries of this engine have fallen due since the last call. */
  public boolean takeDue() {
    untilDue();
    return areDue.getAndSet(false);
  }

  /** {@return nanoseconds until a retry of this engine is due, at most until the next poll} */
  public long untilDue() {
    synchronized (dueAt) {
      if (dueAt.isEmpty()) {
        return pollInterval.toNanos();
      }
      long left = dueAt.first() - nanos.getAsLong();
      if (left <= 0) {
        dueAt.pollFirst();
        areDue.set(true);
        return 0;
      }
      return Math.min(left, pollInterval.toNanos());
    }
  }
}
