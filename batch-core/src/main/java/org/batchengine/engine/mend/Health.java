package org.batchengine.engine.mend;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.batchengine.engine.loop.EngineClock;
import org.batchengine.engine.loop.LockedRows;
import org.batchengine.engine.loop.Loop;
import org.batchengine.engine.loop.Pulse;
import org.batchengine.engine.loop.Pulses;
import org.batchengine.engine.run.WorkQueue;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.model.EngineHealth;
import org.batchengine.model.EngineHealth.Activity;
import org.jspecify.annotations.Nullable;

/** Says whether an engine works, from what its parts remember. Does not ask the store. */
public final class Health {
  private final SessionKeeper sessions;
  private final SettlementQueue settlements;
  private final Collection<Workers> workers;
  private final Pulses pulses;
  private final LockedRows locked;
  private final EngineClock clock;
  private final Duration expiry;

  /** The health of an engine with these parts. */
  public Health(
      SessionKeeper sessions,
      SettlementQueue settlements,
      Collection<Workers> workers,
      Pulses pulses,
      LockedRows locked,
      EngineClock clock) {
    this.sessions = sessions;
    this.settlements = settlements;
    this.workers = workers;
    this.pulses = pulses;
    this.locked = locked;
    this.clock = clock;
    expiry = sessions.expiry();
  }

  /**
   * Checks everything.
   *
   * @param over why the engine has stopped working, if it has
   * @param trouble what is wrong with the store, if anything
   * @param unserved job types whose work waits while nobody works on them
   * @param unservedSchedules schedules whose fires wait while nobody has their code
   * @param loops the loops that should run as long as the engine, once started
   */
  public EngineHealth now(
      boolean started,
      @Nullable String over,
      Optional<String> trouble,
      List<String> unserved,
      List<String> unservedSchedules,
      List<Loop> loops) {
    return EngineHealth.builder(clock.instants().instant())
        .started(started)
        .sessionLive(isSessionLive())
        .problems(over != null ? List.of(over) : problems(started, trouble, loops))
        .claims(pulses.claims().activity())
        .settles(pulses.settles().activity())
        .renewals(pulses.renewals().activity())
        .lockedRows(locked.now())
        .unservedTypes(unserved)
        .unservedSchedules(unservedSchedules)
        .heldTypes(held())
        .items(sum(WorkQueue::waiting), sum(WorkQueue::inHand), settlements.unsettled())
        .build();
  }

  private List<String> held() {
    return workers.stream()
        .filter(each -> each.nanosHeld() > 0)
        .map(each -> each.type() + " until " + later(each.nanosHeld()))
        .sorted()
        .toList();
  }

  private Instant later(long nanos) {
    return clock.instants().instant().plusNanos(nanos).truncatedTo(ChronoUnit.MILLIS);
  }

  private int sum(ToIntFunction<WorkQueue> figure) {
    return workers.stream().map(Workers::queue).mapToInt(figure).sum();
  }

  private boolean isSessionLive() {
    Session session = sessions.current();
    return session != null && session.isLive(clock.nanos().getAsLong());
  }

  private List<String> problems(boolean started, Optional<String> trouble, List<Loop> loops) {
    List<String> problems = new ArrayList<>();
    trouble.ifPresent(problems::add);
    for (Loop loop : loops) {
      if (loop.hasEnded()) {
        problems.add("the thread " + loop.name() + " has ended");
      } else if (isTooLong(loop.passNanos())) {
        problems.add(
            "the thread %s has been %s for %d s, without an answer of the database or the host"
                .formatted(
                    loop.name(), loop.doing(), TimeUnit.NANOSECONDS.toSeconds(loop.passNanos())));
      }
    }
    for (Workers each : workers) {
      if (each.areStuck()) {
        problems.add(
            "all workers of type \"%s\" hang in calls that ignore their interrupt"
                .formatted(each.type()));
      }
    }
    // An engine that works must have a session; one that only submits may have one.
    boolean needsSession = sessions.isOpen() || (started && !workers.isEmpty());
    if (needsSession && isTooLong(pulses.renewals().sinceSuccess())) {
      problems.add(
          "the session was neither opened nor renewed within its expiry of "
              + expiry
              + because(pulses.renewals()));
    }
    if (isTooLong(settlements.stuckNanos())) {
      problems.add(
          settlements.unsettled()
              + " items are ready to be settled, and none was settled for "
              + expiry
              + because(pulses.settles()));
    }
    int givenUp = sessions.givenUpInARow();
    if (givenUp > 1) {
      problems.add(
          givenUp
              + " sessions in a row were given up: their work could not be run and settled"
              + because(pulses.settles()));
    }
    if (isTooLong(pulses.claims().failingNanos())) {
      problems.add("claims have failed for " + expiry + because(pulses.claims()));
    }
    return problems;
  }

  private boolean isTooLong(long nanos) {
    return nanos >= expiry.toNanos();
  }

  private static String because(Pulse pulse) {
    Activity activity = pulse.activity();
    Optional<String> failure =
        activity.failuresInARow() > 0 ? activity.failure() : Optional.empty();
    return failure.map(text -> ": " + text).orElse("");
  }
}
