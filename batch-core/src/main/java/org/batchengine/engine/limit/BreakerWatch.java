package org.batchengine.engine.limit;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.batchengine.limit.Limit.Breaker;
import org.batchengine.store.Attempts;
import org.batchengine.store.LimitAnswer;

/**
 * What a session knows of a limit's breaker, and tells the store of its attempts. Guarded by {@link
 * Allowances}.
 *
 * <ol>
 *   <li>Nothing begins unless the store has said lately whether the breaker is closed.
 *   <li>Of a trial as many calls begin as the store has given.
 *   <li>When the last attempts of this session alone are the share of failures, the store is told
 *       before any other begins. If it does not trip, since other nodes do well, one begins a
 *       second.
 *   <li>Only attempts that began since the breaker tripped last count.
 * </ol>
 */
final class BreakerWatch {
  private static final long REST = TimeUnit.SECONDS.toNanos(1);

  /** However long questions take, this is when to ask again at the latest. */
  static final long ASK_WITHIN = TimeUnit.SECONDS.toNanos(2);

  private static final long KNOWN_FOR = TimeUnit.SECONDS.toNanos(3);

  private final LastAttempts last = new LastAttempts();
  private boolean isKnown;
  private long knownAt;
  private int trial;
  private int calls = Integer.MAX_VALUE;
  private boolean isFailing;
  private boolean areManyFailing;
  private long restsUntil;
  private int untold;
  private int beingTold;

  /** How often calls that were allowed, and have not begun, were to be put back. */
  private final AtomicInteger stops = new AtomicInteger();

  int trial() {
    return trial;
  }

  int stops() {
    return stops.get();
  }

  /** What was known may not be so any more. */
  void forget() {
    isKnown = false;
  }

  boolean isKnown(long now) {
    return isKnown && now - knownAt < KNOWN_FOR;
  }

  /** Whether only as many calls begin as were given. */
  boolean isTrial() {
    return calls != Integer.MAX_VALUE;
  }

  /** Whether the store should be told something, though nothing waits. */
  boolean hasNews() {
    return untold > 0 && (isTrial() || last.told(trial).failed() > 0);
  }

  /** Whether it should be told soon. */
  boolean isUrgent() {
    return untold > 0 && (isTrial() || areManyFailing);
  }

  /** How many calls may begin. */
  int open(long now) {
    if (!isKnown(now)) {
      return 0;
    }
    if (isTrial() || !isFailing) {
      return calls;
    }
    return untold > 0 || now - restsUntil < 0 ? 0 : 1;
  }

  /** How long until the rest of a session whose calls fail is over; not positive if it is. */
  long untilOpen(long now) {
    return isFailing && untold == 0 && !isTrial() ? restsUntil - now : 0;
  }

  void use(int some, long now) {
    calls -= isTrial() ? some : 0;
    restsUntil = now + REST;
  }

  /** So many calls that were used have not begun, or were not attempts. */
  void giveBack(int some, int then) {
    calls += isTrial() && then == trial ? some : 0;
  }

  /** Attempts that began in a trial have ended. */
  void ended(List<String> fingerprints, int then, Breaker breaker) {
    if (then != trial) {
      return;
    }
    fingerprints.forEach(each -> last.add(each, breaker.ofLast()));
    untold += fingerprints.size();
    judge(breaker);
  }

  private void judge(Breaker breaker) {
    int failed = last.told(trial).failed();
    boolean was = isFailing;
    isFailing = breaker.isShare(failed, breaker.ofLast());
    areManyFailing = failed > 0 && breaker.isShare(2 * failed, breaker.ofLast());
    if (isFailing && !was) {
      stops.incrementAndGet();
    }
  }

  Attempts tell() {
    beingTold = untold;
    return last.told(trial);
  }

  /** The store has answered a question that was sent then. */
  void answered(LimitAnswer answer, long sentAt) {
    isKnown = true;
    knownAt = sentAt;
    untold -= beingTold;
    if (answer.trial() != trial) {
      trial = answer.trial();
      calls = 0;
      untold = 0;
      last.clear();
      isFailing = false;
      areManyFailing = false;
      stops.incrementAndGet();
    }
    boolean isClosed = answer.calls() == Integer.MAX_VALUE;
    calls = isClosed ? answer.calls() : answer.calls() + (isTrial() ? calls : 0);
  }
}
