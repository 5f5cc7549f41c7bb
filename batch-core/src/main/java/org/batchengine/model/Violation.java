package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;

/**
 * One problem with an input.
 *
 * @param path where in the input, for example {@code lines[2].amount}; empty for the whole input
 * @param message what is wrong, for people; must not quote the payload
 * @param code what is wrong, for programs
 */
public record Violation(String path, String message, String code) implements Serializable {

  /** Rejects null. */
  public Violation {
    requireNonNull(path, "path");
    requireNonNull(message, "message");
    requireNonNull(code, "code");
  }

  /** {@return the violation on one line} */
  @Override
  public String toString() {
    return (path.isEmpty() ? "" : path + ": ") + message + " (" + code + ")";
  }
}
