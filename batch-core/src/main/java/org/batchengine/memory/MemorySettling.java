package org.batchengine.memory;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.BatchRows.ProgressRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchJob;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.SettleStore;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.Settlement.Rate;
import org.batchengine.store.rules.EndOfBatch;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.SettlementNumber;

/**
 * Writes settlements, each number of a session once, and ends batches that have nothing in motion.
 * A settlement is checked before any of it is written, so a refused one leaves no trace.
 */
final class MemorySettling implements SettleStore {
  private final MemoryTransactions transactions;

  MemorySettling(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public boolean settle(Settlement settlement) {
    return transactions.inTransaction(
        tables -> {
          SessionRow session = tables.session(settlement.session());
          if (session.settled >= settlement.number()) {
            return false;
          }
          if (session.settled != settlement.number() - 1) {
            throw SettlementNumber.notNext(settlement, session.settled);
          }
          new SettlementCheck(tables, session).check(settlement);
          session.settled = settlement.number();
          write(tables, session, settlement);
          return true;
        });
  }

  private static void write(Tables tables, SessionRow session, Settlement settlement) {
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
      add(batch, session, MeasureSums.of(outcome));
    }
    for (Failure failure : settlement.failures()) {
      tables.batch(failure.batch()).addError(failure.index(), failure.error());
    }
    for (Parking parking : settlement.parkings()) {
      park(tables, session, parking, now.plus(parking.delay()));
    }
    for (ClaimedChunk chunk : settlement.chunks()) {
      tables.remove(session, tables.batch(chunk.batch()).chunkOf(chunk.from()));
    }
    for (ClaimedChunk chunk : settlement.returned()) {
      giveBack(tables, session, tables.batch(chunk.batch()).chunkOf(chunk.from()));
    }
    for (Settlement.Cut cut : settlement.cuts()) {
      cut(tables, tables.batch(cut.chunk().batch()).chunkOf(cut.chunk().from()), cut.at());
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

  /** A row that counts nothing would be motion. */
  private static void add(BatchRows batch, SessionRow session, MeasureSums sums) {
    if (!sums.isNone()) {
      ProgressRow progress = batch.progressOf(session.id);
      progress.sums = progress.sums.plus(sums);
    }
  }

  /** An item that is parked again keeps its kind and its count of losses. */
  private static void park(Tables tables, SessionRow session, Parking parking, Instant dueAt) {
    BatchRows batch = tables.batch(parking.batch());
    int index = parking.index();
    int attempts = parking.attempts();
    add(batch, session, MeasureSums.of(parking.measured()));
    if (parking.parked()) {
      ParkedRow parked = batch.parkedOf(index);
      parked.attempts = attempts;
      parked.budgetFrom = parking.budgetFrom();
      parked.measured = parking.measured().total();
      parked.dueAt(dueAt);
      tables.free(session, parked);
    } else {
      ChunkRow chunk = batch.chunkOf(index);
      chunk.open--;
      ParkedRow retry =
          new ParkedRow(
              batch, index, batch.submitted.priority(), ParkedKind.RETRY, attempts, dueAt);
      retry.lost = chunk.lost;
      retry.budgetFrom = parking.budgetFrom();
      retry.measured = parking.measured().total();
      tables.add(retry);
    }
  }

  /** The rest is due when the chunk was, and lost as often. */
  private static void cut(Tables tables, ChunkRow chunk, int at) {
    int open = chunk.batch.openItems(at, chunk.to).size();
    ChunkRow rest = new ChunkRow(chunk.batch, at, chunk.to, open, chunk.dueAt());
    rest.lost = chunk.lost;
    chunk.to = at;
    chunk.open -= open;
    tables.add(rest);
  }

  /** A chunk without open items is over. */
  private static void giveBack(Tables tables, SessionRow session, ChunkRow chunk) {
    if (chunk.open == 0) {
      tables.remove(session, chunk);
    } else {
      tables.free(session, chunk);
    }
  }

  @Override
  public List<BatchJob> completeIfDone(Collection<Long> batches, LongConsumer locked) {
    return transactions.inTransaction(
        tables ->
            batches.stream()
                .flatMap(number -> Optional.ofNullable(tables.live.get(number)).stream())
                .filter(BatchRows::isDone)
                .map(batch -> end(tables, batch))
                .toList());
  }

  private static BatchJob end(Tables tables, BatchRows batch) {
    EndOfBatch end =
        EndOfBatch.of(batch.stoppingTo, batch.reason, batch.tolerance().error(batch.failures()));
    if (batch.startedAt == null) {
      batch.startedAt = tables.now();
    }
    if (end.error() != null) {
      batch.error = end.error();
    }
    batch.reason = end.reason();
    batch.stoppingTo = null;
    tables.end(batch, end.state());
    batch.finalSums = batch.sums();
    batch.progress.clear();
    batch.failedBefore.clear();
    BatchJob job = BatchViews.job(batch, tables.now());
    if (batch.removeAtEnd) {
      tables.delete(batch, null);
    }
    return job;
  }

  @Override
  public long failures(long batch) {
    return transactions.inTransaction(
        tables -> Optional.ofNullable(tables.live.get(batch)).map(BatchRows::failures).orElse(0L));
  }
}
