package org.batchengine.model;

import static java.util.stream.Collectors.joining;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Thrown if an item cannot be submitted. Nothing of its batch is stored. */
public final class InvalidItemException extends BatchException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_SHOWN = 10;

  private final int index;
  private final List<Violation> violations;

  /**
   * Creates an exception.
   *
   * @param index the item's index in its source, from 0
   * @param violations what is wrong with it, at least one
   */
  public InvalidItemException(int index, List<Violation> violations) {
    this(index, violations, null);
  }

  /**
   * Creates an exception with a cause.
   *
   * @param index the item's index in its source, from 0
   * @param violations what is wrong with it, at least one
   * @param cause the cause
   */
  public InvalidItemException(int index, List<Violation> violations, @Nullable Throwable cause) {
    super(message(index, violations), cause);
    this.index = index;
    this.violations = List.copyOf(violations);
  }

  /** {@return the item's index in its source, from 0} */
  public int index() {
    return index;
  }

  /** {@return what is wrong with the item} */
  public List<Violation> violations() {
    return violations;
  }

  private static String message(int index, List<Violation> violations) {
    if (violations.isEmpty()) {
      throw new IllegalArgumentException("violations is empty: an invalid item has at least one");
    }
    String shown =
        violations.stream().limit(MAX_SHOWN).map(Violation::toString).collect(joining("; "));
    int more = violations.size() - MAX_SHOWN;
    return "item " + index + " is invalid: " + shown + (more > 0 ? "; and " + more + " more" : "");
  }
}
