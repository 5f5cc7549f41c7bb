package org.batchengine.store;

import java.time.Duration;

/** Keeps sessions alive, on a connection of its own that it takes once and keeps. */
public interface SessionRenewal extends AutoCloseable {

  /**
   * Sets the expiry of a session to {@code expiry} from now. Safe for many threads.
   *
   * @return false if the session is gone
   */
  boolean renew(long session, Duration expiry);

  /** Gives the connection back. Idempotent. */
  @Override
  void close();
}
