package org.batchengine.memory;

import static java.util.stream.Collectors.toCollection;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.Actor;
import org.batchengine.store.Measured;
import org.batchengine.store.SweepStore;
import org.batchengine.store.UnsettledBatch;
import org.batchengine.store.rules.StateRules;
import org.jspecify.annotations.Nullable;

/** Finds and finishes work that no engine holds. */
final class MemorySweeping implements SweepStore {
  private final MemoryTransactions transactions;

  MemorySweeping(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public List<Long> done(int limit) {
    return firstLive(limit, (tables, batch) -> batch.isDone() || batch.isRehearsed());
  }

  @Override
  public List<Long> beyondBudget(int limit) {
    return firstLive(limit, (tables, batch) -> batch.isBeyondBudget());
  }

  @Override
  public List<Long> overdue(int limit) {
    return firstLive(
        limit, (tables, batch) -> StateRules.canStop(batch.state) && batch.isOverdue(tables.now()));
  }

  @Override
  public List<Long> stopping(int limit) {
    return firstLive(
        limit, (tables, batch) -> batch.state == BatchState.STOPPING && batch.hasUnowned());
  }

  private List<Long> firstLive(int limit, BiPredicate<Tables, BatchRows> condition) {
    return transactions.inTransaction(
        tables ->
            tables.live.values().stream()
                .filter(batch -> condition.test(tables, batch))
                .limit(limit)
                .map(batch -> batch.number)
                .toList());
  }

  @Override
  public void repair() {
    transactions.useTransaction(
        tables -> {
          List.copyOf(tables.live.values()).forEach(batch -> repair(tables, batch));
          tables.limits.keepOnly(tables.sessions.keySet());
          tables.limits.forgetBatchesBut(tables.live.keySet());
        });
  }

  private static void repair(Tables tables, BatchRows batch) {
    tables.freeOrphans(batch);
    if (batch.isOwned()) {
      MemoryClaiming.markRunning(tables, List.of(batch.number));
    }
    if (batch.submitter != null && !tables.sessions.containsKey(batch.submitter)) {
      tables.hide(batch);
    }
  }

  @Override
  public List<UnsettledBatch> unsettled(Collection<Long> batches) {
    return transactions.inTransaction(
        tables ->
            batches.stream()
                .flatMap(number -> Stream.ofNullable(tables.live.get(number)))
                .filter(MemoryRebuilding::isUnsettled)
                .map(
                    batch ->
                        new UnsettledBatch(batch.number, batch.submitted.id(), batch.counted()))
                .toList());
  }

  @Override
  public int rebuild(long batch, String node) {
    return transactions.inTransaction(
        tables -> {
          BatchRows rows = tables.live.get(batch);
          return rows == null ? 0 : new MemoryRebuilding(tables, rows).rebuild(node);
        });
  }

  @Override
  public List<String> unserved() {
    return transactions.inTransaction(
        tables -> {
          Set<String> types = new TreeSet<>();
          for (BatchRows batch : tables.live.values()) {
            if (StateRules.mayRun(batch.state)
                && batch.chunks.values().stream()
                    .anyMatch(
                        chunk -> chunk.owner == null && !chunk.dueAt().isAfter(tables.now()))) {
              types.add(batch.submitted.type());
            }
          }
          tables.sessions.values().stream()
              .filter(session -> !MemorySessions.isExpired(tables, session))
              .forEach(session -> types.removeAll(session.types));
          return List.copyOf(types);
        });
  }

  @Override
  public int parked(int most) {
    return transactions.inTransaction(
        tables ->
            Math.min(
                tables.live.values().stream().mapToInt(batch -> batch.parked.size()).sum(), most));
  }

  @Override
  public boolean cancelUnowned(long batch, int most) {
    return transactions.inTransaction(
        tables -> {
          BatchRows rows = tables.live.get(batch);
          return rows != null
              && rows.state == BatchState.STOPPING
              && cancelUnowned(tables, rows, most);
        });
  }

  private static boolean cancelUnowned(Tables tables, BatchRows batch, int most) {
    Instant now = tables.now();
    int left = most;
    for (ChunkRow chunk : List.copyOf(batch.chunks.values())) {
      if (chunk.owner == null && left > 0) {
        left -= cancelFront(tables, chunk, left, now);
      }
    }
    for (ParkedRow parked : List.copyOf(batch.parked.values())) {
      if (parked.owner == null && left > 0) {
        tables.remove(parked);
        cancelItem(batch, parked.index, parked.attempts, parked.measured, now);
        left--;
      }
    }
    return batch.hasUnowned();
  }

  /** Cancels up to {@code most} items at the front of the chunk; the rest stays as it was. */
  private static int cancelFront(Tables tables, ChunkRow chunk, int most, Instant now) {
    BatchRows batch = chunk.batch;
    List<Integer> open = batch.openItems(chunk.index, chunk.to);
    List<Integer> front = open.subList(0, Math.min(most, open.size()));
    front.forEach(index -> cancelItem(batch, index, 0, Measured.NONE, now));
    tables.remove(chunk);
    if (front.size() < open.size()) {
      int from = open.get(front.size());
      ChunkRow rest =
          new ChunkRow(batch, from, chunk.to, open.size() - front.size(), chunk.dueAt());
      rest.lost = chunk.lost;
      tables.add(rest);
    }
    return front.size();
  }

  private static void cancelItem(
      BatchRows batch, int index, int attempts, Measured measured, Instant now) {
    batch.outcomes.set(index, OutcomeRow.cancelled(attempts, measured, now));
    batch.progressOf(Tables.NO_SESSION).count(ItemState.CANCELLED);
  }

  @Override
  public int hideEnded(Duration longerAgo, int most) {
    return transactions.inTransaction(
        tables -> {
          List<BatchRows> found = ended(tables, longerAgo).limit(most).toList();
          found.forEach(batch -> tables.delete(batch, null));
          return found.size();
        });
  }

  private static Stream<BatchRows> ended(Tables tables, Duration longerAgo) {
    Instant before = tables.now().minus(longerAgo);
    Set<Long> sources = MemoryFilling.sources(tables);
    return tables.batches.values().stream()
        .filter(batch -> !batch.hidden && batch.state.isTerminal())
        .filter(batch -> !sources.contains(batch.number))
        .filter(batch -> batch.endedAt != null && batch.endedAt.isBefore(before));
  }

  @Override
  public int purgePayloads(Duration longerAgo, @Nullable String tenant, Actor by, int most) {
    return transactions.inTransaction(
        tables -> {
          List<BatchRows> found =
              ended(tables, longerAgo)
                  .filter(batch -> tenant == null || tenant.equals(batch.submitted.tenant()))
                  .filter(batch -> batch.purged < batch.items.size())
                  .toList();
          int left = most;
          for (BatchRows batch : found) {
            if (left > 0 && batch.purged == 0) {
              batch.tell(EventKind.PURGED, by, null, tables.now());
            }
            left -= batch.purge(left);
          }
          return most - left;
        });
  }

  @Override
  public boolean removeHidden(int rows) {
    return transactions.inTransaction(
        tables -> {
          Set<Long> kept = MemoryFilling.sources(tables);
          Deque<BatchRows> hidden =
              tables.hidden.values().stream()
                  .filter(batch -> !kept.contains(batch.number))
                  .collect(toCollection(ArrayDeque::new));
          int left = rows;
          while (left > 0 && !hidden.isEmpty()) {
            BatchRows batch = hidden.getFirst();
            left -= batch.removeRecords(left);
            if (batch.items.isEmpty()) {
              tables.remove(batch);
              hidden.removeFirst();
              left--;
            }
          }
          return !hidden.isEmpty();
        });
  }
}
