package org.batchengine.memory;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.ItemError;
import org.batchengine.model.StoredText;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.SettleStore;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.jspecify.annotations.Nullable;

/**
 * Checks a settlement before it is written, as the keys, constraints and row counts of a database
 * would. Refuses values that cannot be stored and rows that already exist. A row that is not where
 * the sender expects it is the sender's fault.
 */
final class SettlementCheck {
  private final Tables tables;
  private final SessionRow session;
  private final Set<Item> moved = new HashSet<>();
  private final Set<Attempt> failed = new HashSet<>();
  private final Map<ChunkRow, Integer> left = new HashMap<>();

  SettlementCheck(Tables tables, SessionRow session) {
    this.tables = tables;
    this.session = session;
  }

  /**
   * Checks that the settlement can be written.
   *
   * @throws RefusedSettlementException as {@link SettleStore#settle} does
   * @throws IllegalStateException if the session does not own what is settled
   */
  void check(Settlement settlement) {
    settlement.outcomes().forEach(this::checkOutcome);
    settlement.failures().forEach(this::checkFailure);
    settlement.parkings().forEach(this::checkParking);
    settlement.chunks().forEach(this::checkChunk);
    settlement.returned().forEach(chunk -> checkReturned(settlement, chunk));
    settlement.cuts().forEach(cut -> checkCut(settlement, cut));
    settlement.returnedItems().forEach(this::checkReturned);
  }

  private void checkOutcome(Outcome outcome) {
    BatchRows batch = tables.batch(outcome.batch());
    int index = outcome.index();
    checkValue(outcome.state().isTerminal(), outcome, "its state is not a final one");
    Double quality = outcome.quality();
    checkValue(
        quality == null || (quality >= 0 && quality <= 1), outcome, "its quality is not 0 to 1");
    checkText(outcome.output(), outcome);
    checkText(outcome.reason(), outcome);
    checkNew(
        batch.outcomes.get(index) == null && moved.add(new Item(batch.number, index)), outcome);
    checkPlace(batch, index, outcome.parked(), outcome);
  }

  private void checkFailure(Failure failure) {
    BatchRows batch = tables.batch(failure.batch());
    ItemError error = failure.error();
    checkValue(error.type().length() <= ItemError.MAX_TYPE_LENGTH, error, "its type is too long");
    checkText(error.type(), error);
    checkText(error.message(), error);
    checkText(error.stack(), error);
    boolean isNew =
        batch.errorsOf(failure.index()).stream().noneMatch(e -> e.attempt() == error.attempt())
            && failed.add(new Attempt(batch.number, failure.index(), error.attempt()));
    checkNew(isNew, error);
  }

  private void checkParking(Parking parking) {
    BatchRows batch = tables.batch(parking.batch());
    int index = parking.index();
    boolean isNew =
        batch.outcomes.get(index) == null
            && (parking.parked() || !batch.parked.containsKey(index))
            && moved.add(new Item(batch.number, index));
    checkNew(isNew, parking);
    checkPlace(batch, index, parking.parked(), parking);
  }

  private void checkPlace(BatchRows batch, int index, boolean parked, Object what) {
    ParkedRow row = batch.parked.get(index);
    if (parked) {
      if (row == null || row.owner != session) {
        throw notOwned(what);
      }
      return;
    }
    ChunkRow chunk = batch.findChunkOf(index);
    if (chunk == null || chunk.owner != session || row != null) {
      throw notOwned(what);
    }
    left.merge(chunk, 1, Integer::sum);
  }

  private void checkChunk(ClaimedChunk claimed) {
    ChunkRow chunk = owned(claimed);
    if (chunk.open != left.getOrDefault(chunk, 0)) {
      throw new IllegalStateException(
          claimed + " is to be removed, but not all its items are settled");
    }
  }

  private void checkReturned(Settlement settlement, ClaimedChunk claimed) {
    owned(claimed);
    if (settlement.chunks().contains(claimed)) {
      throw new IllegalStateException(
          claimed + " is to be removed and cannot be given back as well");
    }
  }

  private void checkCut(Settlement settlement, Settlement.Cut cut) {
    checkReturned(settlement, cut.chunk());
    if (settlement.returned().contains(cut.chunk())
        || cut.at() <= cut.chunk().from()
        || cut.at() >= cut.chunk().to()) {
      throw new IllegalStateException(cut + " cannot be made");
    }
  }

  private void checkReturned(ClaimedItem item) {
    ParkedRow row = tables.batch(item.batch()).parked.get(item.index());
    if (row == null
        || row.owner != session
        || moved.contains(new Item(item.batch(), item.index()))) {
      throw notOwned(item);
    }
  }

  private ChunkRow owned(ClaimedChunk claimed) {
    ChunkRow chunk = tables.batch(claimed.batch()).chunks.get(claimed.from());
    if (chunk == null || chunk.owner != session || chunk.to != claimed.to()) {
      throw notOwned(claimed);
    }
    return chunk;
  }

  private IllegalStateException notOwned(Object what) {
    return new IllegalStateException("session " + session.id + " does not own " + what);
  }

  private static void checkText(@Nullable String text, Object what) {
    if (text != null) {
      StoredText.problem(text).ifPresent(problem -> checkValue(false, what, "its text " + problem));
    }
  }

  private static void checkValue(boolean canBeStored, Object what, String problem) {
    if (!canBeStored) {
      throw refused(false, what + " cannot be stored: " + problem);
    }
  }

  private static void checkNew(boolean isNew, Object what) {
    if (!isNew) {
      throw refused(true, what + " already exists");
    }
  }

  private static RefusedSettlementException refused(boolean duplicate, String message) {
    return new RefusedSettlementException(
        duplicate, message, new IllegalArgumentException(message));
  }

  private record Item(long batch, int index) {}

  private record Attempt(long batch, int index, int attempt) {}
}
