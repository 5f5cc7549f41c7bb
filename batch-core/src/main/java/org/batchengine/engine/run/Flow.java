package org.batchengine.engine.run;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.lease.WorkItem;
import org.jspecify.annotations.Nullable;

/**
 * Items that wait, in the order in which workers take them: the highest priority first. Within a
 * priority each tenant gets a share of the workers' time by its weight, and of a tenant each batch
 * the same: the next item is of whoever has had the least. What an item will take is charged when
 * it is taken, and put right when it has run. Whoever comes back after a while begins where the
 * others are, so nobody saves time up. Guarded by the queue.
 */
final class Flow {
  private final NavigableMap<Integer, Level> levels = new TreeMap<>(Comparator.reverseOrder());
  private int size;

  /** The time that whoever was served last had had. */
  private double clock;

  /** The lines of one priority. */
  private static final class Level {
    private final Map<TenantLoad, Tenant> tenants = new HashMap<>();
    private final TreeSet<Tenant> order = new TreeSet<>();
  }

  /** A tenant's lines in a level. */
  private static final class Tenant implements Comparable<Tenant> {
    private final TenantLoad load;
    private final Map<LiveBatch, Line> lines = new HashMap<>();
    private final TreeSet<Line> order = new TreeSet<>();
    private double clock;

    /** What it is sorted by. */
    private double virtual;

    Tenant(TenantLoad load) {
      this.load = load;
    }

    @Override
    public int compareTo(Tenant other) {
      int first = Double.compare(virtual, other.virtual);
      return first != 0 ? first : load.tenant().compareTo(other.load.tenant());
    }
  }

  /** The items of a batch. */
  static final class Line implements Comparable<Line> {
    private final LiveBatch batch;
    private final TenantLoad load;
    private final int priority;
    private final Deque<WorkItem> items = new ArrayDeque<>();
    private double virtual;
    private long servedAt;

    Line(LiveBatch batch, TenantLoad load, int priority) {
      this.batch = batch;
      this.load = load;
      this.priority = priority;
    }

    LiveBatch batch() {
      return batch;
    }

    TenantLoad load() {
      return load;
    }

    Deque<WorkItem> items() {
      return items;
    }

    /** When an item of it was last taken, or the first of it came. */
    long servedAt() {
      return servedAt;
    }

    @Override
    public int compareTo(Line other) {
      int first = Double.compare(virtual, other.virtual);
      return first != 0 ? first : Long.compare(batch.number(), other.batch.number());
    }
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Adds items of one batch and priority, at the end of its line or at its front. */
  void add(TenantLoad load, List<WorkItem> items, boolean first, long now) {
    if (items.isEmpty()) {
      return;
    }
    LiveBatch batch = items.get(0).batch();
    int priority = items.get(0).lease().priority();
    Level level = levels.computeIfAbsent(priority, each -> new Level());
    Tenant tenant = level.tenants.get(load);
    if (tenant == null) {
      tenant = new Tenant(load);
      load.virtual = Math.max(load.virtual, clock);
      tenant.virtual = load.virtual;
      level.tenants.put(load, tenant);
      level.order.add(tenant);
    }
    Line line = tenant.lines.get(batch);
    if (line == null) {
      line = new Line(batch, load, priority);
      line.virtual = tenant.clock;
      line.servedAt = now;
      tenant.lines.put(batch, line);
      tenant.order.add(line);
    }
    if (first) {
      for (int i = items.size() - 1; i >= 0; i--) {
        line.items.addFirst(items.get(i));
      }
    } else {
      line.items.addAll(items);
    }
    size += items.size();
    load.waiting += items.size();
  }

  /** The line whose turn it is; null if no item waits. */
  @Nullable Line next() {
    return levels.isEmpty() ? null : levels.firstEntry().getValue().order.first().order.first();
  }

  /** The first line in turn that may begin a call; null if there is none. */
  @Nullable Line next(Predicate<Line> mayBegin) {
    for (Level level : levels.values()) {
      for (Tenant tenant : level.order) {
        for (Line line : tenant.order) {
          if (mayBegin.test(line)) {
            return line;
          }
        }
      }
    }
    return null;
  }

  /** How many items of a batch wait. */
  int waiting(long batch) {
    int waiting = 0;
    for (Level level : levels.values()) {
      for (Tenant tenant : level.tenants.values()) {
        for (Line line : tenant.order) {
          waiting += line.batch.number() == batch ? line.items.size() : 0;
        }
      }
    }
    return waiting;
  }

  /** Takes the first item of the line whose turn it is. Call {@link #charge} before the next. */
  WorkItem take(Line line) {
    size--;
    line.load.waiting--;
    return line.items.remove();
  }

  /** The line has had its turn: items were taken that will take so long. */
  void charge(Line line, double nanos, long now) {
    Level level = levels.get(line.priority);
    Tenant tenant = level == null ? null : level.tenants.get(line.load);
    if (level == null || tenant == null) {
      return;
    }
    clock = Math.max(clock, line.load.virtual);
    tenant.clock = Math.max(tenant.clock, line.virtual);
    tenant.order.remove(line);
    line.virtual += nanos;
    line.servedAt = now;
    tenant.order.add(line);
    add(line.load, nanos);
    removeIfEmpty(line);
  }

  /** The tenant has had more time than it was charged; or less, if negative. */
  void add(TenantLoad load, double nanos) {
    load.virtual += nanos / load.weight;
    for (Level level : levels.values()) {
      Tenant tenant = level.tenants.get(load);
      if (tenant != null) {
        level.order.remove(tenant);
        tenant.virtual = load.virtual;
        level.order.add(tenant);
      }
    }
  }

  /** The batch of the lease has had more time than it was charged; or less. */
  void correct(TenantLoad load, Lease lease, double nanos) {
    Level level = levels.get(lease.priority());
    Tenant tenant = level == null ? null : level.tenants.get(load);
    Line line = tenant == null ? null : tenant.lines.get(lease.batch());
    if (tenant != null && line != null) {
      tenant.order.remove(line);
      line.virtual += nanos;
      tenant.order.add(line);
    }
    add(load, nanos);
  }

  private void removeIfEmpty(Line line) {
    if (!line.items.isEmpty()) {
      return;
    }
    Level level = levels.get(line.priority);
    Tenant tenant = level == null ? null : level.tenants.get(line.load);
    if (level == null || tenant == null) {
      return;
    }
    tenant.order.remove(line);
    tenant.lines.remove(line.batch);
    if (tenant.lines.isEmpty()) {
      level.order.remove(tenant);
      level.tenants.remove(line.load);
    }
    if (level.tenants.isEmpty()) {
      levels.remove(line.priority);
    }
  }

  /** All lines, the least urgent first. */
  List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    for (Level level : levels.descendingMap().values()) {
      for (Tenant tenant : level.tenants.values()) {
        lines.addAll(tenant.order.descendingSet());
      }
    }
    return lines;
  }

  /** Removes the last item of a line. */
  WorkItem removeLast(Line line) {
    WorkItem last = line.items.removeLast();
    size--;
    line.load.waiting--;
    removeIfEmpty(line);
    return last;
  }

  /** Removes all items, and answers them. */
  Collection<WorkItem> clear() {
    List<WorkItem> all = new ArrayList<>(size);
    for (Level level : levels.values()) {
      for (Tenant tenant : level.order) {
        tenant.order.forEach(line -> all.addAll(line.items));
        tenant.load.waiting = 0;
      }
    }
    levels.clear();
    size = 0;
    return all;
  }
}
