package org.batchengine.store.rules;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.feed.EventKind;
import org.batchengine.limit.Limit.Breaker;
import org.batchengine.limit.LimitScope;
import org.batchengine.store.Attempts;
import org.batchengine.store.LimitAsk;
import org.batchengine.store.rules.Asking.Event;
import org.batchengine.store.rules.Asking.Permit;
import org.batchengine.store.rules.Asking.Row;
import org.batchengine.store.rules.Asking.Trial;
import org.jspecify.annotations.Nullable;

/**
 * Whether a breaker trips or closes, by what sessions tell of their attempts. Attempts that began
 * before it tripped last do not count.
 *
 * <ol>
 *   <li>Closed: it trips when failures with one fingerprint are its share of the last attempts, and
 *       of all that sessions have told of lately.
 *   <li>Tripped: calls are held, or the batch is paused, and then those of a trial may begin. When
 *       as many attempts have ended, it closes if the share has not failed, else it trips again.
 *   <li>Calls of a trial that nobody has told of in time are given out again: whoever had them is
 *       gone.
 * </ol>
 */
final class Tripping {
  private final Row row;
  private final Instant now;
  private final boolean isOfBatch;
  private final Breaker breaker;
  private final Trial trial;

  /** What becomes of a limit, and of what the history tells, if anything. */
  record Judged(Row row, @Nullable Event event) {}

  /** Failures with one fingerprint. */
  private record Worst(int failures, @Nullable String fingerprint) {}

  private Tripping(Row row, Breaker breaker, boolean isOfBatch, Instant now) {
    this.isOfBatch = isOfBatch;
    this.row = row.trial().isClosed() || isHeld(row, now) ? row : row.heldUntil(null);
    this.now = now;
    this.breaker = breaker;
    trial = row.trial();
  }

  /** Once a hold is over, it is so even if the clock is set back. */
  private static boolean isHeld(Row row, Instant now) {
    return row.heldUntil() != null && row.heldUntil().isAfter(now);
  }

  /**
   * Judges.
   *
   * @param others what other sessions have told
   */
  static Judged judge(Row row, Collection<Permit> others, LimitAsk ask, Instant now) {
    return row.limit()
        .breaker()
        .map(
            breaker ->
                new Tripping(row, breaker, ask.name().scope() == LimitScope.BATCH, now)
                    .judge(others, ask))
        .orElseGet(() -> new Judged(row.with(row.trial().closed()), null));
  }

  private Judged judge(Collection<Permit> others, LimitAsk ask) {
    List<Attempts> told = told(others, ask.attempts());
    int attempts = told.stream().mapToInt(Attempts::count).sum();
    Worst worst = worst(told);
    if (trial.isClosed()) {
      boolean trips =
          breaker.isShare(worst.failures, breaker.ofLast())
              && breaker.isShare(worst.failures, attempts);
      return trips ? trip(worst, attempts) : new Judged(row, null);
    }
    if (attempts >= Breaker.TRIAL_CALLS) {
      return breaker.isShare(worst.failures, attempts)
          ? trip(worst, attempts)
          : close(worst, attempts);
    }
    return new Judged(goOn(Breaker.TRIAL_CALLS - attempts, ask.patience()), null);
  }

  /** A session that has told what became of a trial need not tell again. */
  private List<Attempts> told(Collection<Permit> others, Attempts own) {
    List<Attempts> all = new ArrayList<>();
    all.add(own);
    others.stream()
        .filter(other -> !trial.isClosed() || isLately(other.askedAt()))
        .forEach(other -> all.add(other.attempts()));
    all.removeIf(some -> some.trial() != trial.number());
    return all;
  }

  private boolean isLately(Instant time) {
    return Duration.between(time, now).abs().compareTo(Asking.LATELY) < 0;
  }

  private static Worst worst(List<Attempts> told) {
    Map<String, Integer> failures = new HashMap<>();
    Worst worst = new Worst(0, null);
    for (Attempts some : told) {
      if (some.fingerprint() != null) {
        int sum = failures.merge(some.fingerprint(), some.failed(), Integer::sum);
        worst = sum > worst.failures ? new Worst(sum, some.fingerprint()) : worst;
      }
    }
    return worst;
  }

  private Judged trip(Worst worst, int attempts) {
    Instant until = now.plus(isOfBatch ? Asking.PAUSED : hold(trial.trips() + 1));
    Trial next = new Trial(trial.number() + 1, trial.trips() + 1, Breaker.TRIAL_CALLS, until);
    String reason =
        "the breaker %s tripped: %d of %d attempts failed with the fingerprint %s"
            .formatted(breaker, worst.failures, attempts, worst.fingerprint());
    return new Judged(
        row.with(next).heldUntil(isHeld(row, until) ? row.heldUntil() : until),
        new Event(EventKind.BREAKER_TRIPPED, reason));
  }

  /** For how long calls are held when it has tripped so often in a row. */
  private static Duration hold(int trips) {
    int doubled = Math.min(trips - 1, 10);
    Duration hold = Breaker.SHORTEST_HOLD.multipliedBy(1L << doubled);
    return hold.compareTo(Breaker.LONGEST_HOLD) > 0 ? Breaker.LONGEST_HOLD : hold;
  }

  private Judged close(Worst worst, int attempts) {
    String reason =
        "the breaker %s closed: %d of %d attempts of its trial failed alike"
            .formatted(breaker, worst.failures, attempts);
    return new Judged(row.with(trial.closed()), new Event(EventKind.BREAKER_CLOSED, reason));
  }

  /** It waits for its hold to end, or for so many calls of its trial. */
  private Row goOn(int missing, Duration patience) {
    Instant at = trial.at();
    Instant latest = now.plus(hold(trial.trips()));
    if (at == null) {
      return row;
    }
    if (at.isAfter(latest)) { // the clock was set back
      return row.with(trial.from(trial.left(), latest))
          .heldUntil(at.equals(row.heldUntil()) ? latest : row.heldUntil());
    }
    boolean isOverdue = Duration.between(at, now).compareTo(patience) > 0;
    return trial.left() < missing && isOverdue ? row.with(trial.from(missing, now)) : row;
  }
}
