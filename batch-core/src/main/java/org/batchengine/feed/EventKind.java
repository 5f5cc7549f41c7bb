package org.batchengine.feed;

import org.batchengine.model.BatchState;

/**
 * What can happen to a batch, a schedule, a template or a limit. Later versions add kinds, so a
 * switch needs a default branch. See {@link FeedEvent}.
 */
public enum EventKind {
  /** Its last item has arrived. */
  SUBMITTED,
  /** It waits for no other batch any more. */
  RELEASED,
  /** Work on it has begun. */
  STARTED,
  /** No more of its items are claimed. */
  PAUSED,
  /** Its items are claimed again. */
  RESUMED,
  /** Settings of it were changed while it was live; {@link FeedEvent#detail} says which. */
  CHANGED,
  /** It was cancelled and is stopping. */
  CANCELLING,
  /** It failed as a whole and is stopping. */
  GIVEN_UP,
  /** Failed items of it were reopened. */
  REOPENED,
  /** Failed items of it were reopened with other inputs; told of beside {@link #REOPENED}. */
  CORRECTED,
  /** Unfinished items of it were in no place, and were put back. */
  REPAIRED,
  /** The payloads of its items are being removed. */
  PURGED,
  /** It has ended: every item is settled. */
  COMPLETED,
  /** It has ended: it was given up. */
  FAILED,
  /** It has ended: it was cancelled. */
  CANCELLED,
  /** It is hidden, and its records are being removed. */
  DELETED,
  /**
   * A schedule was stored or changed: of no batch, and its name is in the place of the job type.
   */
  SCHEDULE_PUT,
  /** A schedule was paused. */
  SCHEDULE_PAUSED,
  /** A schedule was resumed. */
  SCHEDULE_RESUMED,
  /** A schedule was fired by hand. */
  SCHEDULE_FIRED,
  /** A schedule was removed. */
  SCHEDULE_REMOVED,
  /**
   * A template was stored or changed: of no batch, and its name is in the place of the job type.
   */
  TEMPLATE_PUT,
  /** A template was removed. */
  TEMPLATE_REMOVED,
  /**
   * A limit was set: of no batch, and the name of the job type or the tenant is in the place of the
   * job type. The tenant is empty if it is a type's.
   */
  LIMIT_SET,
  /** What was set as a limit does not count any more. */
  LIMIT_RESET,
  /** Calls of a job type do not begin for some time. */
  TYPE_HELD,
  /** Calls of a job type begin again. */
  TYPE_RELEASED,
  /**
   * Too many attempts of a job type have failed alike, so its calls do not begin for some time;
   * {@link FeedEvent#reason} says how many, and with which fingerprint.
   */
  BREAKER_TRIPPED,
  /**
   * Calls that tried whether a job type works again have succeeded; or, if the breaker is that of a
   * batch, whether that does.
   */
  BREAKER_CLOSED,
  /** What a newer version of the engine recorded, and this one does not know. */
  OTHER;

  /** {@return the kind with this name; {@link #OTHER} if there is none here} */
  public static EventKind of(String name) {
    for (EventKind kind : values()) {
      if (kind.name().equals(name)) {
        return kind;
      }
    }
    return OTHER;
  }

  /** {@return whether the batch has ended with it} */
  public boolean isEnd() {
    return this == COMPLETED || this == FAILED || this == CANCELLED;
  }

  /**
   * {@return the event of a batch that ended in this state}
   *
   * @throws IllegalArgumentException if it is not a terminal state
   */
  public static EventKind ofEnd(BatchState state) {
    return switch (state) {
      case COMPLETED -> COMPLETED;
      case FAILED -> FAILED;
      case CANCELLED -> CANCELLED;
      case SUBMITTING, PENDING, RUNNING, PAUSED, STOPPING ->
          throw new IllegalArgumentException(state + " is not a terminal state");
    };
  }
}
