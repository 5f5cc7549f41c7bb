package org.batchengine.engine.verdict;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.batchengine.engine.lease.WorkItem;

/**
 * The items whose input this node could not read and has given back, so that each is given back
 * once. Bounded: what does not fit is not given back. Thread-safe.
 */
final class LeftToOthers {
  private static final int MOST = 10_000;

  /** An item that has not come back by then was taken by another node. */
  private static final Duration KEPT = Duration.ofMinutes(10);

  private final Map<Item, Instant> since = new LinkedHashMap<>();

  /** Whether to give the item back: false if it was given back before, and has come again. */
  synchronized boolean add(WorkItem item, Instant now) {
    Item key = new Item(item.batch().number(), item.index());
    if (since.remove(key) != null) {
      return false;
    }
    forget(now.minus(KEPT));
    if (since.size() >= MOST) {
      return false;
    }
    since.put(key, now);
    return true;
  }

  private void forget(Instant before) {
    Iterator<Instant> oldest = since.values().iterator();
    while (oldest.hasNext() && oldest.next().isBefore(before)) {
      oldest.remove();
    }
  }

  private record Item(long batch, int index) {}
}
