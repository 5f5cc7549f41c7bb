package org.batchengine.store;

import java.time.Duration;

/** Renews sessions on a connection of its own, which it takes once and keeps. */
public interface SessionRenewal extends AutoCloseable {

  /**
   * Makes a session expire {@code expiry} from now. Thread-safe.
   *
   * @return false if the session is gone
   */
  boolean renew(long session, Duration expiry);

  /** Gives the connection back. Idempotent. */
  @Override
  void close();
}
