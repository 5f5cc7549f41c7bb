package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when an input or output cannot be made text, or text cannot be made one. Never quotes the
 * payload.
 */
public final class PayloadException extends BatchException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message what is wrong and the way out; nothing of the payload
   */
  public PayloadException(String message) {
    super(message);
  }

  /**
   * Makes an exception that another one led to.
   *
   * @param message what is wrong and the way out; nothing of the payload
   * @param cause what led to it, with a message that quotes nothing of the payload
   */
  public PayloadException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Makes an exception that a codec's exception led to. Such messages often quote the payload, so
   * of the codec's exception only the class and the stack trace are kept; of a {@code
   * PayloadException}, all.
   *
   * @param message what is wrong; nothing of the payload
   * @param thrown what the codec threw
   * @return an exception whose cause can be logged
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
