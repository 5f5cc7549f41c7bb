package org.batchengine.store;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.batchengine.model.EngineNode;

/**
 * The sessions of engines: each is an engine's place in the cluster and the fence around its work.
 * Every rule of {@link BatchStore} holds.
 */
public interface SessionStore {

  /** Opens a session that expires unless renewed. Its id is larger than any earlier one. */
  long open(String host, Duration expiry);

  /** Tells which job types the session works on; until then it works on none. */
  void worksOn(long session, Collection<String> types);

  /**
   * Opens a renewal that shares nothing with the other verbs: no connection, and no row that they
   * lock. So nothing that they do or wait for can delay it.
   */
  SessionRenewal renewal();

  /**
   * Ends a session at its owner's request: frees its chunks and parked items without counting them
   * as lost, and hides its unfinished submissions. Does nothing if it is gone.
   */
  void release(long session);

  /** The sessions whose expiry has not passed and what they own, oldest first. */
  List<EngineNode> nodes();

  /** The sessions whose expiry has passed, oldest first. */
  List<SessionExpiry> expired();

  /**
   * Ends an abandoned session, if its expiry is still the one given and has passed: frees its
   * chunks and parked items, counts them as lost, and hides its unfinished submissions. A chunk
   * lost twice is dissolved into suspects with loss counts of their own; a retry lost twice becomes
   * a suspect; a suspect lost twice ends as FAILED with the error {@code NODE_CRASH}.
   *
   * @return false if the session was renewed or is gone
   */
  boolean reap(SessionExpiry expired);
}
