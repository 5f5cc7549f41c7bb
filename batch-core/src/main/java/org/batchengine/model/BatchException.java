package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/** The root of all that the library throws, but for mistakes in arguments and for interrupts. */
public class BatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what is wrong, with the value, and the way out
   */
  public BatchException(String message) {
    super(message);
  }

  /**
   * Makes an exception that another one led to.
   *
   * @param message what is wrong, with the value, and the way out
   * @param cause what led to it
   */
  public BatchException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
