package org.batchengine.engine.session;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.batchengine.engine.loop.Pulse;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.SessionStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens this engine's session when it is first needed, and a new one after the store has fenced it.
 * Thread-safe.
 */
public final class SessionKeeper {
  private static final Logger log = LoggerFactory.getLogger(SessionKeeper.class);

  /** How often a session is renewed before it could expire. */
  private static final int RENEWALS_PER_EXPIRY = 4;

  /** How long claims rest after a session was given up; doubled for each one that follows. */
  private static final Duration FIRST_REST = Duration.ofSeconds(1);

  private static final Duration LONGEST_REST = Duration.ofMinutes(1);

  private final SessionStore store;
  private final String node;
  private final Duration expiry;
  private final LongSupplier nanos;
  private final Pulse pulse;
  private volatile @Nullable SessionRenewal renewal;
  private volatile @Nullable Session current;
  private volatile long renewAt;
  private volatile boolean works;
  private int borrowers;
  private final AtomicInteger renewals = new AtomicInteger();
  private volatile long renewedAt;
  private volatile int givenUp;
  private volatile long restsUntil;

  /**
   * A keeper without a session.
   *
   * @param pulse of opening and renewing
   */
  public SessionKeeper(
      SessionStore store, String node, Duration expiry, LongSupplier nanos, Pulse pulse) {
    this.store = store;
    this.node = node;
    this.expiry = expiry;
    this.nanos = nanos;
    this.pulse = pulse;
    renewedAt = nanos.getAsLong();
  }

  /** Takes the connection that sessions are renewed on. */
  public void connect() {
    renewal = store.renewal();
  }

  /** Gives the connection back. */
  public void disconnect() {
    SessionRenewal connected = renewal;
    if (connected != null) {
      connected.close();
    }
  }

  /** {@return how long a session may go without renewal before it expires} */
  public Duration expiry() {
    return expiry;
  }

  /** {@return the interval between two renewals} */
  public Duration renewal() {
    return expiry.dividedBy(RENEWALS_PER_EXPIRY);
  }

  /** {@return the open session} Opens one if there is none or the last one is gone. */
  public synchronized Session open() {
    Session session = current;
    if (session == null || session.isGone()) {
      long asked = nanos.getAsLong();
      boolean wasGivenUp = session != null && session.isGivenUp();
      session = new Session(pulse.of(() -> store.open(node, expiry)), asked, expiry);
      renewAt = asked + renewal().toNanos();
      current = session;
      if (wasGivenUp) {
        rest();
      }
      log.debug("session {} opened", session.id());
    }
    return session;
  }

  /**
   * {@return the open session} As {@link #open}, for a submit that belongs to it until {@link
   * #giveBack}.
   */
  public synchronized Session borrow() {
    Session session = open();
    borrowers++;
    return session;
  }

  /** A submit needs the session no longer. */
  public synchronized void giveBack() {
    borrowers--;
    notifyAll();
  }

  /** Tells the store that this session works on these job types. */
  public void worksOn(Session session, Collection<String> types) {
    pulse.of(
        () -> {
          store.worksOn(session.id(), types);
          return true;
        });
    works = true;
  }

  /** Whether the engine works. */
  public boolean works() {
    return works;
  }

  /** {@return the last session that was opened, if any; it may be gone} */
  public @Nullable Session current() {
    return current;
  }

  /** Whether a session is open. */
  public boolean isOpen() {
    Session session = current;
    return session != null && !session.isGone();
  }

  /** {@return how often a session was renewed} */
  public int renewals() {
    return renewals.get();
  }

  /** {@return when a session was last renewed, in nanoseconds} */
  public long renewedAt() {
    return renewedAt;
  }

  /** {@return how long ago the open session was opened; empty if there is none} */
  public Optional<Duration> age() {
    return since(Session::openedAt);
  }

  /** {@return how long ago the open session was renewed or opened; empty if there is none} */
  public Optional<Duration> sinceRenewal() {
    return since(Session::renewedAt);
  }

  private Optional<Duration> since(ToLongFunction<Session> moment) {
    return Optional.ofNullable(current)
        .filter(session -> !session.isGone())
        .map(session -> Duration.ofNanos(nanos.getAsLong() - moment.applyAsLong(session)));
  }

  /** Nanoseconds until the open session is due for renewal; empty if none is open. */
  OptionalLong untilRenewal() {
    return isOpen() ? OptionalLong.of(renewAt - nanos.getAsLong()) : OptionalLong.empty();
  }

  /** Renews the open session if it is due. Whether it was. */
  public boolean renewIfDue() {
    SessionRenewal connected = renewal;
    Session session = current;
    long asked = nanos.getAsLong();
    if (connected == null || session == null || session.isGone() || asked - renewAt < 0) {
      return false;
    }
    if (!pulse.of(() -> connected.renew(session.id(), expiry))) {
      fenced(session);
      return false;
    }
    session.renewed(asked, expiry);
    renewedAt = nanos.getAsLong();
    renewAt = asked + renewal().toNanos();
    renewals.incrementAndGet();
    return true;
  }

  /** The store has refused the session: its work belongs to others. */
  public void fenced(Session session) {
    if (!session.isGone()) {
      session.fenced();
      log.warn(
          "session {} was declared dead; its work is dropped here and runs elsewhere",
          session.id());
    }
  }

  /** A session was given up, and whatever is at fault may still be there. */
  private void rest() {
    givenUp = givenUpInARow() + 1;
    Duration rest = FIRST_REST.multipliedBy(1L << Math.min(givenUp - 1, 10));
    restsUntil =
        nanos.getAsLong() + (rest.compareTo(LONGEST_REST) < 0 ? rest : LONGEST_REST).toNanos();
  }

  /** Whether nothing should be claimed for the moment. */
  public boolean isAtRest() {
    return givenUp > 0 && nanos.getAsLong() - restsUntil < 0;
  }

  /**
   * How many sessions were given up in a row. Two expiries without one end the row: by then what
   * the last one owned has come back.
   */
  public int givenUpInARow() {
    return nanos.getAsLong() - restsUntil < 2 * expiry.toNanos() ? givenUp : 0;
  }

  /** Gives back everything that the session owns. The last call of an engine that closes. */
  public void release() {
    Session session = current;
    if (session != null && !session.isGone()) {
      session.fenced(); // first: it is not to be renewed while it is released
      store.release(session.id());
    }
  }

  /**
   * The engine stops. What it needs a session for from here on gets another.
   *
   * @param atMost how long to wait for submits that belong to the session
   * @param release whether to give back what it owns; if not, it is left to lapse
   */
  public synchronized void end(Duration atMost, boolean release) {
    works = false;
    awaitBorrowers(atMost);
    Session session = current;
    if (release) {
      release();
    } else if (session != null) {
      session.fenced();
    }
  }

  private synchronized void awaitBorrowers(Duration atMost) {
    long until = System.nanoTime() + atMost.toNanos();
    try {
      for (long left = atMost.toMillis();
          borrowers > 0 && left > 0;
          left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime())) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
