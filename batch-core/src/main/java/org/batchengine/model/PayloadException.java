package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/** Thrown if an input or output cannot be converted to text or back. Never quotes the payload. */
public final class PayloadException extends BatchException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception.
   *
   * @param message what is wrong and what to do, without any of the payload
   */
  public PayloadException(String message) {
    super(message);
  }

  /**
   * Creates an exception with a cause.
   *
   * @param message what is wrong and what to do, without any of the payload
   * @param cause the cause, whose message must not quote the payload
   */
  public PayloadException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates an exception for a codec's exception. Such exceptions often quote the payload, so this
   * keeps only their class and stack trace; a {@code PayloadException} it keeps whole.
   *
   * @param message what is wrong, without any of the payload
   * @param thrown what the codec threw
   * @return an exception whose cause is safe to log
   */
  public static PayloadException withoutText(String message, Throwable thrown) {
    if (thrown instanceof PayloadException) {
      return new PayloadException(message + ": " + thrown.getMessage(), thrown);
    }
    PayloadException cause =
        new PayloadException(thrown.getClass().getName() + " (its message may quote the payload)");
    cause.setStackTrace(thrown.getStackTrace());
    return new PayloadException(message + ": " + cause.getMessage(), cause);
  }
}
