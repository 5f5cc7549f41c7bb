package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if others have locked rows that a call needs, for longer than it waits. It may be repeated
 * later.
 */
public final class RowsLockedException extends StoreException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception.
   *
   * @param message what is locked
   * @param cause the cause, if any
   */
  public RowsLockedException(String message, @Nullable Throwable cause) {
    super(message, cause, true);
  }
}
