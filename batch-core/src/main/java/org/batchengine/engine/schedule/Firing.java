package org.batchengine.engine.schedule;

import java.time.Instant;
import java.util.List;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Step;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.DueSchedule;
import org.batchengine.store.ScheduleLook;
import org.batchengine.store.ScheduleStore;

/**
 * Fires what is due, once a poll, with one read if there is nothing. Nothing is locked while that
 * is computed: the fires are written together with when the schedule is due next, if no other
 * engine has done so meanwhile. If its process dies, another engine computes the same.
 */
public final class Firing implements Step {
  private static final int AT_ONCE = 20;

  private final ScheduleStore store;
  private final Runnable fired;
  private final Cadence poll;
  private final LockedRows locked;
  private boolean isDue;

  /**
   * Nothing has been fired yet.
   *
   * @param fired called when fires were written, or can be had
   */
  public Firing(ScheduleStore store, Runnable fired, Cadence poll, LockedRows locked) {
    this.store = store;
    this.fired = fired;
    this.poll = poll;
    this.locked = locked;
  }

  @Override
  public String name() {
    return "firing schedules";
  }

  @Override
  public boolean runOnce() {
    isDue |= poll.isDue();
    if (!isDue) {
      return false;
    }
    isDue = false;
    try {
      ScheduleLook look = store.brief().look();
      if (look.hasDueFires()) {
        fired.run();
      }
      return look.hasDueSchedules() && fireAll();
    } catch (RowsLockedException e) {
      locked.met("batch_schedule"); // the next poll comes
      return false;
    }
  }

  private boolean fireAll() {
    List<DueSchedule> due = store.brief().due(AT_ONCE);
    due.forEach(this::fire);
    isDue = due.size() == AT_ONCE;
    return !due.isEmpty();
  }

  private void fire(DueSchedule due) {
    Instant next = due.schedule().next(due.now()).orElse(null);
    if (store.brief().fire(due, DueInstants.of(due), next)) {
      fired.run();
    }
  }

  @Override
  public long idleNanos() {
    return isDue ? 1 : poll.untilDue();
  }
}
