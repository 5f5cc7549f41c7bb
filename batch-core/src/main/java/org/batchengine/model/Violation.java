package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.Map;

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

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code path}, {@code message}, {@code code}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap().put("path", path).put("message", message).put("code", code).toMap();
  }

  /** {@return the violation on one line} */
  @Override
  public String toString() {
    return (path.isEmpty() ? "" : path + ": ") + message + " (" + code + ")";
  }
}
