package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.batchengine.feed.EventKind;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.InputSize;
import org.batchengine.store.StoredInput;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.StateRules;

/** Gives due work to sessions, and loads its inputs. */
final class MemoryClaiming implements ClaimStore {
  private static final int MOST_OVERDUE = 1_000;

  private final MemoryTransactions transactions;

  MemoryClaiming(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public Claim claim(ClaimRequest request) {
    return transactions.inTransaction(
        tables -> new MemoryClaim(tables, request.session()).of(request.wanted()));
  }

  @Override
  public Claim claimSequential(long session, Collection<String> types) {
    return transactions.inTransaction(
        tables -> new MemorySequentialClaim(tables, types).of(tables.session(session)));
  }

  @Override
  public Claim claimOverdue(long session, Collection<String> types) {
    return transactions.inTransaction(
        tables -> {
          SessionRow row = tables.session(session);
          List<ClaimedItem> claimed = new ArrayList<>();
          for (String type : types) {
            for (ParkedRow parked :
                tables.readyDeferred.due(type, tables.now(), MOST_OVERDUE - claimed.size())) {
              tables.own(row, parked);
              claimed.add(parked.claimed());
            }
          }
          return new Claim(List.of(), claimed, claimed.size() == MOST_OVERDUE);
        });
  }

  @Override
  public Claim claimSuspect(long session, Collection<String> types, Duration drain) {
    return transactions.inTransaction(
        tables -> {
          SessionRow row = tables.session(session);
          Optional<ParkedRow> first =
              dueSuspects(tables, types).min(Comparator.comparing(Motion::place));
          List<ClaimedItem> claimed = List.of();
          if (row.ownsNothing() && first.isPresent()) {
            tables.own(row, first.get());
            claimed = List.of(first.get().claimed());
          }
          boolean more = dueSuspects(tables, types).findAny().isPresent();
          return new Claim(List.of(), claimed, more && mayDrain(tables, row, drain));
        });
  }

  /** Whether the session owns nothing, or drains from now on because no other does. */
  private static boolean mayDrain(Tables tables, SessionRow row, Duration drain) {
    Instant now = tables.now();
    if (row.ownsNothing() || row.parked.stream().anyMatch(MemoryClaiming::isSuspect)) {
      return true;
    }
    boolean others =
        tables.sessions.values().stream()
            .anyMatch(other -> other != row && other.drainsBefore(row, now));
    if (!others) {
      row.drainingUntil = now.plus(drain);
    }
    return !others;
  }

  private static boolean isSuspect(ParkedRow parked) {
    return parked.kind == ParkedKind.SUSPECT;
  }

  private static Stream<ParkedRow> dueSuspects(Tables tables, Collection<String> types) {
    Instant now = tables.now();
    return Stream.concat(
        types.stream().flatMap(type -> tables.readySuspects.due(type, now, 1).stream()),
        new MemorySequentialClaim(tables, types).suspects().stream());
  }

  @Override
  public Claim owned(long session) {
    return transactions.inTransaction(
        tables ->
            Optional.ofNullable(tables.sessions.get(session))
                .map(
                    row ->
                        new Claim(
                            row.chunks.stream().map(ChunkRow::claimed).toList(),
                            row.parked.stream().map(ParkedRow::claimed).toList(),
                            false))
                .orElse(Claim.NOTHING));
  }

  @Override
  public List<BatchHeader> headers(Collection<Long> batches) {
    return transactions.inTransaction(
        tables -> tables.found(batches).map(BatchRows::header).toList());
  }

  @Override
  public List<InputSize> measure(ClaimedChunk chunk) {
    return transactions.inTransaction(
        tables -> {
          BatchRows batch = tables.batch(chunk.batch());
          return batch.openItems(chunk.from(), chunk.to()).stream().map(batch::inputSize).toList();
        });
  }

  @Override
  public List<StoredInput> load(ClaimedChunk chunk, int from, int to) {
    return transactions.inTransaction(
        tables -> {
          BatchRows batch = tables.batch(chunk.batch());
          return batch.openItems(from, to).stream().map(batch::input).toList();
        });
  }

  @Override
  public List<StoredInput> load(List<ClaimedItem> parked) {
    return transactions.inTransaction(
        tables ->
            parked.stream().map(item -> tables.batch(item.batch()).input(item.index())).toList());
  }

  @Override
  public List<Long> markRunning(Collection<Long> batches, LongConsumer locked) {
    return transactions.inTransaction(tables -> markRunning(tables, batches));
  }

  static List<Long> markRunning(Tables tables, Collection<Long> batches) {
    Instant now = tables.now();
    List<Long> marked = new ArrayList<>();
    for (Long number : batches) {
      BatchRows batch = tables.live.get(number);
      if (batch != null && StateRules.canStart(batch.state, batch.startedAt != null)) {
        if (batch.state == BatchState.PENDING) {
          tables.change(batch, BatchState.RUNNING);
        }
        batch.startedAt = now;
        batch.updatedAt = now;
        batch.tell(EventKind.STARTED, Tables.NO_NODE, null, now);
        marked.add(number);
      }
    }
    return marked;
  }
}
