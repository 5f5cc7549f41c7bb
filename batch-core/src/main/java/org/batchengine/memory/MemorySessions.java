package org.batchengine.memory;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.EngineNode;
import org.batchengine.model.ItemState;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.SessionRenewal;
import org.batchengine.store.SessionStore;
import org.batchengine.store.rules.Losses;
import org.batchengine.store.rules.NodeCrash;
import org.batchengine.store.rules.ParkedKind;

/** Opens, renews and ends sessions, and counts the losses of abandoned ones. */
final class MemorySessions implements SessionStore {
  private final MemoryTransactions transactions;

  MemorySessions(MemoryTransactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public long open(String host, Duration expiry) {
    return transactions.inTransaction(
        tables -> tables.addSession(host, tables.now().plus(expiry)).id);
  }

  @Override
  public void worksOn(long session, Collection<String> types) {
    transactions.useTransaction(
        tables -> {
          SessionRow row = tables.sessions.get(session);
          if (row != null) {
            row.types = Set.copyOf(types);
          }
        });
  }

  @Override
  public SessionRenewal renewal() {
    return new Renewal(transactions);
  }

  private record Renewal(MemoryTransactions transactions) implements SessionRenewal {
    @Override
    public boolean renew(long session, Duration expiry) {
      return transactions.inTransaction(
          tables -> {
            SessionRow row = tables.sessions.get(session);
            if (row != null) {
              row.expiresAt = tables.now().plus(expiry);
            }
            return row != null;
          });
    }

    @Override
    public void close() {}
  }

  @Override
  public void release(long session) {
    transactions.useTransaction(
        tables -> {
          SessionRow row = tables.sessions.get(session);
          if (row != null) {
            end(tables, row);
          }
        });
  }

  /** Its work does not count as lost. */
  private static void end(Tables tables, SessionRow session) {
    MemorySubmitting.abandonAll(tables, session.id);
    List.copyOf(session.chunks).forEach(chunk -> tables.free(session, chunk));
    List.copyOf(session.parked).forEach(parked -> tables.free(session, parked));
    tables.sessions.remove(session.id);
    tables.limits.keepOnly(tables.sessions.keySet());
  }

  @Override
  public List<EngineNode> nodes() {
    return transactions.inTransaction(
        tables ->
            tables.sessions.values().stream()
                .filter(row -> !isExpired(tables, row))
                .map(MemorySessions::node)
                .toList());
  }

  private static EngineNode node(SessionRow row) {
    long items = row.chunks.stream().mapToLong(chunk -> chunk.open).sum() + row.parked.size();
    return new EngineNode(
        row.id,
        row.host,
        String.valueOf(ProcessHandle.current().pid()),
        row.expiresAt,
        row.chunks.size(),
        items,
        List.copyOf(row.types));
  }

  @Override
  public List<SessionExpiry> expired() {
    return transactions.inTransaction(
        tables ->
            tables.sessions.values().stream()
                .filter(row -> isExpired(tables, row))
                .map(row -> new SessionExpiry(row.id, row.expiresAt))
                .toList());
  }

  static boolean isExpired(Tables tables, SessionRow row) {
    return row.expiresAt.isBefore(tables.now());
  }

  @Override
  public boolean reap(SessionExpiry expired) {
    return transactions.inTransaction(
        tables -> {
          SessionRow row = tables.sessions.get(expired.session());
          if (row == null
              || !row.expiresAt.equals(expired.expiresAt())
              || !isExpired(tables, row)) {
            return false;
          }
          bury(tables, row);
          return true;
        });
  }

  /** Ends a session whose process is dead. */
  static void bury(Tables tables, SessionRow session) {
    Instant now = tables.now();
    for (ChunkRow chunk : List.copyOf(session.chunks)) {
      if (Losses.isLast(chunk.lost)) {
        dissolve(tables, session, chunk, now);
      } else {
        chunk.lost++;
      }
    }
    for (ParkedRow parked : List.copyOf(session.parked)) {
      if (parked.kind == ParkedKind.DEFERRED || !Losses.isLast(parked.lost)) {
        parked.lost++;
      } else if (parked.kind == ParkedKind.SUSPECT) {
        fail(tables, session, parked, now);
      } else {
        parked.kind = ParkedKind.SUSPECT;
        parked.lost = 0;
      }
    }
    end(tables, session);
  }

  private static void dissolve(Tables tables, SessionRow session, ChunkRow chunk, Instant now) {
    BatchRows batch = chunk.batch;
    List<Integer> open = batch.openItems(chunk.index, chunk.to);
    tables.remove(session, chunk);
    for (int index : open) {
      tables.add(new ParkedRow(batch, index, chunk.priority, ParkedKind.SUSPECT, 0, now));
    }
  }

  /** An existing outcome or error is left as it is: a bad row must not stop a reap. */
  private static void fail(Tables tables, SessionRow session, ParkedRow suspect, Instant now) {
    BatchRows batch = suspect.batch;
    int index = suspect.index;
    tables.remove(session, suspect);
    if (batch.outcomes.get(index) != null) {
      return;
    }
    int attempt = suspect.attempts + 1;
    if (batch.errorsOf(index).stream().noneMatch(error -> error.attempt() == attempt)) {
      batch.addError(index, NodeCrash.error(attempt, now));
    }
    batch.outcomes.set(index, OutcomeRow.crashed(attempt, suspect.measured, now));
    batch.progressOf(session.id).count(ItemState.FAILED);
  }
}
