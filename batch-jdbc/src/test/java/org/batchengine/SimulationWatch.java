package org.batchengine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.SimulatedBatch.Shape;
import org.batchengine.engine.session.Session;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.Rehearsal;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.Settlement;
import org.batchengine.store.Steering;
import org.jspecify.annotations.Nullable;

/**
 * What must hold in a simulation after every verb and at every call: the invariants I1 to I7, I9
 * and I10. What is wrong ends the run.
 */
final class SimulationWatch {
  /** The reason with which a simulation steers. */
  static final String STEERED = "as the seed has it";

  private static final Set<String> READS =
      Set.of(
          "load",
          "headers",
          "header",
          "position",
          "read",
          "notified",
          "toFill",
          "find",
          "findByKey",
          "indexes",
          "states",
          "steered",
          "revision",
          "changedSince",
          "failures",
          "owned",
          "stopping",
          "overdue",
          "beyondBudget",
          "done",
          "expired",
          "parked",
          "history",
          "items",
          "item",
          "settled",
          "errors",
          "errorGroups");

  /** What changes where items are, but not what has become of them. */
  private static final Set<String> MOVES =
      Set.of(
          "claim",
          "claimSuspect",
          "claimSequential",
          "claimOverdue",
          "ask",
          "renew",
          "open",
          "begin",
          "advance");

  private static final long NONE = 0;

  /** One renewal, and the two looks that find a session expired: each comes with a poll. */
  private static final long REAPED_WITHIN =
      Simulation.EXPIRY.dividedBy(4).plus(Simulation.POLL.multipliedBy(2)).toNanos();

  private final Simulation simulation;
  private final SimulatedStore ground;
  private final BatchStore store;
  private final InvariantLook look;
  private final Set<List<Long>> applied = new HashSet<>();

  /**
   * Sessions with a number that was burnt before, says an answer, or taken by its content: nobody
   * can tell which, so they may be given up.
   */
  private final Set<Long> unknown = new HashSet<>();

  private final Map<Seen, Long> seenExpired = new HashMap<>();

  /** Whose sessions are, and what had been called of what each owned when it ended. */
  private final Map<Long, SimulatedNode> opened = new HashMap<>();

  private final Map<Long, Set<Item>> inFlight = new HashMap<>();
  private long lastSession;
  private int verbs;

  SimulationWatch(Simulation simulation, SimulatedStore ground) {
    this.simulation = simulation;
    this.ground = ground;
    this.store = ground.store();
    this.look = new InvariantLook(simulation, ground);
  }

  void expect(SimulatedBatch batch) {
    look.batches().put(batch.name, batch);
  }

  // --- Verbs ---

  /** A call that has reached the store. */
  Object arrive(SimulatedNode node, String name, Object[] arguments, Callable<Object> verb)
      throws Exception {
    if (READS.contains(name)) {
      Object answer = verb.call();
      if (name.equals("expired")) {
        noteExpired(node, (List<?>) answer);
      }
      return answer;
    }
    Set<Long> before = ground.sessions();
    long ending = ending(name, arguments);
    List<Item> owned = ending == NONE ? List.of() : owned(ending);
    beforeVerb(node, name, arguments, before);
    boolean isRehearsed = name.equals("resume") && isRehearsed((Steering) arguments[0]);
    Object answer;
    try {
      answer = verb.call();
    } catch (FencedException e) {
      simulation.trace(() -> "  " + node.name + " " + name + ": fenced");
      throw e;
    } catch (IllegalTransitionException e) {
      throw e;
    } catch (RuntimeException e) {
      throw simulation.violated(node.name + ": " + name + " was refused", e);
    }
    simulation.trace(() -> "  " + node.name + " " + said(name, arguments) + " = " + answer);
    simulation.limits().heard(name, arguments);
    if (isRehearsed) {
      look.batches().values().stream()
          .filter(batch -> ((Steering) arguments[0]).batch().equals(batch.id))
          .forEach(batch -> batch.isConfirmed = true);
    }
    if (name.equals("reap") && Boolean.TRUE.equals(answer)) {
      reaped(node, (SessionExpiry) arguments[0]);
      simulation.leftToSweep();
      owned.forEach(item -> item.losses++);
    }
    if (ending != NONE && before.contains(ending) && !ground.sessions().contains(ending)) {
      Set<Item> called = new HashSet<>(owned);
      called.removeIf(item -> item.session != ending);
      inFlight.put(ending, called);
    }
    if (name.equals("completeIfDone")) {
      ((List<?>) answer).forEach(job -> rehearsalIsOver((BatchJob) job));
    }
    SimulatedEnds.of(name, answer).forEach(simulation.ends()::ended);
    afterVerb(node, name, arguments, answer, before);
    return answer;
  }

