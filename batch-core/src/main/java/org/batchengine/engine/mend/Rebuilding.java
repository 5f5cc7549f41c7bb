package org.batchengine.engine.mend;

import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.Leases;
import org.batchengine.store.SweepStore;
import org.batchengine.store.UnsettledBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts items of damaged batches back in motion: a batch whose rows of motion were lost would
 * otherwise run for ever.
 *
 * <ol>
 *   <li>A live batch is damaged if it has nothing in motion and counts fewer settled items than it
 *       has. Only then are its items looked at.
 *   <li>An engine may still have such items in hand. It settles what it can, and gives up its
 *       session when the store does not know its leases. So this waits until nothing of the batch
 *       has been settled for a session's expiry, and this engine has none of it in hand.
 *   <li>The store decides again under the batch's lock.
 * </ol>
 *
 * For one thread.
 */
public final class Rebuilding {
  private static final Logger log = LoggerFactory.getLogger(Rebuilding.class);

  private final SweepStore store;
  private final Leases leases;
  private final String node;
  private final long patience;
  private final LongSupplier nanos;
  private final Map<Long, Seen> seen = new HashMap<>();

  /** How many items a damaged batch had settled, and since when. */
  private record Seen(long settled, long sinceNanos) {}

  /**
   * No batch is known to be damaged.
   *
   * @param node the name to record in the history
   */
  public Rebuilding(
      SweepStore store, Leases leases, String node, Duration expiry, LongSupplier nanos) {
    this.store = store;
    this.leases = leases;
    this.node = node;
    this.patience = expiry.toNanos();
    this.nanos = nanos;
  }

  /** Of batches that have nothing in motion, those that can end: the undamaged ones. */
  List<Long> look(List<Long> batches) {
    List<UnsettledBatch> damaged = batches.isEmpty() ? List.of() : store.unsettled(batches);
    seen.keySet().retainAll(damaged.stream().map(UnsettledBatch::number).collect(toSet()));
    Set<Long> goOn = new HashSet<>();
    for (UnsettledBatch batch : damaged) {
      if (!isQuiet(batch) || rebuild(batch)) {
        goOn.add(batch.number());
      }
    }
    return batches.stream().filter(batch -> !goOn.contains(batch)).toList();
  }

  private boolean isQuiet(UnsettledBatch batch) {
    long now = nanos.getAsLong();
    Seen before = seen.get(batch.number());
    if (before != null && before.settled() == batch.settled() && !isInHand(batch)) {
      return now - before.sinceNanos() >= patience;
    }
    seen.put(batch.number(), new Seen(batch.settled(), now));
    return false;
  }

  private boolean isInHand(UnsettledBatch batch) {
    return leases.batches().stream().anyMatch(held -> held.header().number() == batch.number());
  }

  /** False if all of its items are settled after all: only its counters were lost. */
  private boolean rebuild(UnsettledBatch batch) {
    int items = store.rebuild(batch.number(), node);
    if (items > 0) {
      log.warn(
          "batch {} was damaged: {} unfinished items were in no chunk and not parked; they run again."
              + " Rows of batch_chunk or batch_parked were lost, perhaps deleted by hand",
          batch.id(),
          items);
    }
    return items > 0;
  }
}
