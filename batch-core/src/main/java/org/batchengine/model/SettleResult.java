package org.batchengine.model;

/** What became of an answer from outside, for an item that was deferred. */
public enum SettleResult {
  /** It counts: the item is settled, or has failed this attempt and will be retried. */
  SETTLED,
  /** The item has an outcome already, which stays. */
  ALREADY_SETTLED,
  /** The item is not deferred, or not yet: nothing has changed. */
  NOT_YET,
  /** It answers an earlier attempt, which has failed meanwhile: nothing has changed. */
  OUTDATED
}