  /** Then each item of it was called, unless it has ended without. */
  private void rehearsalIsOver(BatchJob job) {
    if (job.state() != BatchState.PAUSED) {
      return;
    }
    discover();
    SimulatedBatch batch = look.batches().get(job.name().orElseThrow());
    BatchHeader header = store.reading().header(job.id(), null).orElseThrow();
    for (int index : batch.rehearsal.sample(job.id(), batch.items.size())) {
      require(
          batch.items.get(index).attempt > 0
              || store.reading().item(header, index).orElseThrow().state().isTerminal(),
          () -> "M21 the rehearsal of " + job + " is over without item " + index);
    }
  }

  /** Whether a resume confirms a rehearsal. */
  private boolean isRehearsed(Steering steering) {
    return isRehearsed(steering.batch(), steering.tenant());
  }

  /** Whether the batch is paused because its rehearsal is over. */
  boolean isRehearsed(BatchId id, @Nullable String tenant) {
    return store.reading().find(id, tenant).stream()
        .anyMatch(
            job ->
                job.state() == BatchState.PAUSED
                    && job.stateReason().equals(Optional.of(Rehearsal.REHEARSED)));
  }

  /** The session that the verb may end. */
  private static long ending(String verb, Object[] arguments) {
    return switch (verb) {
      case "reap" -> ((SessionExpiry) arguments[0]).session();
      case "release" -> arguments[0] instanceof Long session ? session : NONE;
      default -> NONE;
    };
  }

  private void noteExpired(SimulatedNode node, List<?> expired) {
    for (Object each : expired) {
      seenExpired.putIfAbsent(new Seen(node.name, (SessionExpiry) each), simulation.elapsed());
    }
    sessionsAreThere(expired);
  }

  /** A look at what has expired ends nothing. */
  private void sessionsAreThere(List<?> expired) {
    Set<Long> sessions = ground.sessions();
    for (Object each : expired) {
      require(
          sessions.contains(((SessionExpiry) each).session()),
          () -> "I8 " + each + " is reaped at once");
    }
  }

  /** Two looks, a renewal apart. */
  private void reaped(SimulatedNode node, SessionExpiry expired) {
    Long seen = seenExpired.get(new Seen(node.name, expired));
    require(
        seen != null && simulation.elapsed() - seen >= Simulation.EXPIRY.dividedBy(4).toNanos(),
        () -> "I6 " + expired + " is reaped after one look");
  }

  private void beforeVerb(SimulatedNode node, String verb, Object[] arguments, Set<Long> sessions) {
    if (verb.equals("open")) {
      Session old = node.parts.sessions.current();
      require(
          old == null || !sessions.contains(old.id()) || unknown.contains(old.id()),
          () -> "I6 " + node.name + " opens a session, and its last one lives");
    } else if (verb.equals("pause")) {
      Steering steering = (Steering) arguments[0];
      require(
          STEERED.equals(steering.reason()),
          () -> "I1 an engine pauses a batch: " + steering.reason());
    }
  }

