package org.batchengine.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.batchengine.store.Motion.Place;

/** What nobody owns, by job type and in the order of claims: what an index is to a database. */
final class ReadyQueue<M extends Motion> {
  private final Map<String, NavigableMap<Place, M>> byType = new HashMap<>();

  void add(M motion) {
    byType
        .computeIfAbsent(motion.batch.submitted.type(), type -> new TreeMap<>())
        .put(motion.place(), motion);
  }

  void remove(M motion) {
    NavigableMap<Place, M> ready = byType.get(motion.batch.submitted.type());
    if (ready == null || ready.remove(motion.place()) == null) {
      throw new IllegalStateException(motion + " is not ready");
    }
  }

  boolean hasDue(String type, Instant now) {
    return !due(type, now, 1).isEmpty();
  }

  /** The first {@code most} of the type that are due and whose batch lets them be claimed. */
  List<M> due(String type, Instant now, int most) {
    NavigableMap<Place, M> ready = byType.getOrDefault(type, new TreeMap<>());
    List<M> due = new ArrayList<>();
    Map.Entry<Place, M> entry = ready.firstEntry();
    while (entry != null && due.size() < most) {
      Place place = entry.getKey();
      if (place.dueAt().isAfter(now)) {
        entry = ready.ceilingEntry(firstBelow(place.priority()));
      } else {
        if (entry.getValue().batch.isClaimable()) {
          due.add(entry.getValue());
        }
        entry = ready.higherEntry(place);
      }
    }
    return due;
  }

  private static Place firstBelow(int priority) {
    return new Place(priority - 1, Instant.MIN, 0, 0);
  }
}
