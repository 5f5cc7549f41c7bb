package org.batchengine.model;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.annotation.JsonValue;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if the validator of a job type objects to items of a batch. All items were looked at, and
 * nothing of the batch is stored.
 */
public final class InvalidItemsException extends BatchException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_SHOWN = 10;

  private final long count;
  private final List<Item> items;

  /** An item that its validator objects to. */
  public static final class Item implements Serializable {
    private static final long serialVersionUID = 1L;

    private final int index;
    private final @Nullable String key;
    private final List<Violation> violations;

    /**
     * Names an item.
     *
     * @param index its index in its source, from 0
     * @param key null: it has none
     * @param violations what is wrong with it, at least one
     */
    public Item(int index, @Nullable String key, List<Violation> violations) {
      if (violations.isEmpty()) {
        throw new IllegalArgumentException("violations is empty: an invalid item has at least one");
      }
      this.index = index;
      this.key = key;
      this.violations = List.copyOf(violations);
    }

    /** {@return its index in its source, from 0} */
    public int index() {
      return index;
    }

    /** {@return its key, if items have keys} */
    public Optional<String> key() {
      return Optional.ofNullable(key);
    }

    /** {@return what is wrong with it, at least one violation} */
    public List<Violation> violations() {
      return violations;
    }

    /**
     * Returns everything as a map that any JSON library can print. The keys are part of the API:
     * {@code index}, {@code key}, {@code violations} with the maps of all violations.
     *
     * @return an unmodifiable map in this order
     */
    @JsonValue
    public Map<String, Object> toMap() {
      return new FlatMap()
          .put("index", index)
          .putText("key", key())
          .putAll(Map.of("violations", violations.stream().map(Violation::toMap).toList()))
          .toMap();
    }

    /** {@return the item and what is wrong with it, without its payload} */
    @Override
    public String toString() {
      return "item "
          + index
          + ": "
          + violations.stream().map(Violation::toString).collect(joining(", "));
    }
  }

  /**
   * Creates an exception.
   *
   * @param count how many items are invalid
   * @param items the first of them, at least one
   */
  public InvalidItemsException(long count, List<Item> items) {
    super(message(count, items));
    this.count = count;
    this.items = List.copyOf(items);
  }

  /** {@return how many items are invalid} */
  public long count() {
    return count;
  }

  /** {@return the first 1,000 invalid items, in the order in which they were given} */
  public List<Item> items() {
    return items;
  }

  private static String message(long count, List<Item> items) {
    if (items.isEmpty()) {
      throw new IllegalArgumentException("items is empty: at least one is invalid");
    }
    String shown = items.stream().limit(MAX_SHOWN).map(Item::toString).collect(joining("; "));
    long more = count - Math.min(MAX_SHOWN, items.size());
    return (count == 1 ? "1 item is invalid: " : count + " items are invalid: ")
        + shown
        + (more > 0 ? "; and " + more + " more" : "");
  }
}
