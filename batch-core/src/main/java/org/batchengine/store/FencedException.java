package org.batchengine.store;

import org.batchengine.model.BatchException;

/** Thrown when a session that is gone tries to write: its work belongs to others. */
public final class FencedException extends BatchException {
  private static final long serialVersionUID = 1L;

  /** Names the session. */
  public FencedException(long session) {
    super("session " + session + " is gone; its work was given to others");
  }
}
