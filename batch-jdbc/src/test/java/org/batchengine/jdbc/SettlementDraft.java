package org.batchengine.jdbc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.batchengine.model.ItemError;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Measured;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.Settlement.Rate;

/** What is to be settled, before it has a number. */
final class SettlementDraft {
  private final List<Outcome> outcomes = new ArrayList<>();
  private final List<Failure> failures = new ArrayList<>();
  private final List<Parking> parkings = new ArrayList<>();
  private final List<ClaimedChunk> chunks = new ArrayList<>();
  private final List<ClaimedChunk> returned = new ArrayList<>();
  private final List<Settlement.Cut> cuts = new ArrayList<>();
  private final List<ClaimedItem> returnedItems = new ArrayList<>();
  private final List<Rate> rates = new ArrayList<>();

  static SettlementDraft of() {
    return new SettlementDraft();
  }

  /** Items of a chunk that succeeded at once. */
  SettlementDraft succeeded(long batch, int... indexes) {
    for (int index : indexes) {
      outcome(batch, index, ItemState.SUCCEEDED);
    }
    return this;
  }

  SettlementDraft failed(long batch, int index, ItemError error) {
    failure(batch, index, error);
    return outcome(batch, index, ItemState.FAILED);
  }

  SettlementDraft outcome(long batch, int index, ItemState state) {
    return outcome(new Outcome(batch, index, state, 1, null, 1_000, null, null, false));
  }

  SettlementDraft output(long batch, int index, String output) {
    return outcome(
        new Outcome(batch, index, ItemState.SUCCEEDED, 1, output, 1_000, null, null, false));
  }

  /** A parked item that ends. */
  SettlementDraft outcome(ClaimedItem item, ItemState state) {
    return outcome(
        new Outcome(
            item.batch(), item.index(), state, item.attempts() + 1, null, 1_000, null, null, true));
  }

  SettlementDraft outcome(Outcome outcome) {
    outcomes.add(outcome);
    return this;
  }

  SettlementDraft failure(long batch, int index, ItemError error) {
    failures.add(new Failure(batch, index, error));
    return this;
  }

  /** An item of a chunk that is tried again. */
  SettlementDraft parked(long batch, int index, Duration delay) {
    return parked(new Parking(batch, "annotate", 5, index, 1, 0, delay, false));
  }

  /** A parked item that is tried again. */
  SettlementDraft parkedAgain(ClaimedItem item, Duration delay) {
    return parked(
        new Parking(
            item.batch(),
            item.type(),
            5,
            item.index(),
            item.attempts() + 1,
            item.budgetFrom(),
            delay,
            true));
  }

  /** An item of a chunk that is to be settled from outside. */
  SettlementDraft deferred(long batch, int index, Duration atMost) {
    return parked(
        new Parking(batch, "annotate", 5, index, 1, 0, atMost, true, false, Measured.Attempt.NONE));
  }

  SettlementDraft parked(Parking parking) {
    parkings.add(parking);
    return this;
  }

  SettlementDraft removed(ClaimedChunk chunk) {
    chunks.add(chunk);
    return this;
  }

  SettlementDraft returned(ClaimedChunk chunk) {
    returned.add(chunk);
    return this;
  }

  SettlementDraft cut(ClaimedChunk chunk, int at) {
    cuts.add(new Settlement.Cut(chunk, at));
    return this;
  }

  SettlementDraft returned(ClaimedItem item) {
    returnedItems.add(item);
    return this;
  }

  SettlementDraft rate(long batch, double itemsPerSecond) {
    rates.add(new Rate(batch, itemsPerSecond));
    return this;
  }

  Settlement numbered(long session, long number) {
    return new Settlement(
        session,
        number,
        List.copyOf(outcomes),
        List.copyOf(failures),
        List.copyOf(parkings),
        List.copyOf(chunks),
        List.copyOf(returned),
        List.copyOf(cuts),
        List.copyOf(returnedItems),
        List.copyOf(rates));
  }
}
