package org.batchengine;

import static org.batchengine.SimulatedBatch.Kind.BAD;
import static org.batchengine.SimulatedBatch.Kind.FLAKY;
import static org.batchengine.SimulatedBatch.Kind.SKIPPED;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.batchengine.SimulatedBatch.Item;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchItem;
import org.batchengine.model.BatchJob;
import org.batchengine.model.BatchState;
import org.batchengine.model.HistoryQuery;
import org.batchengine.model.IllegalTransitionException;
import org.batchengine.model.ItemState;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.SessionExpiry;
import org.batchengine.store.Settlement;
import org.batchengine.store.Steering;

/**
 * What must hold in a simulation after every verb and at every call: the invariants I1 to I7, I9
 * and I10. What is wrong ends the run.
 */
final class SimulationWatch {
  /** The reason with which a simulation steers. */
  static final String STEERED = "as the seed has it";

  /** Losses that it takes to fail an item for its node's deaths. */
  private static final int LOSSES = 4;

  private static final Set<String> READS =
      Set.of(
          "load",
          "headers",
          "header",
          "find",
          "findByKey",
          "states",
          "steered",
          "failures",
          "owned",
          "stopping",
          "overdue",
          "doneBatches",
          "expiredSessions",
          "parked",
          "history",
          "items",
          "item",
          "settled",
          "errors",
          "errorGroups");

  /** What changes where items are, but not what has become of them. */
  private static final Set<String> MOVES =
      Set.of("claim", "claimSuspect", "claimSequential", "renewSession", "openSession");

  private final Simulation simulation;
  private final SimulatedStore ground;
  private final BatchStore store;
  private final Map<String, SimulatedBatch> batches = new HashMap<>();
  private final Map<Seen, Long> seenExpired = new HashMap<>();
  private long lastSession;
  private int verbs;

  SimulationWatch(Simulation simulation, SimulatedStore ground) {
    this.simulation = simulation;
    this.ground = ground;
    this.store = ground.store();
  }

  void expect(SimulatedBatch batch) {
    batches.put(batch.name, batch);
  }

  // --- Verbs ---

