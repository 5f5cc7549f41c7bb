package org.batchengine.memory;

import java.time.Instant;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.BatchRows.ProgressRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.Kind;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.Settlement.Rate;

/** Writes settlements. All is checked before any is written: a refused one leaves no trace. */
final class Settling {
  private final Tables tables;

  Settling(Tables tables) {
    this.tables = tables;
  }

  boolean settle(Settlement settlement) {
    SessionRow session = tables.session(settlement.session());
    if (session.settled >= settlement.number()) {
      return false;
    }
    if (session.settled != settlement.number() - 1) {
      throw new IllegalStateException(
          "session %d was sent settlement %d after %d"
              .formatted(session.id, settlement.number(), session.settled));
    }
    new SettlementCheck(tables, session).check(settlement);
    session.settled = settlement.number();
    write(session, settlement);
    return true;
  }

  private void write(SessionRow session, Settlement settlement) {
    Instant now = tables.now();
    for (Outcome outcome : settlement.outcomes()) {
      BatchRows batch = tables.batch(outcome.batch());
      if (outcome.parked()) {
        tables.remove(session, batch.parkedOf(outcome.index()));
      } else {
        batch.chunkOf(outcome.index()).open--;
      }
      batch.outcomes.set(outcome.index(), OutcomeRow.of(outcome, now));
      batch.progressOf(session.id).count(outcome.state());
    }
    for (Failure failure : settlement.failures()) {
      tables.batch(failure.batch()).addError(failure.index(), failure.error());
    }
    for (Parking parking : settlement.parkings()) {
      park(session, parking, now.plus(parking.delay()));
    }
    for (ClaimedChunk chunk : settlement.chunks()) {
      tables.remove(session, tables.batch(chunk.batch()).chunkOf(chunk.from()));
    }
    for (ClaimedChunk chunk : settlement.returned()) {
      giveBack(session, tables.batch(chunk.batch()).chunkOf(chunk.from()));
    }
    for (ClaimedItem item : settlement.returnedItems()) {
      tables.free(session, tables.batch(item.batch()).parkedOf(item.index()));
    }
    for (Rate rate : settlement.rates()) {
      ProgressRow progress = tables.batch(rate.batch()).progress.get(session.id);
      if (progress != null) {
        progress.itemsPerSecond = rate.itemsPerSecond();
        progress.updatedAt = now;
      }
    }
  }

  /** A chunk of which nothing is open any more is over. */
  private void giveBack(SessionRow session, ChunkRow chunk) {
    if (chunk.open == 0) {
      tables.remove(session, chunk);
    } else {
      tables.free(session, chunk);
    }
  }

  /** What is parked again keeps its kind and its count of losses. */
  private void park(SessionRow session, Parking parking, Instant dueAt) {
    BatchRows batch = tables.batch(parking.batch());
    int index = parking.index();
    if (parking.parked()) {
      ParkedRow parked = batch.parkedOf(index);
      parked.attempts = parking.attempts();
      parked.dueAt(dueAt);
      tables.free(session, parked);
    } else {
      ChunkRow chunk = batch.chunkOf(index);
      chunk.open--;
      ParkedRow retry =
          new ParkedRow(batch, index, parking.priority(), Kind.RETRY, parking.attempts(), dueAt);
      retry.lost = chunk.lost;
      tables.add(retry);
    }
  }
}
