package org.batchengine.store.rules;

import org.batchengine.model.BatchState;

/** What can happen to a batch; a store writes each with its actor and its reason. */
public enum EventKind {
  /** Its last item has arrived. */
  SUBMITTED,
  /** Work on it has begun. */
  STARTED,
  /** Nothing more of it is claimed. */
  PAUSED,
  /** Its items are claimed again. */
  RESUMED,
  /** Somebody has cancelled it, and it stops. */
  CANCELLING,
  /** It has failed as a whole, and stops. */
  GIVEN_UP,
  /** Failed items of it run again. */
  REOPENED,
  /** It has ended: every item is settled. */
  COMPLETED,
  /** It has ended: it was given up. */
  FAILED,
  /** It has ended: it was cancelled. */
  CANCELLED,
  /** It is hidden, and its records go. */
  DELETED;

  /** {@return the kind that tells of the end of a batch in this state} */
  public static EventKind ofEnd(BatchState state) {
    return switch (state) {
      case COMPLETED -> COMPLETED;
      case FAILED -> FAILED;
      case CANCELLED -> CANCELLED;
      case SUBMITTING, PENDING, RUNNING, PAUSED, STOPPING ->
          throw new IllegalArgumentException(state + " is not the end of a batch");
    };
  }
}
