package org.batchengine.engine.session;

import java.time.Duration;

/**
 * An engine's lease on its place in the cluster, as this engine sees it. The store decides who may
 * write; the deadline here only keeps an engine from starting items that it could not settle.
 */
public final class Session {
  private final long id;
  private final long openedAt;
  private volatile long deadline;
  private volatile long renewedAt;
  private volatile boolean gone;
  private volatile boolean givenUp;

  Session(long id, long askedAt, Duration expiry) {
    this.id = id;
    this.openedAt = askedAt;
    this.renewedAt = askedAt;
    this.deadline = askedAt + expiry.toNanos();
  }

  /** {@return its id in the store} */
  public long id() {
    return id;
  }

  /** It was renewed: the expiry counts from when the renewal was sent, not from its answer. */
  void renewed(long askedAt, Duration expiry) {
    renewedAt = askedAt;
    deadline = askedAt + expiry.toNanos();
  }

  long openedAt() {
    return openedAt;
  }

  /** When it was last renewed, or opened. */
  long renewedAt() {
    return renewedAt;
  }

  /** Whether items may be started; false if others may have taken over already. */
  public boolean isLive(long now) {
    return !gone && now - deadline < 0;
  }

  /** Its row is gone, and everything it owned belongs to others. */
  public void fenced() {
    gone = true;
  }

  /** This engine cannot settle what it owns, which runs again once the session has expired. */
  public void giveUp() {
    givenUp = true;
    gone = true;
  }

  boolean isGivenUp() {
    return givenUp;
  }

  /** Whether it was fenced or given up. */
  public boolean isGone() {
    return gone;
  }
}
