package org.batchengine.memory;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.store.Claim;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.StateRules;
import org.jspecify.annotations.Nullable;

/** One claim of the next item of a sequential batch, in its transaction. */
final class MemorySequentialClaim {
  private final Tables tables;
  private final Collection<String> types;
  private final Instant now;

  MemorySequentialClaim(Tables tables, Collection<String> types) {
    this.tables = tables;
    this.types = types;
    this.now = tables.now();
  }

  /** Within a priority, tenants take turns, and so do the batches of each. */
  Claim of(SessionRow session) {
    List<Motion> next = next().filter(motion -> !isSuspect(motion)).limit(2).toList();
    if (next.isEmpty()) {
      return Claim.NOTHING;
    }
    boolean more = next.size() > 1;
    if (next.get(0) instanceof ParkedRow parked) {
      tables.own(session, parked);
      return new Claim(List.of(), List.of(parked.claimed()), more);
    }
    ChunkRow first = firstItem((ChunkRow) next.get(0));
    tables.own(session, first);
    return new Claim(List.of(first.claimed()), List.of(), more);
  }

  /** Suspects that are next in their batch. Like all suspects, they run alone. */
  List<ParkedRow> suspects() {
    return next().filter(MemorySequentialClaim::isSuspect).map(ParkedRow.class::cast).toList();
  }

  private static boolean isSuspect(Motion motion) {
    return motion instanceof ParkedRow parked && parked.kind == ParkedKind.SUSPECT;
  }

  /**
   * What may be claimed: each batch's next item, if it is due and nothing of the batch is owned.
   */
  private Stream<Motion> next() {
    return tables.live.values().stream()
        .filter(batch -> batch.submitted.sequential())
        .filter(batch -> StateRules.mayRun(batch.state) && !batch.isOwned())
        .filter(batch -> types.contains(batch.submitted.type()))
        .flatMap(batch -> Stream.ofNullable(nextOf(batch)))
        .filter(motion -> motion.isDue(now))
        .sorted(order());
  }

  private Comparator<Motion> order() {
    return Comparator.<Motion>comparingInt(motion -> -motion.priority)
        .thenComparing(motion -> tables.readyChunks.lastTurnOf(motion.batch))
        .thenComparing(motion -> motion.batch.turn)
        .thenComparing(motion -> motion.batch.number);
  }

  /** The chunk or parked row of the batch's lowest unfinished item. */
  private static @Nullable Motion nextOf(BatchRows batch) {
    Motion parked = batch.parked.isEmpty() ? null : batch.parked.firstEntry().getValue();
    ChunkRow chunk = batch.chunks.isEmpty() ? null : batch.chunks.firstEntry().getValue();
    if (parked == null || chunk == null) {
      return parked == null ? chunk : parked;
    }
    return parked.index < firstOpen(chunk) ? parked : chunk;
  }

  private static int firstOpen(ChunkRow chunk) {
    return IntStream.range(chunk.index, chunk.to)
        .filter(chunk.batch::isOpen)
        .findFirst()
        .orElse(chunk.index);
  }

  /**
   * Cuts the chunk to its first open item; the rest is due from now on. A chunk without open items
   * stays whole: its claimer only has to remove it.
   */
  private ChunkRow firstItem(ChunkRow chunk) {
    if (chunk.open == 0) {
      return chunk;
    }
    int index = firstOpen(chunk);
    BatchRows batch = chunk.batch;
    tables.remove(chunk);
    ChunkRow first = new ChunkRow(batch, index, index + 1, 1, chunk.dueAt());
    first.lost = chunk.lost;
    tables.add(first);
    if (chunk.open > 1) {
      tables.add(new ChunkRow(batch, index + 1, chunk.to, chunk.open - 1, now));
    }
    return first;
  }
}
