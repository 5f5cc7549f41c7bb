package org.batchengine.store;

import java.time.Duration;
import java.util.List;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.jspecify.annotations.Nullable;

/**
 * The results of items that a session owns, for one group commit. It may be empty: it then burns
 * its number.
 *
 * @param number one more than that of the session's last settlement, starting at 1. The content of
 *     a number never changes
 * @param chunks owned chunks with every item settled or parked, by this settlement or before; they
 *     are removed
 * @param returned owned chunks to give back with the items still open after this settlement:
 *     unowned at once, not counted as lost, held if their batch is paused. None is also in {@code
 *     chunks}
 * @param cuts owned chunks of which the items from some index on are given back, likewise; nobody
 *     has begun them. None is also in {@code chunks} or {@code returned}
 * @param returnedItems owned parked items to give back in the same way, unchanged
 * @param rates the batches' recent rates in this session, shown in their status
 */
public record Settlement(
    long session,
    long number,
    List<Outcome> outcomes,
    List<Failure> failures,
    List<Parking> parkings,
    List<ClaimedChunk> chunks,
    List<ClaimedChunk> returned,
    List<Cut> cuts,
    List<ClaimedItem> returnedItems,
    List<Rate> rates) {

  /** An empty settlement, which burns the number. */
  public static Settlement burn(long session, long number) {
    return new Settlement(
        session, number, List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
        List.of(), List.of());
  }

  /** Outcomes of items of one batch, for a transaction of host code; the number does not matter. */
  public static Settlement ofOutcomes(long session, List<Outcome> outcomes, Rate rate) {
    return new Settlement(
        session,
        0,
        outcomes,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(rate));
  }

  /**
   * The outcome of a finished item.
   *
   * @param state the item's terminal state
   * @param attempts the attempts made, including this one
   * @param durationMicros the duration of the last attempt
   * @param quality the quality that the processor reported, 0 to 1
   * @param reason why it was skipped
   * @param parked whether it is owned as a parked item, whose row is removed, and not in a chunk
   * @param measured what the item was measured at
   */
  public record Outcome(
      long batch,
      int index,
      ItemState state,
      int attempts,
      @Nullable String output,
      long durationMicros,
      @Nullable Double quality,
      @Nullable String reason,
      boolean parked,
      Measured.Attempt measured) {

    /** The outcome of an item that was not measured. */
    public Outcome(
        long batch,
        int index,
        ItemState state,
        int attempts,
        @Nullable String output,
        long durationMicros,
        @Nullable Double quality,
        @Nullable String reason,
        boolean parked) {
      this(
          batch,
          index,
          state,
          attempts,
          output,
          durationMicros,
          quality,
          reason,
          parked,
          Measured.Attempt.NONE);
    }

    /** {@return the outcome of an item that was measured} */
    public Outcome measured(Measured.Attempt at) {
      return new Outcome(
          batch, index, state, attempts, output, durationMicros, quality, reason, parked, at);
    }

    @Override
    public String toString() {
      return "Outcome[batch=" + batch + ", index=" + index + ", state=" + state + "]";
    }
  }

  /**
   * A chunk that is cut.
   *
   * @param at the first index that is given back, within the chunk and not its first
   */
  public record Cut(ClaimedChunk chunk, int at) {}

  /** A failed attempt, whether a retry follows or not. */
  public record Failure(long batch, int index, ItemError error) {}

  /**
   * An item to retry after the delay, or to be settled from outside.
   *
   * @param attempts the attempts made so far
   * @param budgetFrom how many of them use up no retry
   * @param delay until the retry is due; of a deferred item, until it counts as not settled
   * @param deferred whether it is to be settled from outside
   * @param parked whether it is already owned as a parked item
   * @param measured what the item was measured at
   */
  public record Parking(
      long batch,
      String type,
      int priority,
      int index,
      int attempts,
      int budgetFrom,
      Duration delay,
      boolean deferred,
      boolean parked,
      Measured.Attempt measured) {

    /** A retry of an item that was not measured. */
    public Parking(
        long batch,
        String type,
        int priority,
        int index,
        int attempts,
        int budgetFrom,
        Duration delay,
        boolean parked) {
      this(
          batch,
          type,
          priority,
          index,
          attempts,
          budgetFrom,
          delay,
          false,
          parked,
          Measured.Attempt.NONE);
    }

    /** {@return an item that was measured} */
    public Parking measured(Measured.Attempt at) {
      return new Parking(
          batch, type, priority, index, attempts, budgetFrom, delay, deferred, parked, at);
    }
  }

  /**
   * Results of items that are settled from outside, all of them parked; the number does not matter.
   */
  public static Settlement ofAnswers(
      long session, List<Outcome> outcomes, List<Failure> failures, List<Parking> parkings) {
    return new Settlement(
        session, 0, outcomes, failures, parkings, List.of(), List.of(), List.of(), List.of(),
        List.of());
  }

  /** How fast this session has settled items of a batch recently. */
  public record Rate(long batch, double itemsPerSecond) {}
}
