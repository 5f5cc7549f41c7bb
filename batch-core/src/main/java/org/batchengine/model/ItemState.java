package org.batchengine.model;

import java.util.List;

/** Where an item stands. Closed for all of 1.x, so a switch over these eight stays complete. */
public enum ItemState {
  /** Waits for its first attempt. Aliases: queued, created, new, waiting. */
  PENDING("queued", "created", "new", "waiting"),
  /** Owned by an engine. Aliases: processing, in_progress, started, active. */
  RUNNING("processing", "in_progress", "started", "active"),
  /** Failed, and waits for its next attempt. Aliases: retry, retry_pending. */
  RETRYING("retry", "retry_pending"),
  /** Handed out, to be settled from outside. Aliases: external, awaiting. */
  DEFERRED("external", "awaiting"),
  /** Done. Aliases: success, successful, completed, complete, done, processed, finished. */
  SUCCEEDED("success", "successful", "completed", "complete", "done", "processed", "finished"),
  /** Failed for good. Aliases: error, failure, permanently_failed. */
  FAILED("error", "failure", "permanently_failed"),
  /** Passed over by its processor. Aliases: skip, filtered, ignored. */
  SKIPPED("skip", "filtered", "ignored"),
  /** Not processed, because the batch was stopped. Aliases: canceled, aborted, stopped. */
  CANCELLED("canceled", "aborted", "stopped");

  private static final StateNames<ItemState> NAMES =
      new StateNames<>("item", values(), state -> state.aliases);

  @SuppressWarnings("ImmutableEnumChecker") // List.of is
  private final List<String> aliases;

  ItemState(String... aliases) {
    this.aliases = List.of(aliases);
  }

  /**
   * {@return whether the item is settled} A failed one may be taken up again, when failed items are
   * retried.
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
   * @throws IllegalArgumentException if nothing is called so; the message lists what is
   */
  public static ItemState parse(String nameOrAlias) {
    return NAMES.parse(nameOrAlias);
  }
}
