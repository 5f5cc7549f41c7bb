package org.batchengine.engine.mend;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over the work of engines that died.
 *
 * <ol>
 *   <li>Once a poll, it asks the store for expired sessions.
 *   <li>A session counts as dead if its expiry is unchanged one renewal later and this engine has
 *       renewed its own session meanwhile. So after a database outage, live engines renew first,
 *       and none counts as dead.
 *   <li>A dead session is reaped, one a pass: its work is free for others.
 * </ol>
 */
public final class Reaping implements Step {
  private static final Logger log = LoggerFactory.getLogger(Reaping.class);

  private final SessionStore store;
  private final SessionKeeper sessions;
  private final Cadence poll;
  private final LongSupplier nanos;
  private final Runnable freed;
  private final Map<SessionExpiry, Long> seenExpired = new HashMap<>();
  private final Deque<SessionExpiry> dead = new ArrayDeque<>();

  /**
   * No session has been seen yet.
   *
   * @param freed called when work is free
   */
  public Reaping(
      SessionStore store,
      SessionKeeper sessions,
      Cadence poll,
      LongSupplier nanos,
      Runnable freed) {
    this.store = store;
    this.sessions = sessions;
    this.poll = poll;
    this.nanos = nanos;
    this.freed = freed;
  }

  @Override
  public String name() {
    return "reaping dead sessions";
  }

  @Override
  public boolean runOnce() {
    if (dead.isEmpty() && poll.isDue()) {
      lookForExpired();
    }
    if (dead.isEmpty()) {
      return false;
    }
    reap(dead.remove());
    return true;
  }

  @Override
  public long idleNanos() {
    return poll.untilDue();
  }

  private void lookForExpired() {
    long asked = nanos.getAsLong();
    List<SessionExpiry> expired = store.expired();
    // Counts from the answer: while the look hung, nobody could renew.
    long answered = nanos.getAsLong();
    Set<SessionExpiry> still = new HashSet<>(expired);
    seenExpired.keySet().retainAll(still);
    long renewal = sessions.renewal().toNanos();
    for (SessionExpiry each : expired) {
      long seenAt = seenExpired.computeIfAbsent(each, absent -> answered);
      if (asked - seenAt >= renewal && sessions.renewedAt() - seenAt > 0) {
        dead.add(each);
      }
    }
  }

  private void reap(SessionExpiry expired) {
    seenExpired.remove(expired);
    if (store.reap(expired)) {
      log.info(
          "session {} expired at {}: its engine is gone, and its work is free for others",
          expired.session(),
          expired.expiresAt());
      freed.run();
    }
  }
}
