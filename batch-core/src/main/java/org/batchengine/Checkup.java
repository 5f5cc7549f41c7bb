package org.batchengine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.batchengine.model.EngineHealth;
import org.batchengine.model.EngineHealth.Activity;

/** Says whether an engine's work goes on, from what its parts remember. Asks the store nothing. */
final class Checkup {
  private final Machinery machinery;
  private final Vitals vitals;
  private final Duration expiry;

  Checkup(Machinery machinery) {
    this.machinery = machinery;
    vitals = machinery.vitals();
    expiry = machinery.config().sessionExpiry();
  }

  /**
   * The engine's health.
   *
   * @param loops those that should run as long as the engine, once they are started
   */
  EngineHealth health(boolean started, List<Loop> loops) {
    return EngineHealth.builder(machinery.config().clock().instant())
        .started(started)
        .sessionLive(isSessionLive())
        .problems(problems(started, loops))
        .claims(vitals.claims().activity())
        .settles(vitals.settles().activity())
        .renewals(vitals.renewals().activity())
        .items(sum(Workers::waiting), sum(Workers::inHand), machinery.settler().unsettled())
        .build();
  }

  private int sum(ToIntFunction<Workers> figure) {
    return machinery.workers().values().stream().mapToInt(figure).sum();
  }

  private boolean isSessionLive() {
    Session session = machinery.sessions().current();
    return session != null && session.isLive(machinery.nanos().getAsLong());
  }

  private List<String> problems(boolean started, List<Loop> loops) {
    if (machinery.maintenance().hasFailed()) {
      return List.of("the virtual machine has failed, and other nodes take the work over");
    }
    if (machinery.closing().get()) {
      return List.of("the engine is closed");
    }
    List<String> problems = new ArrayList<>();
    for (Loop loop : loops) {
      if (loop.hasEnded()) {
        problems.add("the thread " + loop.name() + " has ended");
      }
    }
    if (needsSession(started) && isTooLong(vitals.renewals().sinceSuccess())) {
      problems.add(
          "the session was neither opened nor renewed within its expiry of "
              + expiry
              + because(vitals.renewals()));
    }
    if (isTooLong(machinery.settler().stuckNanos())) {
      problems.add(
          machinery.settler().unsettled()
              + " items are ready to be settled, and none was settled for "
              + expiry
              + because(vitals.settles()));
    }
    int givenUp = machinery.sessions().givenUpInARow();
    if (givenUp > 1) {
      problems.add(
          givenUp
              + " sessions were given up in a row: what they had claimed could not be run and settled"
              + because(vitals.settles()));
    }
    if (isTooLong(vitals.claims().failingNanos())) {
      problems.add("claims have failed for " + expiry + because(vitals.claims()));
    }
    return problems;
  }

  /** One that works must have a session; one that only submits may have one. */
  private boolean needsSession(boolean started) {
    Session session = machinery.sessions().current();
    boolean has = session != null && !session.isGone();
    return has || (started && !machinery.workers().isEmpty());
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
