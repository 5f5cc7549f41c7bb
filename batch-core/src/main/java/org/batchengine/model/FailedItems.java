package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Selects which of a batch's FAILED items run again. Items that did not fail or do not exist are
 * ignored. Immutable.
 *
 * <pre>{@code
 * batches.retryFailed(id, FailedItems.ofType("java.net.SocketTimeoutException"), "API is back");
 * }</pre>
 */
public final class FailedItems {
  private static final int MOST = 10_000;
  private static final int MAX_KEY_LENGTH = 200;
  private static final FailedItems ALL =
      new FailedItems(new Named(Set.of(), Set.of(), Set.of(), Set.of()));

  private final Named named;

  private FailedItems(Named named) {
    this.named = named;
  }

  /** {@return a selection of all failed items} */
  public static FailedItems all() {
    return ALL;
  }

  /**
   * Selects items whose last error has this type.
   *
   * @param type a class name or code as in {@link ItemError#type()}; 1 to 1,000 characters
   * @return the selection
   * @throws IllegalArgumentException if no error can have this type
   */
  public static FailedItems ofType(String type) {
    return new FailedItems(new Named(Set.of(text("type", type)), Set.of(), Set.of(), Set.of()));
  }

  /**
   * Selects items whose last error has this fingerprint.
   *
   * @param fingerprint as in {@link ItemError#fingerprint()} or {@link ErrorGroup#fingerprint()}; 1
   *     to 1,000 characters
   * @return the selection
   * @throws IllegalArgumentException if no error can have this fingerprint
   */
  public static FailedItems ofFingerprint(String fingerprint) {
    return new FailedItems(
        new Named(Set.of(), Set.of(text("fingerprint", fingerprint)), Set.of(), Set.of()));
  }

  /**
   * Selects items with these keys.
   *
   * @param keys 1 to 10,000 keys
   * @return the selection
   * @throws IllegalArgumentException if there are none or too many, or if one is not a valid key
   */
  public static FailedItems keyed(String... keys) {
    return keyed(Arrays.asList(requireNonNull(keys, "keys")));
  }

  /**
   * Selects items with these keys.
   *
   * @param keys 1 to 10,000 keys
   * @return the selection
   * @throws IllegalArgumentException if there are none or too many, or if one is not a valid key
   */
  public static FailedItems keyed(Collection<String> keys) {
    return new FailedItems(
        new Named(Set.of(), Set.of(), members("keys", keys, FailedItems::checkKey), Set.of()));
  }

  /**
   * Selects items at these indexes in the batch.
   *
   * @param indexes 1 to 10,000 indexes, each at least 0
   * @return the selection
   * @throws IllegalArgumentException if there are none or too many, or if one is negative
   */
  public static FailedItems at(int... indexes) {
    return at(Arrays.stream(requireNonNull(indexes, "indexes")).boxed().toList());
  }

  /**
   * Selects items at these indexes in the batch.
   *
   * @param indexes 1 to 10,000 indexes, each at least 0
   * @return the selection
   * @throws IllegalArgumentException if there are none or too many, or if one is negative
   */
  public static FailedItems at(Collection<Integer> indexes) {
    return new FailedItems(
        new Named(
            Set.of(), Set.of(), Set.of(), members("indexes", indexes, FailedItems::checkIndex)));
  }

  // An empty set is rejected, because a store would take it to mean any.
  private static <T extends Comparable<T>> Set<T> members(
      String what, Collection<T> given, Consumer<T> check) {
    List<T> members = new ArrayList<>(requireNonNull(given, what));
    if (members.isEmpty()) {
      throw new IllegalArgumentException(
          what + " needs at least one value; use FailedItems.all() to select every failed item");
    }
    if (members.size() > MOST) {
      throw new IllegalArgumentException(
          "%s has %d values: at most %d are allowed".formatted(what, members.size(), MOST));
    }
    members.forEach(check);
    return Collections.unmodifiableSet(new TreeSet<>(members));
  }

  private static void checkKey(String key) {
    text("key", key, MAX_KEY_LENGTH);
    if (key.isBlank()) {
      throw new IllegalArgumentException(
          "key " + StoredText.quoted(key) + " is blank; keys of items never are");
    }
  }

  private static void checkIndex(Integer index) {
    if (requireNonNull(index, "index") < 0) {
      throw new IllegalArgumentException("index " + index + " is out of range: at least 0");
    }
  }

  private static String text(String name, String text) {
    return text(name, text, Criteria.MAX_TEXT_LENGTH);
  }

  private static String text(String name, String text, int most) {
    return Criteria.checked(name, requireNonNull(text, name), most);
  }

  /** {@return the types of last errors, unmodifiable; empty for any} */
  public Set<String> types() {
    return named.types;
  }

  /** {@return the fingerprints of last errors, unmodifiable; empty for any} */
  public Set<String> fingerprints() {
    return named.fingerprints;
  }

  /** {@return the keys of items in natural order, unmodifiable; empty for any} */
  public Set<String> keys() {
    return named.keys;
  }

  /** {@return the indexes of items in ascending order, unmodifiable; empty for any} */
  public Set<Integer> indexes() {
    return named.indexes;
  }

  /**
   * Returns the conditions as a map that any JSON library can print: lists with the keys {@code
   * types}, {@code fingerprints}, {@code keys} and {@code indexes}. Those that are empty have no
   * key.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    putUnlessEmpty(map, "types", named.types);
    putUnlessEmpty(map, "fingerprints", named.fingerprints);
    putUnlessEmpty(map, "keys", named.keys);
    putUnlessEmpty(map, "indexes", named.indexes);
    return Collections.unmodifiableMap(map);
  }

  private static void putUnlessEmpty(Map<String, Object> map, String key, Set<?> values) {
    if (!values.isEmpty()) {
      map.put(key, List.copyOf(values));
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FailedItems that && named.equals(that.named);
  }

  @Override
  public int hashCode() {
    return named.hashCode();
  }

  /** {@return the conditions in short form; keys and indexes only as counts} */
  @Override
  public String toString() {
    return "FailedItems[types=%s, fingerprints=%s, keys=%d, indexes=%d]"
        .formatted(named.types, named.fingerprints, named.keys.size(), named.indexes.size());
  }

  /** The conditions, which must all match; an empty one always matches. */
  private record Named(
      Set<String> types, Set<String> fingerprints, Set<String> keys, Set<Integer> indexes) {}
}
