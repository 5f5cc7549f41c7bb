package org.batchengine;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.batchengine.store.BatchStore;
import org.batchengine.store.SessionRenewal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens this engine's session when it is first needed, renews it, and opens another when fenced.
 */
final class Sessions {
  private static final Logger log = LoggerFactory.getLogger(Sessions.class);

  /** A session is renewed this many times before it could expire. */
  static final int RENEWALS_PER_EXPIRY = 4;

  /** How long claims rest after a session was given up; twice as long after each that follows. */
  private static final Duration FIRST_REST = Duration.ofSeconds(1);

  private static final Duration LONGEST_REST = Duration.ofMinutes(1);

  private final BatchStore store;
  private final String host;
  private final Duration expiry;
  private final LongSupplier nanos;
  private final Pulse pulse;
  private volatile @Nullable SessionRenewal way;
  private volatile @Nullable Session current;
  private volatile long renewAt;
  private volatile long renewedAt;
  private volatile int givenUp;
  private volatile long restsUntil;

  Sessions(BatchStore store, String host, Duration expiry, LongSupplier nanos, Pulse pulse) {
    this.store = store;
    this.host = host;
    this.expiry = expiry;
    this.nanos = nanos;
    this.pulse = pulse;
    renewedAt = nanos.getAsLong();
  }

  Duration renewal() {
    return expiry.dividedBy(RENEWALS_PER_EXPIRY);
  }

  /** The open session; opens one if there is none or the last one was fenced. */
  synchronized Session open() {
    Session session = current;
    if (session == null || session.isGone()) {
      long asked = nanos.getAsLong();
      boolean hasGivenUp = session != null && session.isGivenUp();
      session = new Session(pulse.of(() -> store.sessions().open(host, expiry)), asked, expiry);
      renewAt = asked + renewal().toNanos();
      current = session;
      if (hasGivenUp) {
        rest();
      }
      log.debug("session {} opened", session.id());
    }
    return session;
  }

  /** The session, if one was opened; it may be fenced. */
  @Nullable Session current() {
    return current;
  }

  /** When the session was renewed last, by whoever renewed it. */
  long renewedAt() {
    return renewedAt;
  }

  /** How long ago the present session was opened; empty if there is none. */
  Optional<Duration> age() {
    return since(Session::openedAt);
  }

  /** How long ago the present session was renewed or opened; empty if there is none. */
  Optional<Duration> sinceRenewal() {
    return since(Session::renewedAt);
  }

  private Optional<Duration> since(ToLongFunction<Session> moment) {
    return Optional.ofNullable(current)
        .filter(session -> !session.isGone())
        .map(session -> Duration.ofNanos(nanos.getAsLong() - moment.applyAsLong(session)));
  }

  /** Renews the session if it is time. True if it was renewed by this call. */
  boolean renewIfDue() {
    Session session = current;
    long asked = nanos.getAsLong();
    if (session == null || session.isGone() || asked - renewAt < 0) {
      return false;
    }
    if (!pulse.of(() -> way().renew(session.id(), expiry))) {
      fenced(session);
      return false;
    }
    session.renewed(asked, expiry);
    renewedAt = nanos.getAsLong();
    renewAt = asked + renewal().toNanos();
    return true;
  }

  private synchronized SessionRenewal way() {
    SessionRenewal open = way;
    if (open == null) {
      open = store.sessions().renewal();
      way = open;
    }
    return open;
  }

  /** Gives the connection of renewals back. */
  synchronized void close() {
    SessionRenewal open = way;
    if (open != null) {
      open.close();
    }
  }

  /** The store has refused the session: its work in hand belongs to others. */
  void fenced(Session session) {
    if (!session.isGone()) {
      session.fenced();
      log.warn(
          "session {} was taken for dead; its work in hand is dropped and runs elsewhere",
          session.id());
    }
  }

  /** Whatever is at fault may go on. */
  private void rest() {
    givenUp = givenUpInARow() + 1;
    Duration rest = FIRST_REST.multipliedBy(1L << Math.min(givenUp - 1, 10));
    restsUntil =
        nanos.getAsLong() + (rest.compareTo(LONGEST_REST) < 0 ? rest : LONGEST_REST).toNanos();
  }

  /** Whether nothing should be claimed for the moment. */
  boolean areAtRest() {
    return givenUp > 0 && nanos.getAsLong() - restsUntil < 0;
  }

  /**
   * How many sessions were given up, since none was for two expiries: what the last one owned has
   * come back by then.
   */
  int givenUpInARow() {
    return nanos.getAsLong() - restsUntil < 2 * expiry.toNanos() ? givenUp : 0;
  }

  /** Gives back all that the session owns. Called last of all. */
  void release() {
    Session session = current;
    if (session != null && !session.isGone()) {
      store.sessions().release(session.id());
      session.fenced();
    }
  }
}
