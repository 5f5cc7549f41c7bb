package org.batchengine.store;

/** What became of a batch whose next items were to be copied from another one. */
public enum FillStep {
  /** Nothing: it is full, waits, is paused or stopping, or others have locked it. */
  NOTHING,
  /** There is more to copy. */
  MORE,
  /** It has all of its items, and can be claimed. */
  FULL,
  /** It has all of its items, and these are none: it is done. */
  EMPTY,
  /** It is stopping, towards FAILED. */
  GIVEN_UP
}
