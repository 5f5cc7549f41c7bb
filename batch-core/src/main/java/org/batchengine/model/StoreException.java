package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a store cannot do what was asked, for a reason that lies with it and not with the
 * caller.
 */
public final class StoreException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final boolean isTransient;

  private StoreException(String message, @Nullable Throwable cause, boolean isTransient) {
    super(message, cause);
    this.isTransient = isTransient;
  }

  /**
   * Makes an exception for what may pass by itself: the database is away, a lock was not had in
   * time.
   *
   * @param message what is wrong
   * @param cause what led to it, if anything did
   * @return a transient exception
   */
  public static StoreException ofTransient(String message, @Nullable Throwable cause) {
    return new StoreException(message, cause, true);
  }

  /**
   * Makes an exception for what will not pass by itself: a table is missing, a right is not
   * granted.
   *
   * @param message what is wrong and the way out
   * @param cause what led to it, if anything did
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
