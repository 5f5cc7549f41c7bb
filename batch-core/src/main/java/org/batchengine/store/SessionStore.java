package org.batchengine.store;

import java.time.Duration;
import java.util.List;

/**
 * The sessions of engines: each engine's place in the cluster, and the fence round what it owns.
 * Every rule of {@link BatchStore} holds.
 */
public interface SessionStore {

  /** Opens a session that expires unless renewed; its id is larger than every earlier one. */
  long open(String host, Duration expiry);

  /**
   * Opens a way to renew sessions that shares nothing with the other verbs: no connection, and no
   * row that they lock. So nothing that they do or wait for delays a renewal.
   */
  SessionRenewal renewal();

  /**
   * Ends a session by its owner's will: its chunks and parked items are unowned again without
   * counting as lost, its unfinished submissions are hidden. Nothing happens if it is gone.
   */
  void release(long session);

  /** The sessions whose expiry has passed, oldest first. */
  List<SessionExpiry> expired();

  /**
   * Ends a session that its owner has left, if its expiry is still the one given and has passed:
   * frees its chunks and parked items and counts them as lost. A chunk that was lost twice is
   * dissolved into suspects with a count of their own; a retry that was lost twice becomes a
   * suspect; a suspect that was lost twice ends as FAILED with the error {@code NODE_CRASH}.
   * Unfinished submissions of the session are hidden.
   *
   * @return false if the session was renewed or is gone
   */
  boolean reap(SessionExpiry expired);
}
