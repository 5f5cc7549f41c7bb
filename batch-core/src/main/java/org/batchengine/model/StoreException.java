package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/** Thrown if a store fails for a reason of its own, not because of the caller. */
public sealed class StoreException extends BatchException permits RowsLockedException {
  private static final long serialVersionUID = 1L;

  private final boolean isTransient;

  StoreException(String message, @Nullable Throwable cause, boolean isTransient) {
    super(message, cause);
    this.isTransient = isTransient;
  }

  /**
   * Creates an exception for a failure that may go away by itself: the database is unreachable, or
   * a lock timed out.
   *
   * @param message what is wrong
   * @param cause the cause, if any
   * @return a transient exception
   */
  public static StoreException ofTransient(String message, @Nullable Throwable cause) {
    return new StoreException(message, cause, true);
  }

  /**
   * Creates an exception for a failure that will not go away by itself: a table or a privilege is
   * missing.
   *
   * @param message what is wrong and what to do
   * @param cause the cause, if any
   * @return a permanent exception
   */
  public static StoreException ofPermanent(String message, @Nullable Throwable cause) {
    return new StoreException(message, cause, false);
  }

  /** {@return whether the same call may succeed later} */
  public boolean isTransient() {
    return isTransient;
  }
}
