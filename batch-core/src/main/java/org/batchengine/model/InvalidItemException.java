package org.batchengine.model;

import static java.util.stream.Collectors.joining;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Thrown when an item cannot be submitted; nothing of its batch is kept then. */
public final class InvalidItemException extends BatchException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_SHOWN = 10;

  private final int index;
  private final List<Violation> violations;

  /**
   * Makes an exception.
   *
   * @param index place of the item in its source, from 0
   * @param violations what is wrong with it, at least one
   */
  public InvalidItemException(int index, List<Violation> violations) {
    this(index, violations, null);
  }

  /**
   * Makes an exception that another one led to.
   *
   * @param index place of the item in its source, from 0
   * @param violations what is wrong with it, at least one
   * @param cause what led to it
   */
  public InvalidItemException(int index, List<Violation> violations, @Nullable Throwable cause) {
    super(message(index, violations), cause);
    this.index = index;
    this.violations = List.copyOf(violations);
  }

  /** {@return the place of the item in its source, from 0} */
  public int index() {
    return index;
  }

  /** {@return what is wrong with it} */
  public List<Violation> violations() {
    return violations;
  }

  private static String message(int index, List<Violation> violations) {
    if (violations.isEmpty()) {
      throw new IllegalArgumentException("an invalid item has at least one violation");
    }
    String shown =
        violations.stream().limit(MAX_SHOWN).map(Violation::toString).collect(joining("; "));
    int more = violations.size() - MAX_SHOWN;
    return "item " + index + " is invalid: " + shown + (more > 0 ? "; and " + more + " more" : "");
  }
}
