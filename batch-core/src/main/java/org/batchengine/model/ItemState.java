package org.batchengine.model;

import java.util.List;

/**
 * The state of an item. No states will be added in 1.x, so a switch over these eight stays
 * complete.
 */
public enum ItemState {
  /** Waiting for its first attempt. Aliases: queued, created, new, waiting. */
  PENDING("queued", "created", "new", "waiting"),
  /** Owned by an engine. Aliases: processing, in_progress, started, active. */
  RUNNING("processing", "in_progress", "started", "active"),
  /** Failed, and waiting for its next attempt. Aliases: retry, retry_pending. */
  RETRYING("retry", "retry_pending"),
  /** Handed out, to be settled from outside. Aliases: external, awaiting. */
  DEFERRED("external", "awaiting"),
  /** Done. Aliases: success, successful, completed, complete, done, processed, finished. */
  SUCCEEDED("success", "successful", "completed", "complete", "done", "processed", "finished"),
  /** Failed for good. Aliases: error, failure, permanently_failed. */
  FAILED("error", "failure", "permanently_failed"),
  /** Skipped by its processor. Aliases: skip, filtered, ignored. */
  SKIPPED("skip", "filtered", "ignored"),
  /** Not processed because the batch was stopped. Aliases: canceled, aborted, stopped. */
  CANCELLED("canceled", "aborted", "stopped");

  private static final StateNames<ItemState> NAMES =
      new StateNames<>("item", values(), state -> state.aliases);

  @SuppressWarnings("ImmutableEnumChecker") // List.of is
  private final List<String> aliases;

  ItemState(String... aliases) {
    this.aliases = List.of(aliases);
  }

  /**
   * {@return whether the item is settled} A failed item may run again if failed items are retried.
   */
  public boolean isTerminal() {
    return switch (this) {
      case SUCCEEDED, FAILED, SKIPPED, CANCELLED -> true;
      case PENDING, RUNNING, RETRYING, DEFERRED -> false;
    };
  }

  /**
   * Returns the state with this name or alias.
   *
   * @param nameOrAlias in any case; a hyphen or blank counts as an underscore
   * @return the state
   * @throws IllegalArgumentException if there is no such state; the message lists all names
   */
  public static ItemState parse(String nameOrAlias) {
    return NAMES.parse(nameOrAlias);
  }
}
