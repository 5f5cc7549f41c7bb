package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.rules.ChunkFront;
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
    for (Wanted ofType : wanted) {
      int retries = claimRetries(ofType);
      claimChunks(ofType, Math.min(ofType.items() - retries, share(ofType)));
    }
    leaveRest();
    boolean more = wanted.stream().map(Wanted::type).anyMatch(this::isDue);
    return new Claim(List.copyOf(chunks), List.copyOf(parked), more);
  }

  private int claimRetries(Wanted wanted) {
    List<ParkedRow> retries =
        tables.readyRetries.due(wanted.type(), now, FairShare.ofRetries(wanted));
    for (ParkedRow retry : retries) {
      tables.own(session, retry);
      parked.add(retry.claimed());
    }
    return retries.size();
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

  private void claimChunks(Wanted wanted, int items) {
    int missing = items;
    int room = ChunkFront.MOST_CHUNKS - chunks.size();
    for (ChunkRow chunk : tables.readyChunks.due(wanted.type(), now, room)) {
      if (missing <= 0) {
        return;
      }
      tables.own(session, chunk);
      cut(chunk, Math.min(missing, wanted.chunkItems()));
      chunks.add(chunk.claimed());
      missing -= chunk.to - chunk.index;
    }
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
  private void leaveRest() {
    rest.sort(
        Comparator.<ChunkRow>comparingLong(chunk -> chunk.batch.number)
            .thenComparing(chunk -> chunk.index));
    rest.forEach(tables::add);
  }

  private boolean isDue(String type) {
    return tables.readyChunks.hasDue(type, now) || tables.readyRetries.hasDue(type, now);
  }
}
