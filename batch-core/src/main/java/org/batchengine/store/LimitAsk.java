package org.batchengine.store;

import java.time.Duration;

/**
 * A session asks what it may begin under a limit.
 *
 * @param number from 1, higher than that of any earlier question of the session about this limit
 * @param places how many more calls it could begin within half a second; 0 if it has enough
 * @param wanted how many calls it has: those that run, and those that wait
 * @param running how many of them run; from when it asks until it is answered no more may
 * @param attempts what became of its last ones, if the limit has a breaker
 * @param patience how long after they were allowed calls of a trial have ended at the latest, or
 *     the session is gone
 */
public record LimitAsk(
    long session,
    LimitName name,
    long number,
    int places,
    int wanted,
    int running,
    Attempts attempts,
    Duration patience) {

  /** A question about a limit without a breaker. */
  public LimitAsk(long session, LimitName name, long number, int places, int wanted, int running) {
    this(session, name, number, places, wanted, running, Attempts.NONE, Duration.ZERO);
  }
}