  private void afterVerb(
      SimulatedNode node, String verb, Object[] arguments, Object answer, Set<Long> before) {
    if (verb.equals("settle") && Boolean.TRUE.equals(answer)) {
      long session = ((Settlement) arguments[0]).session();
      require(
          before.contains(session), () -> "I4 settled by session " + session + ", which is gone");
      appliedOnce((Settlement) arguments[0]);
    } else if (verb.equals("settle") && isBurn((Settlement) arguments[0])) {
      unknown.add(((Settlement) arguments[0]).session());
    } else if (verb.equals("open")) {
      require((long) answer > lastSession, () -> "I4 the id of a session is not new: " + answer);
      lastSession = (long) answer;
      opened.put(lastSession, node);
    }
    boolean moved = MOVES.contains(verb);
    if (!moved || (answer instanceof Claim claim && !claim.isEmpty())) {
      look(!moved);
    }
  }

  private static boolean isBurn(Settlement settlement) {
    return settlement.equals(Settlement.burn(settlement.session(), settlement.number()));
  }

  /** A number of a session is applied once, however often it is sent. */
  private void appliedOnce(Settlement settlement) {
    require(
        applied.add(List.of(settlement.session(), settlement.number())),
        () -> "I3 applied again: " + said(settlement));
  }

  /** A copy of a settlement arrives after all. */
  void arriveLate(Settlement settlement) {
    boolean wasThere = ground.sessions().contains(settlement.session());
    boolean isApplied;
    try {
      isApplied = store.settling().settle(settlement);
    } catch (FencedException e) {
      return;
    }
    simulation.trace(() -> "late " + said("settle", new Object[] {settlement}) + " = " + isApplied);
    require(
        wasThere || !isApplied, () -> "I4 settled late by a session that is gone: " + settlement);
    if (isApplied) {
      appliedOnce(settlement);
    }
    look(true);
  }

  /** Whether somebody may still own what nobody works on, though all its items are settled. */
  boolean hasLostSessions() {
    return ground.sessions().stream().anyMatch(this::isLost);
  }

  private boolean isLost(long session) {
    SimulatedNode node = opened.get(session);
    return node != null && (node.isDead() || !node.has(session));
  }

  /**
   * I8: what a dead node's session owns is free within its expiry and the time that it takes to
   * reap it, which counts anew if the node that would do it dies as well.
   */
  void sessionsAreReaped(long calmFrom, long lastDeath, long spentInCalls, Duration wentBack) {
    for (long session : ground.sessions()) {
      if (isLost(session)) {
        SimulatedNode node = opened.get(session);
        long since = node.isDead() ? Math.max(calmFrom, node.diedAt()) : calmFrom;
        long expired = since + Simulation.EXPIRY.plus(wentBack).toNanos();
        long late = simulation.elapsed() - spentInCalls - Math.max(expired, lastDeath);
        require(
            late <= REAPED_WITHIN,
            () -> "I8 " + session + " of " + node.name + " is not reaped in time");
      }
    }
  }

  private List<Item> owned(long session) {
    Claim claim = store.claiming().owned(session);
    List<Item> owned = new ArrayList<>();
    for (ClaimedChunk chunk : claim.chunks()) {
      look.find(chunk.batch())
          .ifPresent(
              batch ->
                  store
                      .claiming()
                      .load(chunk)
                      .forEach(input -> owned.add(batch.items.get(input.index()))));
    }
    for (ClaimedItem parked : claim.parked()) {
      look.find(parked.batch()).ifPresent(batch -> owned.add(batch.items.get(parked.index())));
    }
    return owned;
  }

  // --- Calls of items ---

  Item item(String input) {
    String name = input.substring(0, input.indexOf('/'));
    int index = Integer.parseInt(input.substring(name.length() + 1, input.length() - 1));
    SimulatedBatch batch = look.batches().get(name);
    if (batch == null) {
      throw simulation.violated("I3 an item of no batch is called: " + input, null);
    }
    return batch.items.get(index);
  }

