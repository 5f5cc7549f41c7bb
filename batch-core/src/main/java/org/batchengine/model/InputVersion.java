package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * An input that an item has, or had before it was corrected.
 *
 * @param attempt the first attempt that it is for, from 1
 * @param input the input as stored text; empty if its payload was purged
 * @param actor who submitted or corrected it, if that was named
 * @param at when that was
 */
public record InputVersion(int attempt, String input, Optional<String> actor, Instant at) {

  /** Rejects null, and an attempt below 1. */
  public InputVersion {
    requireNonNull(input, "input");
    requireNonNull(actor, "actor");
    requireNonNull(at, "at");
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt " + attempt + " is out of range: at least 1");
    }
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API:
   * {@code attempt}, {@code input}, {@code actor}, and {@code at}, which is ISO-8601 text in UTC.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    return new FlatMap()
        .put("attempt", attempt)
        .put("input", input)
        .putText("actor", actor)
        .put("at", at)
        .toMap();
  }

  /** {@return the version in short form for logs, without the input} */
  @Override
  public String toString() {
    return "InputVersion[attempt=%d, at=%s]".formatted(attempt, at);
  }
}
