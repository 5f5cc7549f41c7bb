package org.batchengine.memory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.batchengine.memory.BatchRows.OutcomeRow;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;
import org.batchengine.model.BatchState;
import org.batchengine.model.ItemState;
import org.batchengine.store.Measured;
import org.batchengine.store.rules.HeldChunks;
import org.batchengine.store.rules.ParkedKind;
import org.batchengine.store.rules.StateRules;

/** The rows of a store in memory, for tests: what SQL is for the stores on a database. */
public final class InMemoryRows {
  private final InMemoryBatchStore store;
  private final Tables tables;

  /** The rows of the store. */
  public InMemoryRows(InMemoryBatchStore store) {
    this.store = store;
    this.tables = store.tables();
  }

  /** Lets the deadline of a batch pass. */
  public void passDeadline(long batch) {
    tables.batch(batch).deadlineAt(Instant.MIN);
  }

  /** Puts a batch into a state; one that stops does so towards CANCELLED. */
  public void setState(long batch, BatchState state) {
    BatchRows rows = tables.batch(batch);
    tables.put(rows, state);
    rows.stoppingTo = state == BatchState.STOPPING ? BatchState.CANCELLED : null;
  }

  /** Takes a session away and leaves what it owns. */
  public void loseSession(long session) {
    tables.sessions.remove(session);
  }

  /** Gives an item a FAILED outcome and leaves the rest. */
  public void forceOutcome(long batch, int index) {
    tables.batch(batch).outcomes.set(index, OutcomeRow.crashed(1, Measured.NONE, Instant.EPOCH));
  }

  /** Turns a parked item that nobody owns into one that is settled from outside. */
  public void defer(long batch, int index) {
    ParkedRow parked = tables.batch(batch).parkedOf(index);
    tables.remove(parked);
    parked.kind = ParkedKind.DEFERRED;
    tables.add(parked);
  }

  /** Takes the chunks and parked items of a batch away. */
  public void loseMotion(long batch) {
    BatchRows rows = tables.batch(batch);
    loseUnowned(batch);
    tables.sessions.values().forEach(session -> lose(session, rows));
    rows.chunks.clear();
    rows.parked.clear();
  }

  private static void lose(SessionRow session, BatchRows batch) {
    session.chunks.removeIf(chunk -> chunk.batch == batch);
    session.parked.removeIf(parked -> parked.batch == batch);
  }

  /** Takes those of them away that nobody owns. */
  public void loseUnowned(long batch) {
    BatchRows rows = tables.batch(batch);
    List.copyOf(rows.chunks.values()).stream()
        .filter(chunk -> chunk.owner == null)
        .forEach(tables::remove);
    List.copyOf(rows.parked.values()).stream()
        .filter(parked -> parked.owner == null)
        .forEach(tables::remove);
  }

  /** Takes the counters of a batch away. */
  public void loseCounters(long batch) {
    tables.batch(batch).progress.clear();
  }

  /** Rows of the batch in chunk, parked and progress. */
  public long rowsInMotion(long batch) {
    BatchRows rows = tables.batch(batch);
    return (long) rows.chunks.size() + rows.parked.size() + rows.progress.size();
  }

  /** Rows of the batch in all tables. */
  public long rows(long batch) {
    BatchRows rows = tables.batches.get(batch);
    if (rows == null) {
      return 0;
    }
    long errors = rows.errors.values().stream().mapToLong(Collection::size).sum();
    long outcomes = rows.outcomes.stream().filter(Objects::nonNull).count();
    return 1 + rows.items.size() + outcomes + errors + rowsInMotion(batch);
  }

  /** What happened to the batch, first to last. */
  public List<Event> events(long batch) {
    return tables.events.all().stream()
        .filter(row -> row.batch == batch)
        .map(
            row ->
                new Event(
                    row.kind.name(),
                    row.actor == null ? row.node : row.actor,
                    row.reason,
                    row.happenedAt))
        .toList();
  }

  /** The sessions whose rows are there. */
  public Set<Long> sessions() {
    return Set.copyOf(tables.sessions.keySet());
  }

  /** A row of the table event: who, or else where. */
  public record Event(String kind, String actor, String reason, Instant happenedAt) {}

  /** What does not hold of all that must. */
  public List<String> violations() {
    return store
        .transactions()
        .inTransaction(
            rows -> {
              List<String> violations = new ArrayList<>();
              rows.batches.values().stream()
                  .filter(batch -> !batch.hidden)
                  .forEach(batch -> check(batch, violations));
              rows.limits.byName.values().stream()
                  .flatMap(limit -> limit.permits.keySet().stream())
                  .filter(session -> !rows.sessions.containsKey(session))
                  .forEach(session -> violations.add("permit of no session: " + session));
              return violations;
            });
  }

