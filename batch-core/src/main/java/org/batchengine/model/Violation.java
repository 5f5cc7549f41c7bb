package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;

/**
 * One thing that is wrong with an input.
 *
 * @param path where in the input, for example {@code lines[2].amount}; empty for the input as a
 *     whole
 * @param message what is wrong, for people; no payload
 * @param code what is wrong, for programs
 */
public record Violation(String path, String message, String code) implements Serializable {

  /** Refuses null. */
  public Violation {
    requireNonNull(path, "path");
    requireNonNull(message, "message");
    requireNonNull(code, "code");
  }

  /** {@return the violation in one line} */
  @Override
  public String toString() {
    return (path.isEmpty() ? "" : path + ": ") + message + " (" + code + ")";
  }
}
