package org.batchengine.store;

import org.batchengine.model.BatchException;

/** Thrown when a session writes that is gone: what it owned belongs to others. */
public final class FencedException extends BatchException {
  private static final long serialVersionUID = 1L;

  /** Names the session. */
  public FencedException(long session) {
    super("session " + session + " is gone; what it owned was given to others");
  }
}
