package org.batchengine.model;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where a batch stands. Closed for all of 1.x: finer things are told by {@link
 * BatchJob#stateReason()}, so a switch over these eight stays complete.
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
 * <p>{@code PENDING} and {@code PAUSED} can end at once, because items in hand finish during a
 * pause, and because the step from {@code PENDING} to {@code RUNNING} can be lost in a crash. They
 * become {@code FAILED} when it shows at completion that more items failed than were tolerated.
 */
public enum BatchState {
  /** Items are still arriving; none can be claimed. Aliases: creating, uploading. */
  SUBMITTING("creating", "uploading"),
  /** Waits for its time or for a free engine. Aliases: queued, created, new, waiting, scheduled. */
  PENDING("queued", "created", "new", "waiting", "scheduled"),
  /** Items are being processed. Aliases: processing, in_progress, started, active. */
  RUNNING("processing", "in_progress", "started", "active"),
  /** Nothing new is claimed until it is resumed. Aliases: suspended, on_hold. */
  PAUSED("suspended", "on_hold"),
  /**
   * On the way to its end: nothing new is claimed, items in hand finish. Aliases: cancelling,
   * canceling.
   */
  STOPPING("cancelling", "canceling"),
  /**
   * Every item is settled, failed ones among them or not. Aliases: complete, done, finished,
   * success, succeeded, successful.
   */
  COMPLETED("complete", "done", "finished", "success", "succeeded", "successful"),
  /** The batch itself was given up. Aliases: error, failure. */
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

  /**
   * {@return whether the batch has ended} It may be taken up again, when failed items are retried.
   */
  public boolean isTerminal() {
    return switch (this) {
      case COMPLETED, FAILED, CANCELLED -> true;
      case SUBMITTING, PENDING, RUNNING, PAUSED, STOPPING -> false;
    };
  }

  /**
   * Says whether the transition is allowed.
   *
   * @param next the state to go to
   * @return true as the table above says; false for the state itself
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
   * {@return the states that {@linkplain #canBecome can become} this one: what a store's
   * compare-and-set expects}
   */
  public Set<BatchState> predecessors() {
    return Stream.of(values()).filter(state -> state.canBecome(this)).collect(toUnmodifiableSet());
  }

  /**
   * Returns the state with this name or alias.
   *
   * @param nameOrAlias in any case; a hyphen or blank counts as an underscore
   * @return the state
   * @throws IllegalArgumentException if nothing is called so; the message lists what is
   */
  public static BatchState parse(String nameOrAlias) {
    return NAMES.parse(nameOrAlias);
  }
}
