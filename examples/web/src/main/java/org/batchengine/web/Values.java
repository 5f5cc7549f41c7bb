package org.batchengine.web;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * What a request gave for the fields of an operation, checked. Values of the wrong type never get
 * here. Asking for one that was not given, and has no default, throws {@link
 * NoSuchElementException}. Immutable.
 */
public final class Values {
  private static final Values NONE = new Values(Map.of());

  private final Map<String, Object> values;

  Values(Map<String, Object> values) {
    this.values = Collections.unmodifiableMap(values);
  }

  static Values none() {
    return NONE;
  }

  /** {@return whether it was given, or has a default} */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** {@return a text or choice} */
  public String text(String name) {
    return get(name, String.class);
  }

  /** {@return a whole number} */
  public long whole(String name) {
    return get(name, Number.class).longValue();
  }

  /** {@return a number} */
  public double decimal(String name) {
    return get(name, Number.class).doubleValue();
  }

  /** {@return whether a flag is set; false if it was not given} */
  public boolean flag(String name) {
    return has(name) && get(name, Boolean.class);
  }

  /** {@return a folder, with all links followed} */
  public Path path(String name) {
    return get(name, Path.class);
  }

  /** {@return an instant} */
  public Instant instant(String name) {
    return get(name, Instant.class);
  }

  /** {@return all of them by name, unmodifiable} */
  public Map<String, Object> toMap() {
    return values;
  }

  /** {@return an object; empty if it was not given} */
  Values values(String name) {
    return find(name, Values.class).orElse(NONE);
  }

  <T> Optional<T> find(String name, Class<T> type) {
    return Optional.ofNullable(values.get(name)).map(type::cast);
  }

  <T> List<T> list(String name, Class<T> type) {
    return find(name, List.class).stream()
        .flatMap(elements -> ((List<?>) elements).stream())
        .map(type::cast)
        .toList();
  }

  private <T> T get(String name, Class<T> type) {
    return find(name, type)
        .orElseThrow(() -> new NoSuchElementException(name + " was not given and has no default"));
  }

  /** {@return the names only: values may be anything} */
  @Override
  public String toString() {
    return "Values" + values.keySet();
  }
}
