package org.batchengine.store;

import org.batchengine.model.BatchException;

/** Thrown when the database will not keep what a settlement says, whoever sends it. */
public final class RefusedSettlementException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final boolean duplicate;

  /**
   * With the database's own words.
   *
   * @param duplicate whether an item already has the outcome or the parked row that was to be
   *     inserted, which is a fault of the protocol; else a value cannot be stored
   */
  public RefusedSettlementException(boolean duplicate, String message, Throwable cause) {
    super(message, cause);
    this.duplicate = duplicate;
  }

  /** Whether an item has already what was to be inserted. */
  public boolean isDuplicate() {
    return duplicate;
  }
}
