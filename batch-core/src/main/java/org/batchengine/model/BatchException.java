package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/** The superclass of everything the library throws, except for invalid arguments and interrupts. */
public class BatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception.
   *
   * @param message what is wrong, with the value, and what to do
   */
  public BatchException(String message) {
    super(message);
  }

  /**
   * Creates an exception with a cause.
   *
   * @param message what is wrong, with the value, and what to do
   * @param cause the cause
   */
  public BatchException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
