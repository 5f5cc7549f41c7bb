package org.batchengine.model;

import static java.util.stream.Collectors.joining;

import java.util.List;

/**
 * Thrown if a batch asks for what this engine does not allow, such as a longer timeout than the
 * maximum of its job type. Nothing of the batch is stored.
 */
public final class InvalidRequestException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final List<Violation> violations;

  /**
   * Creates an exception.
   *
   * @param violations what is wrong, at least one; the path is the name of the request's method
   */
  public InvalidRequestException(List<Violation> violations) {
    super(
        violations.stream()
            .map(violation -> violation.path() + " " + violation.message())
            .collect(joining("; ")));
    this.violations = List.copyOf(violations);
  }

  /** {@return what is wrong; the path is the name of the request's method} */
  public List<Violation> violations() {
    return violations;
  }
}
