package org.batchengine.model;

import static java.util.stream.Collectors.joining;

import java.util.stream.Stream;

/** Thrown when a batch is in a state that does not allow what was asked. */
public final class IllegalTransitionException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final BatchId batchId;
  private final BatchState state;

  /**
   * Makes an exception for a transition that the table in {@link BatchState} does not hold.
   *
   * @param batchId the batch
   * @param state where it stands
   * @param wanted where it should have gone
   */
  public IllegalTransitionException(BatchId batchId, BatchState state, BatchState wanted) {
    this(batchId, state, "it cannot become " + wanted + ", only " + next(state));
  }

  /**
   * Makes an exception for something else that its state does not allow.
   *
   * @param batchId the batch
   * @param state where it stands
   * @param reason what is refused and the way out, for example {@code "only an ended batch can be
   *     deleted; cancel it first"}
   */
  public IllegalTransitionException(BatchId batchId, BatchState state, String reason) {
    super("batch " + batchId + " is " + state + ": " + reason);
    this.batchId = batchId;
    this.state = state;
  }

  /** {@return the batch} */
  public BatchId batchId() {
    return batchId;
  }

  /** {@return where it stood} */
  public BatchState state() {
    return state;
  }

  static String next(BatchState state) {
    return Stream.of(BatchState.values())
        .filter(state::canBecome)
        .map(BatchState::name)
        .collect(joining(" or "));
  }
}
