package org.batchengine.engine.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.batchengine.schedule.FireState;
import org.batchengine.schedule.Schedule;
import org.batchengine.store.DueSchedule;
import org.batchengine.store.NewFire;

/**
 * What a schedule fires that is due. An instant that is over a minute late is missed: no engine was
 * there, or the schedule was paused. If there is one, the schedule's policy decides; what it leaves
 * out is noted in one row.
 */
final class DueInstants {
  /** How late a fire may be. */
  private static final Duration LATE = Duration.ofMinutes(1);

  /** Of fires at once, and of fires that wait for their batch. */
  static final int MOST = 1_000;

  /** Of fires that wait for the end of the last batch. */
  static final int MOST_QUEUED = 10;

  private final DueSchedule due;
  private final Schedule schedule;
  private final Instant late;

  private DueInstants(DueSchedule due) {
    this.due = due;
    schedule = due.schedule();
    late = due.now().minus(LATE);
  }

  /** {@return the fires of a schedule from when it was due until now, in their order} */
  static List<NewFire> of(DueSchedule due) {
    DueInstants instants = new DueInstants(due);
    return instants.withinRoom(instants.byPolicy(instants.latest()));
  }

  /**
   * The latest of the instants that are due, up to {@link #MOST}. It is looked for in ever longer
   * spans before now: there may be years of seconds before them.
   */
  private List<Instant> latest() {
    Duration span = LATE;
    while (true) {
      Instant from = due.now().minus(span);
      boolean isAll = from.isBefore(due.nextAt());
      Deque<Instant> found = new ArrayDeque<>();
      Instant first = isAll ? due.nextAt() : from;
      for (var at = schedule.next(first.minusNanos(1));
          at.isPresent() && !at.get().isAfter(due.now());
          at = schedule.next(at.get())) {
        found.add(at.get());
        if (found.size() > MOST) {
          found.remove();
        }
      }
      if (isAll || found.size() == MOST) {
        return List.copyOf(found);
      }
      span = span.multipliedBy(2);
    }
  }

  private List<NewFire> byPolicy(List<Instant> instants) {
    List<NewFire> fires = new ArrayList<>();
    if (instants.isEmpty()) {
      return fires; // its times have changed
    }
    boolean isLate = due.nextAt().isBefore(late);
    Instant last = instants.get(instants.size() - 1);
    Instant leftOut = null;
    for (Instant at : instants) {
      boolean isFired =
          switch (schedule.missed()) {
            case SKIP -> !at.isBefore(late);
            case ONE -> !isLate || at.equals(last);
            case ALL -> true;
          };
      if (isFired) {
        fires.add(new NewFire(at, FireState.DUE, null));
      } else {
        leftOut = at;
      }
    }
    if (leftOut == null && due.nextAt().isBefore(instants.get(0))) {
      leftOut = due.nextAt(); // there were more than fire at once
    }
    if (leftOut != null) {
      String reason = "missed, as all from %s on that did not fire".formatted(due.nextAt());
      fires.add(0, new NewFire(leftOut, FireState.MISSED, reason));
    }
    return fires;
  }

  private List<NewFire> withinRoom(List<NewFire> fires) {
    int most = schedule.overlap() == Schedule.Overlap.QUEUE ? MOST_QUEUED : MOST;
    int room = most - due.waiting();
    List<NewFire> all = new ArrayList<>();
    for (NewFire fire : fires) {
      if (fire.state() == FireState.DUE && room-- <= 0) {
        String reason = "%d fires wait for their batches, and no more do".formatted(most);
        all.add(new NewFire(fire.at(), FireState.SKIPPED, reason));
      } else {
        all.add(fire);
      }
    }
    return all;
  }
}
