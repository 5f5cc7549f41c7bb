package org.batchengine.engine.settle;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.batchengine.engine.loop.Later;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.store.LockedRow;
import org.batchengine.store.SettleStore;
import org.jspecify.annotations.Nullable;

/**
 * What settlements have left out, since others have locked rows that it needs. The store is asked
 * for these rows again after each pause. For the settler's thread.
 */
final class LeftOut {
  private final SettleStore store;
  private final SettlementQueue queue;
  private final Monitor monitor;
  private @Nullable SettlementGroup group;
  private Set<LockedRow> rows = Set.of();
  private long dueAt;

  /** Nothing is left out. */
  LeftOut(SettleStore store, SettlementQueue queue, Monitor monitor) {
    this.store = store;
    this.queue = queue;
    this.monitor = monitor;
  }

  boolean isEmpty() {
    return group == null;
  }

  /** The group waits for these rows. */
  void add(SettlementGroup more, Set<LockedRow> locked) {
    SettlementGroup before = group;
    if (before == null) {
      dueAt = monitor.now() + Later.PAUSE_NANOS;
    } else if (before.session() != more.session()) {
      forget(before); // that session is gone
      before = null;
    }
    group = before == null ? more : before.with(more);
    Set<LockedRow> all = new HashSet<>(rows);
    all.addAll(locked);
    rows = all;
    locked.forEach(monitor.locked()::met);
    queue.leaveOut(more.items());
  }

  boolean isDue() {
    return group != null && monitor.now() - dueAt >= 0;
  }

  /** Nanoseconds until it is due; {@code Long.MAX_VALUE} if there is nothing. */
  long untilDue() {
    return group == null ? Long.MAX_VALUE : Math.max(1, dueAt - monitor.now());
  }

  /** The engine closes: the next pass asks. */
  void hurry() {
    dueAt = monitor.now();
  }

  /**
   * Asks the store which rows are locked still. Without an answer everything stays as it is.
   *
   * @return what can be settled now
   */
  Optional<SettlementGroup> takeFree() {
    SettlementGroup all = group;
    dueAt = monitor.now() + Later.PAUSE_NANOS;
    if (all == null) {
      return Optional.empty();
    } else if (all.session().isGone()) {
      forget(all);
      return Optional.empty();
    }
    Set<LockedRow> locked = store.lockedBy(all.settlement(1));
    rows.stream().filter(row -> !locked.contains(row)).forEach(monitor.locked()::free);
    locked.forEach(monitor.locked()::met);
    rows = locked;
    SettlementGroup free = all.without(locked);
    group = locked.isEmpty() ? null : all.only(locked).orElse(null);
    queue.leaveOut(-free.items());
    return free.items() == 0 ? Optional.empty() : Optional.of(free);
  }

  private void forget(SettlementGroup gone) {
    rows.forEach(monitor.locked()::free);
    rows = Set.of();
    group = null;
    queue.leaveOut(-gone.items());
    queue.done(gone);
  }
}