  /** Host code is called for the item. */
  void called(SimulatedNode node, Item item, int attempt) {
    simulation.trace(() -> "  " + node.name + " calls " + item + ", attempt " + attempt);
    Session session = node.parts.sessions.current();
    if (session == null) {
      throw simulation.violated(item + " is called by " + node.name + " without a session", null);
    }
    if (!ground.sessions().contains(session.id())) {
      return; // it was taken for dead and does not know: what it says of the item is refused
    }
    if (attempt == item.attempt && !item.isUndone) {
      repeated(item);
    }
    require(attempt >= item.attempt, () -> "I6 " + item + " is called for attempt " + attempt);
    require(item.outcome == null, () -> "I1 " + item + " is called, and has ended");
    if (item.batch.id == null) { // its submit was not answered
      discover();
      look.lookAtBatches(true);
    }
    if (item.batch.shape == Shape.ORDERED && !item.batch.mayReopen) {
      for (Item earlier : item.batch.items.subList(0, item.index)) {
        require(
            earlier.outcome != null, () -> item + " is called before " + earlier + " has ended");
      }
    }
    look.mayBegin(item.batch);
    require(item.batch.mayCall(item), () -> "M21 " + item + " is called before it is confirmed");
    item.attempt = attempt;
    item.session = session.id();
    item.isUndone = false;
  }

  /** I6: only what was in flight in a session that was lost is called again, once for each. */
  private void repeated(Item item) {
    long session = item.session;
    require(
        !ground.sessions().contains(session),
        () -> "I6 " + item + " is called again, and session " + session + " lives");
    SimulatedNode last = opened.get(session);
    require(
        last == null || !last.leftClean() || !last.has(session),
        () -> "I6 " + item + " is called again, and session " + session + " was given back");
    require(
        inFlight.getOrDefault(session, Set.of()).remove(item),
        () -> "I6 " + item + " is called again, and was not in flight in session " + session);
  }

  void toldOfLast(Item item, int attempt, boolean isLast) {
    require(
        isLast == (attempt - item.budgetFrom > Simulation.RETRIES),
        () -> item + " is told wrongly of its last attempt: " + attempt);
  }

  /** The item takes its node down. */
  void killed(Item item) {
    if (ground.sessions().contains(item.session)) {
      item.kills++;
      require(
          item.kills <= InvariantLook.LOSSES,
          () -> "I6 " + item + " has taken down " + item.kills + " nodes");
    }
  }

  // --- Looks ---

  private void look(boolean atItems) {
    if (++verbs % simulation.checkEvery() == 0) {
      List<String> violations = ground.violations();
      require(violations.isEmpty(), () -> String.join("; ", violations));
    }
    if (atItems) {
      look.lookAtBatches(false);
    }
  }

  void lookAtBatches() {
    look.lookAtBatches(false);
  }

  void lookAtAll() {
    look.lookAtBatches(true);
  }

  /** Ended runs are told of, once each. */
  void endsAreTold() {
    look.endsAreTold();
  }

  /** Live batches of which all items have ended. */
  List<SimulatedBatch> done() {
    return look.done();
  }

  void discover() {
    look.discover();
  }

  private void require(boolean holds, Supplier<String> otherwise) {
    if (!holds) {
      throw simulation.violated(otherwise.get(), null);
    }
  }

  private record Seen(String node, SessionExpiry expired) {}

  // --- In words ---

  private static String said(String verb, Object[] arguments) {
    return arguments == null
        ? verb
        : verb + Arrays.stream(arguments).map(SimulationWatch::said).toList();
  }

  private static Object said(Object argument) {
    if (argument instanceof Settlement it) {
      return "%d of session %d: %s %s, parks %s, removes %s, returns %s, cuts %s, returns %s"
          .formatted(
              it.number(),
              it.session(),
              it.outcomes(),
              it.failures().size(),
              it.parkings().stream().map(each -> each.batch() + "/" + each.index()).toList(),
              it.chunks(),
              it.returned(),
              it.cuts(),
              it.returnedItems());
    }
    return argument instanceof List<?> list && list.size() > 3 ? list.size() + " items" : argument;
  }
}
