package org.batchengine.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.Measured;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;

/** A settlement for several stores: each calls a batch by another number, so places name them. */
final class SettlementPlan {
  private final List<Fate> fates = new ArrayList<>();
  private final List<Removal> removals = new ArrayList<>();

  /**
   * What becomes of an item.
   *
   * @param dice 0 to 9: what exactly
   */
  private record Fate(int batch, int index, int attempts, boolean parked, int dice) {}

  private record Removal(int batch, ClaimedChunk chunk) {}

  void add(int batch, int index, int attempts, boolean parked, int dice) {
    fates.add(new Fate(batch, index, attempts, parked, dice));
  }

  void remove(int batch, ClaimedChunk chunk) {
    removals.add(new Removal(batch, chunk));
  }

  SettlementDraft draft(IntToLongFunction numberOf, Instant now) {
    SettlementDraft draft = SettlementDraft.of();
    for (Fate fate : fates) {
      add(draft, fate, numberOf.applyAsLong(fate.batch), now);
    }
    for (Removal removal : removals) {
      ClaimedChunk chunk = removal.chunk;
      long batch = numberOf.applyAsLong(removal.batch);
      draft.removed(new ClaimedChunk(batch, chunk.type(), chunk.from(), chunk.to(), chunk.lost()));
    }
    return draft;
  }

  private static void add(SettlementDraft draft, Fate fate, long batch, Instant now) {
    int attempt = fate.attempts + 1;
    ItemError error = ItemError.of(attempt, "E_TEST", "dice " + "x".repeat(fate.dice), now);
    switch (fate.dice) {
      case 0, 1, 2, 3, 4 -> draft.outcome(outcome(fate, batch, ItemState.SUCCEEDED));
      case 5 -> draft.outcome(outcome(fate, batch, ItemState.SKIPPED));
      case 6 ->
          draft.outcome(outcome(fate, batch, ItemState.FAILED)).failure(batch, fate.index, error);
      case 9 ->
          draft.parked(
              new Parking(
                  batch,
                  "annotate",
                  5,
                  fate.index,
                  attempt,
                  0,
                  Duration.ofSeconds(3),
                  true,
                  fate.parked,
                  Measured.Attempt.NONE));
      default -> {
        Duration delay = Duration.ofMillis(fate.dice * 300L);
        draft
            .failure(batch, fate.index, error)
            .parked(new Parking(batch, "annotate", 5, fate.index, attempt, 0, delay, fate.parked));
      }
    }
  }

  private static Outcome outcome(Fate fate, long batch, ItemState state) {
    return new Outcome(
        batch, fate.index, state, fate.attempts + 1, "out", 5, 0.5, null, fate.parked);
  }

  @Override
  public String toString() {
    return fates + " " + removals;
  }
}
