package org.batchengine.store;

import java.time.Duration;
import java.util.List;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.jspecify.annotations.Nullable;

/**
 * What became of items that a session owns: one group commit. Empty content is legal: it burns the
 * number.
 *
 * @param number one more than the session's last settle; the first is 1. A number has one content
 *     for ever
 * @param chunks owned chunks of which every item is settled or parked with this settlement or
 *     before: they are removed
 * @param returned owned chunks that are given back with what is still open of them after this
 *     settlement: unowned again at once, without counting as lost, held if their batch is paused.
 *     None of them is among {@code chunks}
 * @param returnedItems owned parked items that are given back in the same way, unchanged
 * @param rates recent rates of the batches in this session, for readers of their status
 */
public record Settlement(
    long session,
    long number,
    List<Outcome> outcomes,
    List<Failure> failures,
    List<Parking> parkings,
    List<ClaimedChunk> chunks,
    List<ClaimedChunk> returned,
    List<ClaimedItem> returnedItems,
    List<Rate> rates) {

  /** A settlement without content. */
  public static Settlement burn(long session, long number) {
    return new Settlement(
        session, number, List.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
        List.of());
  }

  /**
   * An item that is finished.
   *
   * @param state a terminal one
   * @param attempts attempts made, this one included
   * @param durationMicros of the last attempt
   * @param quality 0 to 1, as the processor said
   * @param reason why it was skipped
   * @param parked whether it is owned as a parked item, which goes, and not by a chunk
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
      boolean parked) {

    @Override
    public String toString() {
      return "Outcome[batch=" + batch + ", index=" + index + ", state=" + state + "]";
    }
  }

  /** A failed attempt, whatever follows. */
  public record Failure(long batch, int index, ItemError error) {}

  /**
   * An item that is tried again after the delay.
   *
   * @param attempts attempts made so far
   * @param parked whether it is owned as a parked item already
   */
  public record Parking(
      long batch,
      String type,
      int priority,
      int index,
      int attempts,
      Duration delay,
      boolean parked) {}

  /** Items a second that this session has settled of a batch lately. */
  public record Rate(long batch, double itemsPerSecond) {}
}
