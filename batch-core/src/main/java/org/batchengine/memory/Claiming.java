package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;

/** Gives work that is due to sessions. */
final class Claiming {
  private final Tables tables;
  private final SequentialClaiming sequential;

  Claiming(Tables tables, SequentialClaiming sequential) {
    this.tables = tables;
    this.sequential = sequential;
  }

  Claim claim(ClaimRequest request) {
    SessionRow session = tables.session(request.session());
    Instant now = tables.now();
    List<ClaimedChunk> chunks = new ArrayList<>();
    List<ClaimedItem> parked = new ArrayList<>();
    List<ChunkRow> rest = new ArrayList<>();
    for (Wanted wanted : request.wanted()) {
      List<ParkedRow> retries =
          tables.readyRetries.due(wanted.type(), now, mostParked(wanted.items()));
      for (ParkedRow retry : retries) {
        tables.own(session, retry);
        parked.add(retry.claimed());
      }
      int most = Math.min(wanted.items() - retries.size(), share(wanted, now));
      claimChunks(session, wanted, most, now, chunks, rest);
    }
    rest.sort(
        Comparator.<ChunkRow>comparingLong(chunk -> chunk.batch.number)
            .thenComparing(chunk -> chunk.index));
    rest.forEach(tables::add);
    boolean more =
        request.wanted().stream()
            .map(Wanted::type)
            .anyMatch(
                type ->
                    tables.readyChunks.hasDue(type, now) || tables.readyRetries.hasDue(type, now));
    return new Claim(List.copyOf(chunks), List.copyOf(parked), more);
  }

  /** Half, rounded up: an engine that wants one item must come to its retries as well. */
  private static int mostParked(int items) {
    return (items + 1) / 2;
  }

  private int share(Wanted wanted, Instant now) {
    int plenty = ClaimRequest.PLENTY_OF_CHUNKS;
    List<ChunkRow> due = tables.readyChunks.due(wanted.type(), now, plenty);
    long items = due.stream().mapToLong(chunk -> chunk.to - chunk.index).sum();
    return wanted.share(due.size() < plenty ? items : Long.MAX_VALUE, tables.sessions.size());
  }

  private void claimChunks(
      SessionRow session,
      Wanted wanted,
      int items,
      Instant now,
      List<ClaimedChunk> claimed,
      List<ChunkRow> rest) {
    int left = items;
    int room = ClaimRequest.MOST_CHUNKS - claimed.size();
    for (ChunkRow chunk : tables.readyChunks.due(wanted.type(), now, room)) {
      if (left <= 0) {
        return;
      }
      tables.own(session, chunk);
      if (chunk.lost == 0) {
        int most = Math.min(left, mostThatFit(chunk.batch, wanted.chunkItems()));
        split(chunk, most, now).ifPresent(rest::add);
      }
      claimed.add(chunk.claimed());
      left -= chunk.to - chunk.index;
    }
  }

  private static int mostThatFit(BatchRows batch, int wanted) {
    long itemBytes = Math.max(1, batch.inputBytes / batch.items.size());
    return (int) Math.max(1, Math.min(wanted, ClaimRequest.CHUNK_BYTES / itemBytes));
  }

  /** Leaves the first {@code items} in the chunk. The rest, if any, is due as of now. */
  private static Optional<ChunkRow> split(ChunkRow chunk, int items, Instant now) {
    if (items >= chunk.to - chunk.index) {
      return Optional.empty();
    }
    int middle = chunk.index + items;
    int openBefore = chunk.batch.openItems(chunk.index, middle).size();
    ChunkRow rest = new ChunkRow(chunk.batch, middle, chunk.to, chunk.open - openBefore, now);
    chunk.to = middle;
    chunk.open = openBefore;
    return Optional.of(rest);
  }

  Claim claimSuspect(long id, Collection<String> types) {
    SessionRow session = tables.session(id);
    Instant now = tables.now();
    Optional<ParkedRow> first = dueSuspects(types, now).min(Comparator.comparing(Motion::place));
    List<ClaimedItem> claimed = List.of();
    if (session.ownsNothing() && first.isPresent()) {
      tables.own(session, first.get());
      claimed = List.of(first.get().claimed());
    }
    boolean more = dueSuspects(types, now).findAny().isPresent();
    return new Claim(List.of(), claimed, more);
  }

  private Stream<ParkedRow> dueSuspects(Collection<String> types, Instant now) {
    return Stream.concat(
        types.stream().flatMap(type -> tables.readySuspects.due(type, now, 1).stream()),
        sequential.suspects(types, now).stream());
  }

  Claim owned(long id) {
    SessionRow session = tables.sessions.get(id);
    return session == null
        ? new Claim(List.of(), List.of(), false)
        : new Claim(
            session.chunks.stream().map(ChunkRow::claimed).toList(),
            session.parked.stream().map(ParkedRow::claimed).toList(),
            false);
  }
}
