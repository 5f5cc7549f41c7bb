package org.batchengine.memory;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.MeasureSums;

/** What must hold of a store in memory whenever nobody is in the middle of a verb. */
public final class MemoryInvariants {
  private final Tables tables;
  private final List<String> violations = new ArrayList<>();

  private MemoryInvariants(Tables tables) {
    this.tables = tables;
  }

  /** What does not hold, in words; empty if all is well. */
  public static List<String> violations(InMemoryBatchStore store) {
    return store.transactions().inTransaction(tables -> new MemoryInvariants(tables).found());
  }

  /** How many sessions there are. */
  public static int sessions(InMemoryBatchStore store) {
    return store.transactions().inTransaction(tables -> tables.sessions.size());
  }

  /** How many batches have records, hidden ones as well. */
  public static int batches(InMemoryBatchStore store) {
    return store.transactions().inTransaction(tables -> tables.batches.size());
  }

  /** How many chunks and parked items sessions own. */
  public static int owned(InMemoryBatchStore store) {
    return store
        .transactions()
        .inTransaction(
            tables ->
                tables.sessions.values().stream()
                    .mapToInt(session -> session.chunks.size() + session.parked.size())
                    .sum());
  }

  private List<String> found() {
    for (BatchRows batch : tables.batches.values()) {
      if (!batch.hidden) {
        check(batch);
      }
    }
    return violations;
  }

  private void check(BatchRows batch) {
    if (batch.state == BatchState.SUBMITTING) {
      require(batch.chunks.isEmpty() && batch.parked.isEmpty(), batch, "is claimable too early");
      return;
    }
    for (int index = 0; index < batch.items.size(); index++) {
      checkPlace(batch, index);
      checkErrors(batch, index);
    }
    checkChunks(batch.chunks.values());
    checkOwners(batch);
    checkMeasures(batch);
    if (batch.state.isTerminal()) {
      require(batch.isDone() && batch.progress.isEmpty(), batch, "has ended and is in motion");
    } else {
      checkCounters(batch);
    }
  }

  /** A finished item has its outcome; another is parked, or else in the chunk that covers it. */
  private void checkPlace(BatchRows batch, int index) {
    boolean finished = batch.outcomes.get(index) != null;
    boolean parked = batch.parked.containsKey(index);
    boolean covered = batch.findChunkOf(index) != null;
    require(!(finished && parked), batch, "item " + index + " is finished and parked");
    require(finished || parked || covered, batch, "item " + index + " is nowhere");
  }

  private void checkErrors(BatchRows batch, int index) {
    var errors = batch.errorsOf(index);
    var attempts = errors.stream().map(error -> error.attempt()).distinct().count();
    require(attempts == errors.size(), batch, "item " + index + " has an attempt's error twice");
    var outcome = batch.outcomes.get(index);
    require(
        outcome == null || outcome.state() != ItemState.FAILED || !errors.isEmpty(),
        batch,
        "item " + index + " has failed without an error");
  }

  private void checkChunks(Collection<ChunkRow> chunks) {
    int end = 0;
    for (ChunkRow chunk : chunks) {
      require(chunk.index >= end && chunk.to > chunk.index, chunk.batch, chunk + " overlaps");
      int open = chunk.batch.openItems(chunk.index, chunk.to).size();
      require(open == chunk.open, chunk.batch, chunk + " has " + open + " open items");
      require(open > 0 || chunk.owner != null, chunk.batch, chunk + " is empty and unowned");
      end = chunk.to;
    }
  }

  private void checkOwners(BatchRows batch) {
    Stream.concat(batch.chunks.values().stream(), batch.parked.values().stream())
        .filter(motion -> motion.owner != null)
        .forEach(
            motion -> {
              SessionRow owner = tables.sessions.get(motion.owner.id);
              boolean known =
                  owner != null
                      && (motion instanceof ParkedRow parked
                          ? owner.parked.contains(parked)
                          : owner.chunks.contains((ChunkRow) motion));
              require(known, batch, motion + " is owned by a session that does not know it");
            });
  }

  private void checkCounters(BatchRows batch) {
    Map<ItemState, Long> counted = new EnumMap<>(ItemState.class);
    batch.progress.values().stream()
        .flatMap(row -> row.settled.entrySet().stream())
        .forEach(entry -> counted.merge(entry.getKey(), entry.getValue(), Long::sum));
    counted.values().removeIf(count -> count == 0);
    Map<ItemState, Long> settled = new EnumMap<>(ItemState.class);
    batch.outcomes.stream()
        .filter(outcome -> outcome != null)
        .forEach(outcome -> settled.merge(outcome.state(), 1L, Long::sum));
    require(counted.equals(settled), batch, "counts " + counted + " of " + settled);
  }

  /** What was measured is with the items, finished or parked, and summed up. */
  private void checkMeasures(BatchRows batch) {
    MeasureSums rows = MeasureSums.NONE;
    for (var outcome : batch.outcomes) {
      if (outcome != null) {
        rows = rows.plus(MeasureSums.ofRow(outcome.state(), outcome.measured(), outcome.quality()));
      }
    }
    for (ParkedRow parked : batch.parked.values()) {
      rows = rows.plus(MeasureSums.ofRow(ItemState.RETRYING, parked.measured, null));
    }
    var names = List.of("1", "2", "3", "4");
    require(
        batch.sums().named(names).equals(rows.named(names)),
        batch,
        "sums up " + batch.sums().named(names) + " of " + rows.named(names));
  }

  private void require(boolean holds, BatchRows batch, String otherwise) {
    if (!holds) {
      violations.add("batch " + batch.number + " (" + batch.state + "): " + otherwise);
    }
  }
}
