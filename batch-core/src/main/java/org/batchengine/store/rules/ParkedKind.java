package org.batchengine.store.rules;

/** Why an item is parked. */
public enum ParkedKind {
  /** It waits for its next attempt. */
  RETRY,
  /** It may have crashed its process and must run alone. */
  SUSPECT,
  /** It is settled from outside. */
  DEFERRED
}
