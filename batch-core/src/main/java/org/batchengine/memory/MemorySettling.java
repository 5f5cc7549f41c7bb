package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.BatchRows.ProgressRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchJob;
import org.batchengine.model.SettleResult;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.MeasureSums;
import org.batchengine.store.SettleStore;
import org.batchengine.store.Settlement;
import org.batchengine.store.Settlement.Failure;
import org.batchengine.store.Settlement.Outcome;
import org.batchengine.store.Settlement.Parking;
import org.batchengine.store.Settlement.Rate;
import org.batchengine.store.rules.AnswerRule;
import org.batchengine.store.rules.EndOfBatch;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.SettlementNumber;
import org.jspecify.annotations.Nullable;

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

  /** An item that is parked again keeps its count of losses, and its kind unless it is deferred. */
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
      if (parking.deferred() || parked.kind == ParkedKind.DEFERRED) {
        parked.kind = kindOf(parking);
      }
      parked.dueAt(dueAt);
      tables.free(session, parked);
    } else {
      ChunkRow chunk = batch.chunkOf(index);
      chunk.open--;
      ParkedRow retry =
          new ParkedRow(batch, index, batch.settings.priority(), kindOf(parking), attempts, dueAt);
      retry.lost = chunk.lost;
      retry.budgetFrom = parking.budgetFrom();
      retry.measured = parking.measured().total();
      tables.add(retry);
    }
  }

  private static ParkedKind kindOf(Parking parking) {
    return parking.deferred() ? ParkedKind.DEFERRED : ParkedKind.RETRY;
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
  public Map<Integer, SettleResult> settleDeferred(
      long session,
      long batch,
      Map<Integer, Integer> attempts,
      Function<List<ClaimedItem>, Settlement> verdicts) {
    return transactions.inTransaction(
        tables -> {
          SessionRow row = tables.session(session);
          BatchRows rows = tables.batches.get(batch);
          Map<Integer, SettleResult> results = new LinkedHashMap<>();
          List<ParkedRow> deferred = new ArrayList<>();
          attempts.forEach(
              (index, attempt) -> {
                SettleResult result = resultOf(rows, index, attempt);
                results.put(index, result);
                if (rows != null && result == SettleResult.SETTLED) {
                  deferred.add(rows.parkedOf(index));
                }
              });
          if (!deferred.isEmpty()) {
            settle(tables, row, deferred, verdicts);
          }
          return results;
        });
  }

  private static SettleResult resultOf(@Nullable BatchRows rows, int index, int attempt) {
    if (rows == null || index >= rows.outcomes.size()) {
      return SettleResult.NOT_YET;
    }
    ParkedRow parked = rows.parked.get(index);
    return AnswerRule.of(
        parked == null
            ? null
            : new AnswerRule.Parked(parked.kind, parked.attempts, parked.owner == null),
        rows.outcomes.get(index) != null,
        attempt);
  }

  private static void settle(
      Tables tables,
      SessionRow session,
      List<ParkedRow> deferred,
      Function<List<ClaimedItem>, Settlement> verdicts) {
    Settlement settlement = verdicts.apply(deferred.stream().map(ParkedRow::claimed).toList());
    deferred.forEach(parked -> tables.own(session, parked));
    try {
      new SettlementCheck(tables, session).check(settlement);
    } catch (RuntimeException e) {
      deferred.forEach(parked -> tables.free(session, parked));
      throw e;
    }
    write(tables, session, settlement);
  }

  @Override
  public Map<String, Integer> indexes(long batch, Collection<String> keys) {
    return transactions.inTransaction(
        tables -> {
          Map<String, Integer> indexes = new HashMap<>(tables.batch(batch).indexByKey);
          indexes.keySet().retainAll(Set.copyOf(keys));
          return indexes;
        });
  }

  @Override
  public List<BatchJob> completeIfDone(Collection<Long> batches, LongConsumer locked) {
    return transactions.inTransaction(
        tables ->
            batches.stream()
                .flatMap(number -> Optional.ofNullable(tables.live.get(number)).stream())
                .filter(batch -> batch.isDone() || batch.isRehearsed())
                .map(
                    batch ->
                        batch.isRehearsed()
                            ? MemoryRehearsing.end(tables, batch)
                            : end(tables, batch))
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
