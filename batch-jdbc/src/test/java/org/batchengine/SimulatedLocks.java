package org.batchengine;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.batchengine.engine.session.Session;
import org.batchengine.model.RowsLockedException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.LockedRow;
import org.batchengine.store.LockedRow.Kind;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.Settlement;

/**
 * Rows that a stranger has locked for a while: what needs them is refused or passed over, as a
 * database does it. Of a batch all rows of one kind are locked.
 */
final class SimulatedLocks {
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private final Simulation simulation;
  private final Random random;

  /** Until when rows of a kind are locked, by their batch or session. */
  private final Map<LockedRow, Long> held = new HashMap<>();

  SimulatedLocks(Simulation simulation, Random random) {
    this.simulation = simulation;
    this.random = random;
  }

  /** A stranger locks rows of a batch, or the session of a node. */
  void lock(List<SimulatedBatch> batches, SimulatedNode node) {
    Kind[] kinds = Kind.values();
    Kind kind = kinds[random.nextInt(kinds.length)];
    Session session = node.parts.sessions.current();
    long number =
        kind == Kind.SESSION
            ? (session == null ? 0 : session.id())
            : batches.get(random.nextInt(batches.size())).number;
    Duration time = Duration.ofMillis(random.nextInt((int) LONGEST.toMillis()));
    LockedRow row = new LockedRow(kind, number, 0);
    simulation.trace(() -> "a stranger locks rows for " + time + ": " + row);
    held.put(row, simulation.elapsed() + time.toNanos());
  }

  void letGo() {
    held.clear();
  }

  private boolean isLocked(Kind kind, long number) {
    return held.getOrDefault(new LockedRow(kind, number, 0), 0L) > simulation.elapsed();
  }

  /** Refuses a call that needs what is locked. */
  void refuse(String verb, Object[] arguments) {
    if (held.isEmpty()) {
      return;
    }
    switch (verb) {
      case "settle" -> {
        Settlement settlement = (Settlement) arguments[0];
        refuse(verb, Kind.SESSION, settlement.session());
        if (!lockedBy(settlement).isEmpty()) {
          throw refused(verb);
        }
      }
      case "giveUp", "cancelUnowned", "abandon" -> refuse(verb, Kind.JOB, (long) arguments[0]);
      case "claim" -> refuse(verb, Kind.SESSION, ((ClaimRequest) arguments[0]).session());
      case "claimSuspect", "claimSequential", "claimOverdue", "settleDeferred", "owned" ->
          refuse(verb, Kind.SESSION, (long) arguments[0]);
      case "release" -> { // of a session, or of a type that is held
        if (arguments[0] instanceof Long session) {
          refuse(verb, Kind.SESSION, session);
        }
      }
      default -> {}
    }
  }

  /** The answer to a call that is not refused: it passes over what is locked. */
  Object answer(String verb, Object[] arguments, Callable<Object> real) throws Exception {
    BatchStore store = simulation.ground().store();
    return switch (verb) {
      case "completeIfDone" -> store.settling().completeIfDone(free(arguments));
      case "markRunning" -> store.claiming().markRunning(free(arguments));
      case "reap" ->
          isLocked(Kind.SESSION, ((SessionExpiry) arguments[0]).session()) ? false : real.call();
      default -> real.call();
    };
  }

  /** Those of the batches that are not locked; of the others the caller is told. */
  private Collection<Long> free(Object[] arguments) {
    Set<Long> free = new LinkedHashSet<>();
    for (Object each : (Collection<?>) arguments[0]) {
      long batch = (long) each;
      if (isLocked(Kind.JOB, batch)) {
        ((LongConsumer) arguments[1]).accept(batch);
      } else {
        free.add(batch);
      }
    }
    return free;
  }

  private void refuse(String verb, Kind kind, long number) {
    if (isLocked(kind, number)) {
      throw refused(verb);
    }
  }

  private RowsLockedException refused(String verb) {
    simulation.trace(() -> "  a stranger's lock refuses " + verb);
    return new RowsLockedException("a stranger has locked what this needs: " + verb, null);
  }

  /** Which of the rows that the settlement writes are locked. */
  Set<LockedRow> lockedBy(Settlement settlement) {
    Set<LockedRow> rows = new HashSet<>();
    settlement.chunks().forEach(each -> rows.add(LockedRow.chunk(each.batch(), each.from())));
    settlement.returned().forEach(each -> rows.add(LockedRow.chunk(each.batch(), each.from())));
    settlement
        .returnedItems()
        .forEach(each -> rows.add(LockedRow.parked(each.batch(), each.index())));
    settlement.parkings().stream()
        .filter(Settlement.Parking::parked)
        .forEach(each -> rows.add(LockedRow.parked(each.batch(), each.index())));
    for (Settlement.Outcome each : settlement.outcomes()) {
      rows.add(LockedRow.counters(each.batch()));
      if (each.parked()) {
        rows.add(LockedRow.parked(each.batch(), each.index()));
      }
    }
    rows.removeIf(row -> !isLocked(row.kind(), row.number()));
    return rows;
  }
}
