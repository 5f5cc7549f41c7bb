package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a query by name, checked and immutable. The names are also the keys of a page's
 * filter.
 */
final class Criteria {
  static final int MAX_TEXT_LENGTH = 1_000;

  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final Map<String, Object> values;

  private Criteria(Map<String, Object> values) {
    this.values = values;
  }

  static Criteria none() {
    return new Criteria(Map.of());
  }

  Criteria withText(String name, String text) {
    return with(name, checked(name, text, MAX_TEXT_LENGTH));
  }

  Criteria withTexts(String name, String... texts) {
    Set<String> all = given(name, texts);
    all.forEach(text -> checked(name, text, MAX_TEXT_LENGTH));
    return with(name, all);
  }

  Criteria withSet(String name, Enum<?>... members) {
    return with(name, given(name, members));
  }

  private static <T> Set<T> given(String name, T[] members) {
    if (requireNonNull(members, name).length == 0) {
      throw new IllegalArgumentException(
          name + " needs at least one value; leave it out to match all");
    }
    Set<T> given = new LinkedHashSet<>();
    for (T member : members) {
      given.add(requireNonNull(member, name));
    }
    return Collections.unmodifiableSet(given);
  }

  Criteria withNumber(String name, int number, int least, int most) {
    if (number < least || number > most) {
      throw new IllegalArgumentException(
          "%s %d is out of range: %d to %d".formatted(name, number, least, most));
    }
    return with(name, number);
  }

  Criteria withInstant(String name, Instant instant) {
    requireNonNull(instant, name);
    if (instant.isBefore(EARLIEST) || instant.isAfter(LATEST)) {
      throw new IllegalArgumentException(
          "%s %s is out of range: %s to %s".formatted(name, instant, EARLIEST, LATEST));
    }
    return with(name, instant);
  }

  private Criteria with(String name, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(values);
    changed.put(name, requireNonNull(value, name));
    return new Criteria(changed);
  }

  /** Returns the text if it has 1 to {@code most} characters and a store can keep it. */
  static String checked(String name, String text, int most) {
    if (requireNonNull(text, name).isEmpty() || text.length() > most) {
      throw new IllegalArgumentException(
          "%s %s has %d characters: 1 to %d are allowed"
              .formatted(name, StoredText.quoted(text), text.length(), most));
    }
    StoredText.problem(text)
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException(
                  name
                      + " "
                      + StoredText.quoted(text)
                      + " "
                      + problem
                      + ", which no stored text can contain");
            });
    return text;
  }

  Optional<String> text(String name) {
    return Optional.ofNullable((String) values.get(name));
  }

  Optional<Instant> instant(String name) {
    return Optional.ofNullable((Instant) values.get(name));
  }

  int number(String name) {
    return (Integer) requireNonNull(values.get(name), name);
  }

  <T> Set<T> set(String name, Class<T> type) {
    Set<T> members = new LinkedHashSet<>();
    ((Collection<?>) values.getOrDefault(name, Set.of())).forEach(m -> members.add(type.cast(m)));
    return Collections.unmodifiableSet(members);
  }

  /** The values in a form that any JSON library can print. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    values.forEach((name, value) -> map.put(name, printable(value)));
    return Collections.unmodifiableMap(map);
  }

  private static Object printable(Object value) {
    if (value instanceof Collection<?> members) {
      return members.stream().map(Object::toString).toList();
    }
    return value instanceof Number ? value : value.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Criteria criteria && values.equals(criteria.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }
}