  private void check(BatchRows batch, List<String> violations) {
    if (batch.state.isTerminal() || batch.state == BatchState.SUBMITTING) {
      if (rowsInMotion(batch.number) > 0) {
        violations.add("I7 " + batch.state + " with rows in motion: " + batch.number);
      }
    }
    if (batch.state.isTerminal() && batch.outcomes.contains(null)) {
      violations.add("I8 ended with an unfinished item: " + batch.number);
    }
    if (!batch.state.isTerminal() && batch.state != BatchState.SUBMITTING) {
      if (batch.fill == null) {
        IntStream.range(0, batch.items.size()).forEach(i -> checkPlace(batch, i, violations));
      }
      checkProgress(batch, violations);
    }
    batch.chunks.values().forEach(chunk -> checkChunk(chunk, violations));
    checkWait(batch, violations);
    boolean mayFill = batch.state == BatchState.PENDING || batch.state == BatchState.PAUSED;
    if (batch.fill != null && (!mayFill || batch.motions().findAny().isPresent())) {
      violations.add("is to be filled and runs or has ended: " + batch.number);
    }
    checkQueues(batch, violations);
    Stream.concat(batch.chunks.values().stream(), batch.parked.values().stream())
        .filter(motion -> motion.owner != null && !tables.sessions.containsValue(motion.owner))
        .forEach(motion -> violations.add("F2 owned by no session: " + motion));
  }

  private static void checkWait(BatchRows batch, List<String> violations) {
    boolean isNever =
        batch.chunks.values().stream().anyMatch(c -> c.dueAt().equals(HeldChunks.NEVER));
    boolean isDue =
        batch.chunks.values().stream().anyMatch(c -> !c.dueAt().equals(HeldChunks.NEVER));
    boolean mayWait = StateRules.canStop(batch.state) || batch.state == BatchState.SUBMITTING;
    if (batch.waiting && (isDue || !mayWait || batch.startedAt != null)) {
      violations.add("waits and has begun: " + batch.number);
    }
    boolean mayBeNever = batch.state == BatchState.STOPPING || batch.rehearsal != null;
    if (batch.rehearsal != null
        && (isDue
            || batch.chunks.values().stream().anyMatch(c -> c.owner != null)
            || !mayWait
            || (batch.state != BatchState.SUBMITTING
                && !batch.rehearsal.isPartOf(batch.items.size())))) {
      violations.add("rehearses and has begun: " + batch.number);
    }
    if (!batch.waiting && (!batch.waits.isEmpty() || (isNever && !mayBeNever))) {
      violations.add("waits for nothing and does not begin: " + batch.number);
    }
  }

  private static void checkPlace(BatchRows batch, int index, List<String> violations) {
    boolean settled = batch.outcomes.get(index) != null;
    boolean parked = batch.parked.containsKey(index);
    long chunks =
        batch.chunks.values().stream().filter(c -> c.index <= index && index < c.to).count();
    if (settled && parked) {
      violations.add("I10 settled and parked: " + batch.number + "/" + index);
    }
    if (chunks > 1 || (!settled && !parked && chunks == 0)) {
      violations.add("I10 in " + chunks + " chunks: " + batch.number + "/" + index);
    }
  }

  private static void checkProgress(BatchRows batch, List<String> violations) {
    Map<ItemState, Long> outcomes = new EnumMap<>(ItemState.class);
    batch.outcomes.stream()
        .filter(Objects::nonNull)
        .forEach(row -> outcomes.merge(row.state(), 1L, Long::sum));
    Map<ItemState, Long> counted = new EnumMap<>(ItemState.class);
    batch.progress.values().stream()
        .flatMap(row -> row.settled.entrySet().stream())
        .forEach(count -> counted.merge(count.getKey(), count.getValue(), Long::sum));
    counted.values().removeIf(count -> count == 0);
    if (!counted.equals(outcomes)) {
      violations.add("I5 " + counted + " counted, settled are " + outcomes);
    }
  }

  /** What may be claimed stands in a queue, and nothing else does. */
  private void checkQueues(BatchRows batch, List<String> violations) {
    if (batch.chunks.isEmpty() && batch.parked.isEmpty()) {
      return;
    }
    boolean active = batch.state == BatchState.PENDING || batch.state == BatchState.RUNNING;
    boolean queued = active && !batch.submitted.sequential();
    Set<Motion> ready = Collections.newSetFromMap(new IdentityHashMap<>());
    for (ReadyQueue<? extends Motion> queue :
        List.of(
            tables.readyChunks, tables.readyRetries, tables.readySuspects, tables.readyDeferred)) {
      ready.addAll(queue.due(batch.submitted.type(), Instant.MAX, Integer.MAX_VALUE));
    }
    Stream.concat(batch.chunks.values().stream(), batch.parked.values().stream())
        .filter(motion -> ready.contains(motion) != (queued && motion.owner == null))
        .forEach(motion -> violations.add("claimable or not by mistake: " + motion));
  }

  private static void checkChunk(ChunkRow chunk, List<String> violations) {
    int open = chunk.batch.openItems(chunk.index, chunk.to).size();
    if (open != chunk.open) {
      violations.add("I2 " + chunk + " counts " + chunk.open + " open items of " + open);
    }
  }
}
