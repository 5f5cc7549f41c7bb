package org.batchengine.engine.settle;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.batchengine.engine.loop.Later;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.model.StoreException;
import org.batchengine.store.LockedRow;
import org.batchengine.store.SettleStore;

/**
 * Ends batches that are done. A batch may be done once one of its leases has ended, so it is
 * checked after that commit, together with others in one transaction. If that fails, each is
 * checked alone, so that one bad batch does not stop the rest. One that others have locked is
 * checked again after a pause. For the settler's thread.
 */
public final class Endings {
  private static final int MOST_TOGETHER = 20;

  private final SettleStore store;
  private final Completions completions;
  private final Monitor monitor;
  private final Later<Long> locked;
  private final Set<Long> toLookAt = new LinkedHashSet<>();

  /** Batches whose last check failed. */
  private final Set<Long> toLookAtAlone = new HashSet<>();

  /** There is no batch to check yet. */
  public Endings(SettleStore store, Completions completions, Monitor monitor) {
    this.store = store;
    this.completions = completions;
    this.monitor = monitor;
    locked = new Later<>(monitor.nanos());
  }

  /** A lease of the batch has ended. */
  void lookAt(long batch) {
    toLookAt.add(batch);
  }

  /** Checks some batches. False if there are none. */
  boolean runOnce() {
    toLookAt.addAll(locked.take());
    if (toLookAt.isEmpty()) {
      return false;
    }
    Long first = toLookAt.iterator().next();
    List<Long> batches =
        toLookAtAlone.contains(first)
            ? List.of(first)
            : toLookAt.stream()
                .filter(batch -> !toLookAtAlone.contains(batch))
                .limit(MOST_TOGETHER)
                .toList();
    batches.forEach(toLookAt::remove);
    try {
      Set<Long> free = new HashSet<>(batches);
      store
          .completeIfDone(
              batches,
              batch -> {
                free.remove(batch);
                locked.add(batch);
                monitor.locked().met(LockedRow.job(batch));
              })
          .forEach(completions::ended);
      free.forEach(batch -> monitor.locked().free(LockedRow.job(batch)));
      toLookAtAlone.remove(first);
    } catch (RuntimeException e) {
      boolean isTransient = e instanceof StoreException fault && fault.isTransient();
      if (isTransient || batches.size() > 1) {
        toLookAt.addAll(batches);
        toLookAtAlone.addAll(batches);
      } else {
        toLookAtAlone.remove(first); // the sweep will check it too
      }
      throw e;
    }
    return true;
  }

  /** Nanoseconds until those that others had locked are checked again. */
  long untilDue() {
    return locked.untilDue();
  }
}
