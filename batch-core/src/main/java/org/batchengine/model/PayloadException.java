package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/** Thrown if an input or output cannot be converted to text or back. Never quotes the payload. */
public final class PayloadException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final boolean unreadable;

  /**
   * Creates an exception.
   *
   * @param message what is wrong and what to do, without any of the payload
   */
  public PayloadException(String message) {
    this(message, null, false);
  }

  /**
   * Creates an exception with a cause.
   *
   * @param message what is wrong and what to do, without any of the payload
   * @param cause the cause, whose message must not quote the payload
   */
  public PayloadException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  private PayloadException(String message, @Nullable Throwable cause, boolean unreadable) {
    super(message, cause);
    this.unreadable = unreadable;
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
    return withoutText(message, thrown, false);
  }

  /**
   * Creates an exception for stored text that cannot be read; otherwise like {@link #withoutText}.
   *
   * @param message what is wrong, without any of the payload
   * @param thrown what the codec threw
   * @return an exception that {@link #isUnreadable()}
   */
  public static PayloadException unreadable(String message, Throwable thrown) {
    return withoutText(message, thrown, true);
  }

  /**
   * {@return whether stored text could not be read, so that another release of the program may be
   * able to; false if a value could not be written}
   */
  public boolean isUnreadable() {
    return unreadable;
  }

  private static PayloadException withoutText(
      String message, Throwable thrown, boolean unreadable) {
    if (thrown instanceof PayloadException known) {
      boolean either = unreadable || known.unreadable;
      return new PayloadException(message + ": " + thrown.getMessage(), thrown, either);
    }
    PayloadException cause =
        new PayloadException(thrown.getClass().getName() + " (its message may quote the payload)");
    cause.setStackTrace(thrown.getStackTrace());
    return new PayloadException(message + ": " + cause.getMessage(), cause, unreadable);
  }
}
