package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.batchengine.memory.Motion.Place;
import org.jspecify.annotations.Nullable;

/**
 * The unowned work of batches that may run, by job type and in the order of claims, like an index
 * of a database. Within a priority, tenants take turns.
 */
final class ReadyQueue<M extends Motion> {
  private final Map<String, Map<String, NavigableMap<Place, M>>> byTypeAndTenant = new HashMap<>();
  private final Map<String, Long> turns = new HashMap<>();
  private long lastTurn;

  void add(M motion) {
    byTypeAndTenant
        .computeIfAbsent(motion.batch.submitted.type(), type -> new TreeMap<>())
        .computeIfAbsent(motion.batch.submitted.tenant(), tenant -> new TreeMap<>())
        .put(motion.place(), motion);
  }

  void remove(M motion) {
    NavigableMap<Place, M> ready =
        byTenant(motion.batch.submitted.type()).get(motion.batch.submitted.tenant());
    if (ready == null || ready.remove(motion.place()) == null) {
      throw new IllegalStateException(motion + " is not ready");
    }
  }

  private Map<String, NavigableMap<Place, M>> byTenant(String type) {
    return byTypeAndTenant.getOrDefault(type, Map.of());
  }

  boolean hasDue(String type, Instant now, Predicate<BatchRows> ofBatch) {
    for (NavigableMap<Place, M> ready : byTenant(type).values()) {
      Map.Entry<Place, M> next = due(ready.firstEntry(), ready, now);
      while (next != null && !ofBatch.test(next.getValue().batch)) {
        next = due(ready.higherEntry(next.getKey()), ready, now);
      }
      if (next != null) {
        return true;
      }
    }
    return false;
  }

  /** Work of the batch was claimed: its tenant has had its turn. */
  void countTurn(BatchRows batch) {
    batch.turn = ++lastTurn;
    turns.put(batch.submitted.tenant(), lastTurn);
  }

  /** Grows with each turn: the tenant that has waited longest has the lowest. */
  long lastTurnOf(BatchRows batch) {
    return turns.getOrDefault(batch.submitted.tenant(), 0L);
  }

  /** The first {@code most} due ones of the type. */
  List<M> due(String type, Instant now, int most) {
    return due(type, now, heads(type, now, Integer.MAX_VALUE), most, Integer.MIN_VALUE);
  }

  /** The highest priority of due work that is less than {@code below}. */
  Optional<Integer> priorityBelow(int below, String type, Instant now) {
    return Optional.ofNullable(heads(type, now, below).peek()).map(head -> head.place().priority());
  }

  /** The first {@code most} due ones of a priority, of some tenants. */
  List<M> dueOf(int priority, String type, Instant now, int most, Predicate<String> tenants) {
    PriorityQueue<Head<M>> heads = heads(type, now, priority + 1);
    heads.removeIf(head -> !tenants.test(head.tenant));
    return due(type, now, heads, most, priority);
  }

  /** The first due work of each tenant. */
  private PriorityQueue<Head<M>> heads(String type, Instant now, int below) {
    PriorityQueue<Head<M>> heads = new PriorityQueue<>(Head.order());
    byTenant(type)
        .forEach(
            (tenant, ready) -> {
              Map.Entry<Place, M> first = due(ready.ceilingEntry(firstBelow(below)), ready, now);
              if (first != null) {
                heads.add(new Head<>(tenant, turns.getOrDefault(tenant, 0L), first));
              }
            });
    return heads;
  }

  private List<M> due(
      String type, Instant now, PriorityQueue<Head<M>> heads, int most, int leastPriority) {
    List<M> due = new ArrayList<>();
    long turn = lastTurn;
    while (due.size() < most
        && !heads.isEmpty()
        && heads.element().place().priority() >= leastPriority) {
      Head<M> head = heads.remove();
      due.add(head.entry.getValue());
      NavigableMap<Place, M> ready = byTenant(type).getOrDefault(head.tenant, new TreeMap<>());
      Map.Entry<Place, M> next = due(ready.higherEntry(head.place()), ready, now);
      if (next != null) {
        heads.add(new Head<>(head.tenant, ++turn, next));
      }
    }
    return due;
  }

  /** The first due one from an entry on. */
  private static <M> Map.@Nullable Entry<Place, M> due(
      Map.@Nullable Entry<Place, M> from, NavigableMap<Place, M> ready, Instant now) {
    Map.Entry<Place, M> entry = from;
    while (entry != null && entry.getKey().dueAt().isAfter(now)) {
      entry = ready.ceilingEntry(firstBelow(entry.getKey().priority()));
    }
    return entry;
  }

  private static Place firstBelow(int priority) {
    return new Place(priority - 1, Instant.MIN, 0);
  }

  /** A tenant's first due work, and the tenant's last turn. */
  private record Head<M>(String tenant, long turn, Map.Entry<Place, M> entry) {

    static <M> Comparator<Head<M>> order() {
      return Comparator.<Head<M>, Integer>comparing(
              head -> head.place().priority(), Comparator.reverseOrder())
          .thenComparing(Head::turn)
          .thenComparing(Head::place);
    }

    Place place() {
      return entry.getKey();
    }
  }
}
