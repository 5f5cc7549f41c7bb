package org.batchengine.model;

import org.jspecify.annotations.Nullable;

/** Thrown if a file of items cannot be read. Names the line, and quotes no payload. */
public final class ImportException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final long line;

  /**
   * Creates an exception.
   *
   * @param line the line, from 1
   * @param problem what is wrong there and what to do
   * @param cause the cause
   */
  public ImportException(long line, String problem, @Nullable Throwable cause) {
    super("line " + line + ": " + problem, cause);
    this.line = line;
  }

  /** {@return the line, from 1} */
  public long line() {
    return line;
  }
}
