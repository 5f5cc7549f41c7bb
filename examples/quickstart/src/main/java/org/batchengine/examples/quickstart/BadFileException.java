package org.batchengine.examples.quickstart;

/** A file is not what it should be. Reading it again would not help. */
final class BadFileException extends Exception {
  private static final long serialVersionUID = 1L;

  /** The kinds of damage. Their names are stored as error types. */
  enum Code {
    NOT_A_ZIP,
    BAD_ENTRY,
    CRC_MISMATCH,
    NOT_XML,
    NOT_A_POM,
    SHA1_MISMATCH,
    SHA1_UNREADABLE
  }

  private final Code code;
  private final String message;

  BadFileException(Code code, String message) {
    super(message);
    this.code = code;
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message; // never null, unlike in other exceptions
  }

  Code code() {
    return code;
  }
}
