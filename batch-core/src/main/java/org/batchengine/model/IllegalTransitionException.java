package org.batchengine.model;

import static java.util.stream.Collectors.joining;

import java.util.stream.Stream;

/** Thrown if a batch's state does not allow the requested operation. */
public final class IllegalTransitionException extends BatchException {
  private static final long serialVersionUID = 1L;

  private final BatchId batchId;
  private final BatchState state;

  /**
   * Creates an exception for a transition that the table in {@link BatchState} does not allow.
   *
   * @param batchId the batch
   * @param state its current state
   * @param wanted the requested state
   */
  public IllegalTransitionException(BatchId batchId, BatchState state, BatchState wanted) {
    this(batchId, state, "it cannot become " + wanted + ", only " + next(state));
  }

  /**
   * Creates an exception for another operation that the state does not allow.
   *
   * @param batchId the batch
   * @param state its current state
   * @param reason what is not allowed and what to do, for example {@code "only an ended batch can
   *     be deleted; cancel it first"}
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

  /** {@return its state} */
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
