package org.batchengine.model;

/**
 * What a cancel does to running calls. In both modes no more items start, and items that no engine
 * holds end as CANCELLED.
 */
public enum CancelMode {
  /**
   * Running calls finish and their outcomes count; an item that would be retried ends as CANCELLED.
   */
  GRACEFUL,
  /**
   * Running calls are interrupted. Their items end as CANCELLED too, except those already settled.
   * Effects of such calls on the outside world are not undone.
   */
  FORCED
}
