package org.batchengine;

import java.time.Duration;

/**
 * An engine's lease on its place in the cluster, as this engine sees it. The database decides who
 * may write; the deadline here only keeps an engine from starting what it could not settle.
 */
final class Session {
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

  long id() {
    return id;
  }

  /** Counts from when the renewal was sent, not from when its answer came. */
  void renewed(long askedAt, Duration expiry) {
    renewedAt = askedAt;
    deadline = askedAt + expiry.toNanos();
  }

  long openedAt() {
    return openedAt;
  }

  /** When it was renewed last, or opened. */
  long renewedAt() {
    return renewedAt;
  }

  /** Whether items may be started: false when others may have taken over already. */
  boolean isLive(long now) {
    return !gone && now - deadline < 0;
  }

  /** Its row is gone: whatever it owned belongs to others. */
  void fenced() {
    gone = true;
  }

  /** What it owns cannot be settled by this engine; it runs again once the session has expired. */
  void giveUp() {
    givenUp = true;
    gone = true;
  }

  boolean isGivenUp() {
    return givenUp;
  }

  boolean isGone() {
    return gone;
  }
}
