package org.batchengine.store.rules;

/** Why an item is parked. */
public enum ParkedKind {
  /** Waits for its next attempt. */
  RETRY,
  /** May have taken its process down, and must run alone. */
  SUSPECT,
  /** Is settled from outside. */
  DEFERRED
}
