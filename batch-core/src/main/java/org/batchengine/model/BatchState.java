package org.batchengine.model;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The state of a batch. No states will be added in 1.x, so a switch over these eight stays
 * complete; {@link BatchJob#stateReason()} has the details.
 *
 * <p>The allowed transitions:
 *
 * <table>
 * <caption>From each state, the states that may follow</caption>
 * <tr><th>from</th><th>to</th></tr>
 * <tr><td>SUBMITTING</td><td>PENDING, COMPLETED (an empty batch)</td></tr>
 * <tr><td>PENDING</td><td>RUNNING, PAUSED, STOPPING, COMPLETED, FAILED</td></tr>
 * <tr><td>RUNNING</td><td>PAUSED, STOPPING, COMPLETED, FAILED</td></tr>
 * <tr><td>PAUSED</td><td>PENDING, RUNNING, STOPPING, COMPLETED, FAILED</td></tr>
 * <tr><td>STOPPING</td><td>COMPLETED, FAILED, CANCELLED</td></tr>
 * <tr><td>COMPLETED, FAILED, CANCELLED</td><td>RUNNING (failed items are retried)</td></tr>
 * </table>
 *
 * <p>A batch can end directly from {@code PAUSED}, because running items finish during a pause, and
 * from {@code PENDING}, because a crash can lose the step to {@code RUNNING}. It becomes {@code
 * FAILED} if more items failed than were tolerated.
 */
public enum BatchState {
  /** Items are still arriving; none can be claimed. Aliases: creating, uploading. */
  SUBMITTING("creating", "uploading"),
  /**
   * Waiting for its start time or for a free engine. Aliases: queued, created, new, waiting,
   * scheduled.
   */
  PENDING("queued", "created", "new", "waiting", "scheduled"),
  /** Items are being processed. Aliases: processing, in_progress, started, active. */
  RUNNING("processing", "in_progress", "started", "active"),
  /** Nothing new is claimed until it is resumed. Aliases: suspended, on_hold. */
  PAUSED("suspended", "on_hold"),
  /**
   * About to end: nothing new is claimed, and running items finish. Aliases: cancelling, canceling.
   */
  STOPPING("cancelling", "canceling"),
  /**
   * Every item is settled, though some may have failed. Aliases: complete, done, finished, success,
   * succeeded, successful.
   */
  COMPLETED("complete", "done", "finished", "success", "succeeded", "successful"),
  /** The batch itself failed. Aliases: error, failure. */
  FAILED("error", "failure"),
  /** Stopped by a user. Aliases: canceled, aborted, stopped. */
  CANCELLED("canceled", "aborted", "stopped");

  private static final StateNames<BatchState> NAMES =
      new StateNames<>("batch", values(), state -> state.aliases);

  @SuppressWarnings("ImmutableEnumChecker") // List.of is
  private final List<String> aliases;

  BatchState(String... aliases) {
    this.aliases = List.of(aliases);
  }

  /** {@return whether the batch has ended} It may run again if failed items are retried. */
  public boolean isTerminal() {
    return switch (this) {
      case COMPLETED, FAILED, CANCELLED -> true;
      case SUBMITTING, PENDING, RUNNING, PAUSED, STOPPING -> false;
    };
  }

  /**
   * Returns whether a transition is allowed.
   *
   * @param next the state to change to
   * @return true if the table above has the transition; false for the state itself
   */
  public boolean canBecome(BatchState next) {
    return switch (this) {
      case SUBMITTING -> next == PENDING || next == COMPLETED;
      case PENDING ->
          next == RUNNING
              || next == PAUSED
              || next == STOPPING
              || next == COMPLETED
              || next == FAILED;
      case RUNNING -> next == PAUSED || next == STOPPING || next == COMPLETED || next == FAILED;
      case PAUSED ->
          next == PENDING
              || next == RUNNING
              || next == STOPPING
              || next == COMPLETED
              || next == FAILED;
      case STOPPING -> next.isTerminal();
      case COMPLETED, FAILED, CANCELLED -> next == RUNNING;
    };
  }

  /**
   * {@return the states that {@linkplain #canBecome can become} this one, for a store's
   * compare-and-set}
   */
  public Set<BatchState> predecessors() {
    return Stream.of(values()).filter(state -> state.canBecome(this)).collect(toUnmodifiableSet());
  }

  /**
   * Returns the state with this name or alias.
   *
   * @param nameOrAlias in any case; a hyphen or blank counts as an underscore
   * @return the state
   * @throws IllegalArgumentException if there is no such state; the message lists all names
   */
  public static BatchState parse(String nameOrAlias) {
    return NAMES.parse(nameOrAlias);
  }
}
