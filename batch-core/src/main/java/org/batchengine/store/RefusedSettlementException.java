package org.batchengine.store;

import org.batchengine.model.BatchException;

/** Thrown when the database refuses the content of a settlement, whichever session sends it. */
public final class RefusedSettlementException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final boolean duplicate;

  /**
   * Carries the database's own message.
   *
   * @param duplicate true if an item already has the outcome or parked row to insert, which is a
   *     fault of the protocol; false if a value cannot be stored
   */
  public RefusedSettlementException(boolean duplicate, String message, Throwable cause) {
    super(message, cause);
    this.duplicate = duplicate;
  }

  /** Whether an item already has the outcome or parked row to insert. */
  public boolean isDuplicate() {
    return duplicate;
  }
}
