package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.rules.BatchTurns;
import org.batchengine.store.rules.ChunkFront;
import org.batchengine.store.rules.ClaimBudget;
import org.batchengine.store.rules.ClaimOrder;
import org.batchengine.store.rules.ClaimOrder.Offer;
import org.batchengine.store.rules.FairShare;

/** One claim of due retries and chunks, in its transaction. */
final class MemoryClaim {
  private final Tables tables;
  private final SessionRow session;
  private final Instant now;
  private final List<ClaimedChunk> chunks = new ArrayList<>();
  private final List<ClaimedItem> parked = new ArrayList<>();
  private final List<ChunkRow> rest = new ArrayList<>();

  MemoryClaim(Tables tables, long session) {
    this.tables = tables;
    this.session = tables.session(session);
    this.now = tables.now();
  }

  Claim of(List<Wanted> wanted) {
    boolean more = false;
    for (Wanted ofType : wanted) {
      ClaimBudget budget = new ClaimBudget(ofType);
      ClaimOrder.claim(
          ofType,
          budget,
          share(ofType),
          (below, items) -> retries(ofType, budget, below),
          (below, items) -> chunks(ofType, budget, below));
      more |= !budget.hasPassedOver() && isDue(ofType.type(), budget);
    }
    more |= leaveRest();
    return new Claim(List.copyOf(chunks), List.copyOf(parked), more, tables.limits.revision);
  }

  private Optional<Offer> retries(Wanted wanted, ClaimBudget budget, int below) {
    return tables
        .readyRetries
        .priorityBelow(below, wanted.type(), now)
        .map(
            priority ->
                new MemoryOffer(
                    priority,
                    (items, ofTenant) ->
                        claimRetries(wanted.type(), budget, priority, items, ofTenant)));
  }

  private Optional<Offer> chunks(Wanted wanted, ClaimBudget budget, int below) {
    return chunks.size() == ChunkFront.MOST_CHUNKS
        ? Optional.empty()
        : tables
            .readyChunks
            .priorityBelow(below, wanted.type(), now)
            .map(
                priority ->
                    new MemoryOffer(
                        priority,
                        (items, ofTenant) -> claimChunks(wanted, budget, priority, items)));
  }

  private interface Claiming {
    int claim(int items, IntUnaryOperator ofTenant);
  }

  private record MemoryOffer(int priority, Claiming claiming) implements Offer {
    @Override
    public int claim(int items, IntUnaryOperator ofTenant) {
      return claiming.claim(items, ofTenant);
    }
  }

  private int claimRetries(
      String type, ClaimBudget budget, int priority, int items, IntUnaryOperator ofTenant) {
    Map<String, Integer> most = new HashMap<>();
    int claimed = 0;
    for (ParkedRow retry :
        tables.readyRetries.dueOf(
            priority, type, now, Integer.MAX_VALUE, tenant -> budget.left(tenant, priority) > 0)) {
      String tenant = retry.batch.submitted.tenant();
      int left = most.computeIfAbsent(tenant, of -> ofTenant.applyAsInt(budget.left(of, priority)));
      if (left > 0 && claimed < items && budget.left(retry.batch.number) > 0) {
        budget.claimed(retry.batch.number, 1);
        tables.own(session, retry);
        parked.add(retry.claimed());
        budget.claimed(tenant, 1);
        most.put(tenant, left - 1);
        claimed++;
      }
    }
    return claimed;
  }

  private int share(Wanted wanted) {
    return FairShare.ofChunks(wanted, tables.sessions.size(), () -> dueItems(wanted.type()));
  }

  private long dueItems(String type) {
    int plenty = FairShare.PLENTY_OF_CHUNKS;
    List<ChunkRow> due = tables.readyChunks.due(type, now, plenty);
    return due.size() < plenty
        ? due.stream().mapToLong(chunk -> chunk.to - chunk.index).sum()
        : Long.MAX_VALUE;
  }

  private int claimChunks(Wanted wanted, ClaimBudget budget, int priority, int items) {
    Map<String, List<ChunkRow>> due = new LinkedHashMap<>();
    for (ChunkRow chunk :
        tables.readyChunks.dueOf(
            priority,
            wanted.type(),
            now,
            budget.fullBatches().isEmpty() ? BatchTurns.WINDOW : Integer.MAX_VALUE,
            tenant -> budget.left(tenant, priority) > 0)) {
      if (budget.left(chunk.batch.number) == 0) {
        continue;
      }
      due.computeIfAbsent(chunk.batch.submitted.tenant(), tenant -> new ArrayList<>()).add(chunk);
    }
    int missing = items;
    int turns = due.size();
    for (Map.Entry<String, List<ChunkRow>> turn : due.entrySet()) {
      if (missing <= 0) {
        break;
      }
      int share = Math.max(wanted.leastItems(), (missing - 1) / turns-- + 1);
      int left = Math.min(Math.min(share, missing), budget.left(turn.getKey(), priority));
      int claimed = left <= 0 ? 0 : claimChunks(wanted, budget, turn.getValue(), left);
      budget.claimed(turn.getKey(), claimed);
      missing -= claimed;
    }
    return items - missing;
  }

  private int claimChunks(Wanted wanted, ClaimBudget budget, List<ChunkRow> due, int items) {
    boolean several = BatchTurns.areOfSeveral(due, chunk -> chunk.batch.number);
    List<ChunkRow> chosen = several ? BatchTurns.firsts(due, chunk -> chunk.batch.number) : due;
    int most = budget.chunkItems(due.get(0).batch.submitted.tenant());
    if (several) {
      most = Math.min(most, BatchTurns.share(wanted, items, chosen.size()));
    }
    int missing = items;
    for (ChunkRow chunk : chosen) {
      if (missing <= 0 || chunks.size() == ChunkFront.MOST_CHUNKS) {
        break;
      }
      int mostOfBatch = budget.left(chunk.batch.number);
      if (mostOfBatch == 0) {
        continue;
      }
      tables.own(session, chunk);
      cut(chunk, Math.min(Math.min(missing, most), mostOfBatch));
      chunks.add(chunk.claimed());
      budget.claimed(chunk.batch.number, chunk.to - chunk.index);
      missing -= chunk.to - chunk.index;
    }
    return items - missing;
  }

  /** Leaves only its front in the chunk. The rest, if any, is due from now on. */
  private void cut(ChunkRow chunk, int most) {
    int end = ChunkFront.end(chunk.index, chunk.to, chunk.lost, most, chunk.batch.meanInputBytes());
    if (end < chunk.to) {
      int openBefore = chunk.batch.openItems(chunk.index, end).size();
      rest.add(new ChunkRow(chunk.batch, end, chunk.to, chunk.open - openBefore, now));
      chunk.to = end;
      chunk.open = openBefore;
    }
  }

  /** Called last: the rest moves to the end of its priority's queue. */
  private boolean leaveRest() {
    rest.sort(
        Comparator.<ChunkRow>comparingLong(chunk -> chunk.batch.number)
            .thenComparing(chunk -> chunk.index));
    rest.forEach(tables::add);
    return !rest.isEmpty();
  }

  private boolean isDue(String type, ClaimBudget budget) {
    Predicate<BatchRows> mayHaveMore = batch -> budget.left(batch.number) > 0;
    return tables.readyChunks.hasDue(type, now, mayHaveMore)
        || tables.readyRetries.hasDue(type, now, mayHaveMore);
  }
}
