package org.batchengine.model;

/**
 * What a cancel does to the calls that run. In both modes nothing new is begun, and what nobody has
 * in hand ends as CANCELLED.
 */
public enum CancelMode {
  /** They finish, and what they settle stands; what would be tried again ends as CANCELLED. */
  GRACEFUL,
  /**
   * They are interrupted; their items end as CANCELLED too, except those that were settled before.
   * What such a call did to the outside world is not undone.
   */
  FORCED
}
