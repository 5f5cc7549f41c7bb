package org.batchengine.report;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An item whose last attempt took long.
 *
 * @param index its index in the batch, from 0
 * @param key the key set by its submitter
 * @param duration how long its last attempt took
 */
public record SlowItem(int index, Optional<String> key, Duration duration) {
  private static final double NANOS_PER_SECOND = 1e9;

  /** Rejects null. */
  public SlowItem {
    requireNonNull(key, "key");
    requireNonNull(duration, "duration");
  }

  /**
   * Returns everything as a flat map that any JSON library can print: {@code index}, {@code key} if
   * it has one, {@code duration_seconds}. The keys are part of the API.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("index", index);
    key.ifPresent(present -> map.put("key", present));
    map.put("duration_seconds", duration.getSeconds() + duration.getNano() / NANOS_PER_SECOND);
    return Collections.unmodifiableMap(map);
  }

  /** {@return the item in short form for logs, without its key} */
  @Override
  public String toString() {
    return "SlowItem[index=%d, duration=%s]".formatted(index, duration);
  }
}
