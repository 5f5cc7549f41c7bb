package org.batchengine.memory;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.Reason;
import org.batchengine.store.rules.Explanation;
import org.batchengine.store.rules.Explanation.Batch;
import org.batchengine.store.rules.Explanation.Nodes;
import org.batchengine.store.rules.Explanation.Owner;
import org.batchengine.store.rules.Explanation.Place;
import org.jspecify.annotations.Nullable;

/** Gathers why a batch is not done. */
final class BatchReasons {
  private BatchReasons() {}

  static List<Reason> of(Tables tables, BatchRows batch) {
    return batch.state.isTerminal()
        ? List.of()
        : Explanation.of(
            batch(batch),
            nodes(tables, batch),
            batch.motions().map(motion -> place(tables, motion)).toList());
  }

  private static Batch batch(BatchRows batch) {
    return new Batch(
        batch.submitted.type(),
        batch.submitted.sequential(),
        batch.state,
        batch.items.size() - batch.counted(),
        batch.reason,
        batch.deadlineAt(),
        batch.budgetUse(),
        false, // it is taken up in one transaction
        batch.rehearsal != null && !batch.waiting,
        batch.waits.size(),
        batch.waits.values().stream()
            .map(MemoryWaiting.WaitRow::other)
            .limit(Batch.MOST_OTHERS)
            .toList(),
        batch.fill == null || batch.submitted.fill() == null
            ? null
            : batch.submitted.fill().from());
  }

  private static @Nullable String submitter(Tables tables, BatchRows batch) {
    return live(tables)
        .filter(session -> batch.isSubmittedBy(session.id))
        .map(session -> session.host)
        .findFirst()
        .orElse(null);
  }

  private static Stream<SessionRow> live(Tables tables) {
    return tables.sessions.values().stream()
        .filter(session -> !MemorySessions.isExpired(tables, session));
  }

  private static Nodes nodes(Tables tables, BatchRows batch) {
    String type = batch.submitted.type();
    return new Nodes(
        submitter(tables, batch),
        live(tables).anyMatch(session -> !session.types.isEmpty()),
        live(tables).anyMatch(session -> session.types.contains(type)),
        isBehind(tables, batch),
        MemoryLimits.of(tables, batch));
  }

  private static boolean isBehind(Tables tables, BatchRows batch) {
    Instant now = tables.now();
    return !batch.submitted.sequential()
        && tables.live.values().stream()
            .filter(other -> other.isInQueues())
            .filter(other -> other.submitted.type().equals(batch.submitted.type()))
            .filter(other -> other.settings.priority() > batch.settings.priority())
            .flatMap(other -> other.chunks.values().stream())
            .anyMatch(chunk -> chunk.owner == null && chunk.isDue(now));
  }

  private static Place place(Tables tables, Motion motion) {
    SessionRow owner = motion.owner;
    return new Place(
        motion instanceof ParkedRow parked ? parked.kind : null,
        motion instanceof ChunkRow chunk ? chunk.open : 1,
        motion.isDue(tables.now()),
        owner == null ? motion.dueAt() : null,
        owner == null ? null : owner(tables, owner));
  }

  private static Owner owner(Tables tables, SessionRow owner) {
    boolean isThere = tables.sessions.containsKey(owner.id);
    return new Owner(
        owner.id, isThere ? owner.host : null, isThere && !MemorySessions.isExpired(tables, owner));
  }
}