  /** A call that has reached the store. */
  Object arrive(SimulatedNode node, Method method, Object[] arguments, Callable<Object> verb)
      throws Exception {
    String name = method.getName();
    if (READS.contains(name)) {
      Object answer = verb.call();
      if (name.equals("expiredSessions")) {
        noteExpired(node, (List<?>) answer);
      }
      return answer;
    }
    Set<Long> before = ground.sessions();
    List<Item> owned =
        name.equals("reap") ? owned(((SessionExpiry) arguments[0]).session()) : List.of();
    beforeVerb(node, name, arguments, before);
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
    if (name.equals("reap") && Boolean.TRUE.equals(answer)) {
      reaped(node, (SessionExpiry) arguments[0]);
      owned.forEach(item -> item.losses++);
    }
    afterVerb(name, arguments, answer, before);
    return answer;
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
          sessions.contains(((SessionExpiry) each).session()), "I8 " + each + " is reaped at once");
    }
  }

  /** Two looks, a renewal apart. */
  private void reaped(SimulatedNode node, SessionExpiry expired) {
    Long seen = seenExpired.get(new Seen(node.name, expired));
    require(
        seen != null && simulation.elapsed() - seen >= Simulation.EXPIRY.dividedBy(4).toNanos(),
        "I6 " + expired + " is reaped after one look");
  }

  private void beforeVerb(SimulatedNode node, String verb, Object[] arguments, Set<Long> sessions) {
    if (verb.equals("openSession")) {
      Session old = node.machinery.sessions().current();
      require(
          old == null || !sessions.contains(old.id()),
          "I6 " + node.name + " opens a session, and its last one lives");
    } else if (verb.equals("pause")) {
      Steering steering = (Steering) arguments[0];
      require(
          STEERED.equals(steering.reason()), "I1 an engine pauses a batch: " + steering.reason());
    }
  }

  private void afterVerb(String verb, Object[] arguments, Object answer, Set<Long> before) {
    if (verb.equals("settle") && Boolean.TRUE.equals(answer)) {
      long session = ((Settlement) arguments[0]).session();
      require(before.contains(session), "I4 settled by session " + session + ", which is gone");
    } else if (verb.equals("openSession")) {
      require((long) answer > lastSession, "I4 the id of a session is not new: " + answer);
      lastSession = (long) answer;
    }
    look(!MOVES.contains(verb));
  }

  /** A copy of a settlement arrives after all. */
  void arriveLate(Settlement settlement) {
    boolean wasThere = ground.sessions().contains(settlement.session());
    boolean applied;
    try {
      applied = store.settle(settlement);
    } catch (FencedException e) {
      return;
    }
    simulation.trace(() -> "late " + said("settle", new Object[] {settlement}) + " = " + applied);
    require(wasThere || !applied, "I4 settled late by session " + settlement.session() + ", gone");
    look(true);
  }

  private List<Item> owned(long session) {
    Claim claim = store.owned(session);
    List<Item> owned = new ArrayList<>();
    for (ClaimedChunk chunk : claim.chunks()) {
      find(chunk.batch())
          .ifPresent(
              batch ->
                  store.load(chunk).forEach(input -> owned.add(batch.items.get(input.index()))));
    }
    for (ClaimedItem parked : claim.parked()) {
      find(parked.batch()).ifPresent(batch -> owned.add(batch.items.get(parked.index())));
    }
    return owned;
  }

  private Optional<SimulatedBatch> find(long number) {
    return batches.values().stream()
        .filter(batch -> batch.id != null && batch.number == number)
        .findFirst();
  }

  // --- Calls of items ---

  Item item(String input) {
    String name = input.substring(0, input.indexOf('/'));
    int index = Integer.parseInt(input.substring(name.length() + 1, input.length() - 1));
    SimulatedBatch batch = batches.get(name);
    if (batch == null) {
      throw simulation.violated("I3 an item of no batch is called: " + input, null);
    }
    return batch.items.get(index);
  }

  /** Host code is called for the item. */
  void called(SimulatedNode node, Item item, int attempt, boolean isLast) {
    Session session = node.machinery.sessions().current();
    if (session == null) {
      throw simulation.violated(item + " is called by " + node.name + " without a session", null);
    }
    boolean again = attempt == item.attempt;
    Set<Long> sessions = ground.sessions();
    require(
        !again || !sessions.contains(item.session),
        "I6 " + item + " is called again, and session " + item.session + " lives");
    require(attempt >= item.attempt, "I6 " + item + " is called for attempt " + attempt + " after");
    require(
        item.outcome == null || !sessions.contains(session.id()),
        "I1 " + item + " is called, and has ended");
    require(
        isLast == (attempt - item.budgetFrom > Simulation.RETRIES),
        item + " is told wrongly of its last attempt: " + attempt);
    if (item.batch.sequential && !item.batch.mayReopen && sessions.contains(session.id())) {
      for (Item earlier : item.batch.items.subList(0, item.index)) {
        require(earlier.outcome != null, item + " is called before " + earlier + " has ended");
      }
    }
    item.attempt = attempt;
    item.session = session.id();
  }

  /** The item takes its node down. */
  void killed(Item item) {
    if (ground.sessions().contains(item.session)) {
      item.kills++;
      require(item.kills <= LOSSES, "I6 " + item + " has taken down " + item.kills + " nodes");
    }
  }

  // --- Looks ---

  private void look(boolean atItems) {
    if (++verbs % simulation.checkEvery() == 0) {
      List<String> violations = ground.violations();
      require(violations.isEmpty(), String.join("; ", violations));
    }
    if (atItems) {
      lookAtBatches();
    }
  }

  void lookAtBatches() {
    for (SimulatedBatch batch : batches.values()) {
      if (batch.id != null && !batch.isGone) {
        lookAt(batch);
      }
    }
  }

  /** Looks for batches whose submit was not answered. */
  void discover() {
    for (BatchJob job : store.history(HistoryQuery.all())) {
      SimulatedBatch batch = batches.get(job.name().orElseThrow());
      if (batch != null && batch.id == null && !batch.isGone) {
        batch.id = job.id();
        batch.number = store.header(job.id(), null).orElseThrow().number();
      }
    }
  }

  private void lookAt(SimulatedBatch batch) {
    Optional<BatchJob> found = store.find(batch.id, null);
    if (found.isEmpty()) {
      require(batch.mayVanish, "I3 batch " + batch.name + " is gone");
      batch.isGone = true;
      return;
    }
    BatchJob job = found.get();
    BatchState state = job.state();
    if (state == BatchState.SUBMITTING) {
      return;
    }
    require(job.counts().total() == batch.items.size(), "I2 " + job);
    require(
        !batch.state.isTerminal() || state == batch.state || batch.mayReopen,
        "I7 batch " + batch.name + " was " + batch.state + " and is " + state);
    boolean isAsBefore = batch.state.isTerminal() && job.counts().equals(batch.counts);
    batch.state = state;
    batch.counts = job.counts();
    if (!isAsBefore) {
      lookAtItems(batch, job);
      lookAtHistory(batch);
    }
  }

  private void lookAtItems(SimulatedBatch batch, BatchJob job) {
    BatchHeader header = store.header(job.id(), null).orElseThrow();
    List<BatchItem<String, String>> settled = store.settled(header, 0, batch.items.size() + 1);
    BatchCounts counts = job.counts();
    require(
        settled.size()
            == counts.succeeded() + counts.failed() + counts.skipped() + counts.cancelled(),
        "I2 " + settled.size() + " outcomes: " + job);
    require(
        !job.isTerminal() || settled.size() == batch.items.size(),
        "I8 batch " + batch.name + " ended unfinished");
    int next = 0;
    for (Item item : batch.items) {
      BatchItem<String, String> outcome =
          next < settled.size() && settled.get(next).index() == item.index
              ? settled.get(next++)
              : null;
      if (outcome == null) {
        open(item);
      } else if (item.outcome == null) {
        ended(item, outcome);
      } else if (!isSame(item.outcome, outcome)) {
        require(
            item.outcome.state() == ItemState.FAILED && batch.mayReopen,
            "I1 " + item + " ended twice: " + item.outcome + ", " + outcome);
        open(item);
        ended(item, outcome);
      }
    }
  }

  private static boolean isSame(BatchItem<String, String> one, BatchItem<String, String> other) {
    return one.state() == other.state()
        && one.attempts() == other.attempts()
        && one.output().equals(other.output())
        && one.settledAt().equals(other.settledAt());
  }

  private void open(Item item) {
    BatchItem<String, String> before = item.outcome;
    if (before == null) {
      return;
    }
    require(
        before.state() == ItemState.FAILED && item.batch.mayReopen,
        "I3 an outcome is lost: " + item + " was " + before.state());
    item.budgetFrom = before.attempts();
    item.losses = 0;
    item.kills = 0;
    item.outcome = null;
  }

  private void ended(Item item, BatchItem<String, String> outcome) {
    int attempts = outcome.attempts();
    switch (outcome.state()) {
      case SUCCEEDED ->
          require(
              item.returned.contains(attempts) && outcome.output().orElse("").equals(item.output()),
              "I3 " + item + " has the output of another call: " + outcome.output());
      case SKIPPED -> require(item.kind == SKIPPED, "I1 " + item + " was skipped");
      case CANCELLED -> require(item.batch.mayStop, "I1 " + item + " was cancelled by nobody");
      case FAILED -> failed(item, attempts);
      default -> throw simulation.violated(item + " ended as " + outcome.state(), null);
    }
    item.outcome = outcome;
  }

  private void failed(Item item, int attempts) {
    BatchHeader header = store.header(item.batch.id, null).orElseThrow();
    String type = store.item(header, item.index).orElseThrow().error().orElseThrow().type();
    if (type.equals("NODE_CRASH")) {
      require(
          item.losses >= LOSSES,
          "I6 " + item + " failed as NODE_CRASH after " + item.losses + " losses");
    } else {
      require(
          (item.kind == BAD || item.kind == FLAKY) && item.failed.contains(attempts),
          "I1 " + item + " failed: " + type);
      require(
          attempts - item.budgetFrom == 1 + Simulation.RETRIES,
          "I6 " + item + " failed after " + attempts + " attempts");
    }
  }

  /** A batch ends once a run. */
  private void lookAtHistory(SimulatedBatch batch) {
    boolean ended = false;
    for (String kind : ground.history(batch.number)) {
      boolean isEnd = kind.equals("COMPLETED") || kind.equals("FAILED") || kind.equals("CANCELLED");
      require(!(isEnd && ended), "I7 batch " + batch.name + " ended twice in a run");
      ended = isEnd || (ended && !kind.equals("REOPENED"));
    }
    require(
        ended == batch.state.isTerminal(), "I7 the end of batch " + batch.name + " is not told");
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw simulation.violated(otherwise, null);
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
      return "%d of session %d: %s %s, parks %s, removes %s, returns %s %s"
          .formatted(
              it.number(),
              it.session(),
              it.outcomes(),
              it.failures().size(),
              it.parkings().stream().map(each -> each.batch() + "/" + each.index()).toList(),
              it.chunks(),
              it.returned(),
              it.returnedItems());
    }
    return argument instanceof List<?> list && list.size() > 3 ? list.size() + " items" : argument;
  }

  static String seconds(long nanos) {
    return Duration.ofNanos(nanos).toMillis() / 1000.0 + " s";
  }
}
