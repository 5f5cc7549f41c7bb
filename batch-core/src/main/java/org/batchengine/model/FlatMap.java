package org.batchengine.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Collects a flat map of text, numbers and booleans that any JSON library can print. Absent values
 * are left out.
 */
final class FlatMap {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Map<String, Object> map = new LinkedHashMap<>();

  FlatMap put(String key, Number value) {
    map.put(key, value);
    return this;
  }

  FlatMap put(String key, boolean value) {
    map.put(key, value);
    return this;
  }

  FlatMap put(String key, String value) {
    map.put(key, value);
    return this;
  }

  FlatMap put(String key, Enum<?> value) {
    return put(key, value.name());
  }

  FlatMap put(String key, Instant value) {
    return put(key, value.toString());
  }

  /** Puts seconds, so the key should end in {@code _seconds}. */
  FlatMap put(String key, Duration value) {
    return put(key, value.getSeconds() + value.getNano() / NANOS_PER_SECOND);
  }

  FlatMap putText(String key, Optional<String> value) {
    value.ifPresent(present -> put(key, present));
    return this;
  }

  FlatMap putInstant(String key, Optional<Instant> value) {
    value.ifPresent(present -> put(key, present));
    return this;
  }

  FlatMap putSeconds(String key, Optional<Duration> value) {
    value.ifPresent(present -> put(key, present));
    return this;
  }

  FlatMap putNumber(String key, Optional<? extends Number> value) {
    value.ifPresent(present -> put(key, present));
    return this;
  }

  FlatMap putAll(Map<String, Object> values) {
    map.putAll(values);
    return this;
  }

  Map<String, Object> toMap() {
    return Collections.unmodifiableMap(map);
  }
}
