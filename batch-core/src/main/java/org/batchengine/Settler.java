package org.batchengine;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.batchengine.model.BatchEvent;
import org.batchengine.model.BatchId;
import org.batchengine.model.BatchJob;
import org.batchengine.model.ItemState;
import org.batchengine.model.StateChange;
import org.batchengine.model.StoreException;
import org.batchengine.store.BatchStore;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.RefusedSettlementException;
import org.batchengine.store.Settlement;
import org.batchengine.store.Steering;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what workers hand over, all that has come in since the last commit in one settlement.
 *
 * <ol>
 *   <li>Settlements of a session are numbered from 1. A number has one content for ever, and is
 *       sent until the store has answered: applied now, or applied before, which is the same.
 *   <li>A settlement that the store will not keep is halved until the culprit is alone. Before a
 *       number gets another content, it is burnt by an empty settlement. If the number was applied
 *       before, then by the one of the two that was sent before without an answer; if both were,
 *       the session is given up.
 *   <li>A verdict of a session that is gone is dropped: its item belongs to others.
 *   <li>After a commit that ended leases their batches are looked at, many in one transaction: they
 *       may be done. If that fails each is looked at alone. Looks and settlements take turns.
 * </ol>
 */
final class Settler {
  private static final Logger log = LoggerFactory.getLogger(Settler.class);

  private static final int MOST_ITEMS = 20_000;
  private static final long MOST_BYTES = 16L << 20;
  private static final int ROOM_ITEMS = 2 * MOST_ITEMS;
  private static final long ROOM_BYTES = 4 * MOST_BYTES;

  /** Verdicts that came together go apart at so many bytes. */
  private static final long MOST_BYTES_TOGETHER = 1L << 20;

  /** How many batches are looked at together. */
  private static final int MOST_LOOKED_AT = 20;

  /** How long batches are looked at after a settlement while more verdicts wait. */
  private static final long LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final BatchStore store;
  private final Sessions sessions;
  private final Completions completions;
  private final Leases leases;
  private final Map<String, Verdicts> verdicts;
  private final Events events;
  private final InstantSource clock;
  private final String node;
  private final LongConsumer stopped;
  private final LongSupplier nanos;
  private final Pulse pulse;
  private final Recorders recorders;
  private final Signal signal;

  private final Queue<Handed> handed = new ConcurrentLinkedQueue<>();
  private final AtomicInteger handedItems = new AtomicInteger();
  private final AtomicLong handedBytes = new AtomicLong();
  private final ReentrantLock roomLock = new ReentrantLock();
  private final Condition room = roomLock.newCondition();
  private volatile long goesOnAt;
  private volatile boolean closed;

  private final Deque<Group> groups = new ArrayDeque<>();
  private final Set<Long> toLookAt = new LinkedHashSet<>();

  /** Those of them of which the last look has failed. */
  private final Set<Long> toLookAtAlone = new HashSet<>();

  private final Set<LiveBatch> toJudge = new LinkedHashSet<>();
  private final Set<LiveBatch> toTell = new LinkedHashSet<>();

  /** What a person has to look at, by batch. */
  private final Map<LiveBatch, String> toPause = new LinkedHashMap<>();

  private long looksUntil;
  private @Nullable Session numbered;
  private long number;

  /** Verdicts of a session that came together, or a lease that held nothing open. */
  private record Handed(
      Session session, List<ItemVerdict> verdicts, @Nullable Lease empty, long bytes) {

    /** Those of them that may go together. */
    static Handed frontOf(List<ItemVerdict> verdicts) {
      Session session = verdicts.get(0).lease().session();
      long bytes = 0;
      int size = 0;
      while (size < verdicts.size()
          && bytes < MOST_BYTES_TOGETHER
          && verdicts.get(size).lease().session() == session) {
        bytes += verdicts.get(size++).bytes();
      }
      return new Handed(session, verdicts.subList(0, size), null, bytes);
    }

    int items() {
      return Math.max(1, verdicts.size());
    }
  }

  /** Verdicts that are settled together, and leases that held nothing open. */
  private static final class Group {
    final Session session;
    final List<ItemVerdict> verdicts;
    final List<Lease> empty;
    final long bytes;

    /** How many verdicts each lease has. */
    final Map<Lease, Integer> items = new LinkedHashMap<>();

    /** How many items of each batch have run. */
    final Map<LiveBatch, Integer> ran = new HashMap<>();

    /** Leases of which it gives items back. */
    final Set<Lease> returning = new HashSet<>();

    @Nullable RefusedSettlementException refused;

    /** Whether the content, or the burning of its number, was sent without an answer. */
    boolean contentInDoubt;

    boolean burningInDoubt;

    /** Whether it says of an item that the store would not keep what was said before. */
    boolean isReplacement;

    Group(Session session, List<ItemVerdict> verdicts, List<Lease> empty, long bytes) {
      this.session = session;
      this.verdicts = verdicts;
      this.empty = empty;
      this.bytes = bytes;
      for (int from = 0; from < verdicts.size(); ) { // those of a lease come in runs
        Lease lease = verdicts.get(from).lease();
        int to = from;
        int returned = 0;
        for (; to < verdicts.size() && verdicts.get(to).lease() == lease; to++) {
          returned += verdicts.get(to).isReturned() ? 1 : 0;
        }
        items.merge(lease, to - from, Integer::sum);
        if (returned > 0) {
          returning.add(lease);
        }
        if (returned < to - from) {
          ran.merge(lease.batch(), to - from - returned, Integer::sum);
        }
        from = to;
      }
    }

    void isInDoubt() {
      if (refused == null) {
        contentInDoubt = true;
      } else {
        burningInDoubt = true;
      }
    }
  }

  Settler(
      BatchStore store,
      Sessions sessions,
      Completions completions,
      Leases leases,
      Map<String, Verdicts> verdicts,
      Events events,
      InstantSource clock,
      String node,
      LongConsumer stopped,
      LongSupplier nanos,
      Pulse pulse,
      Recorders recorders,
      Signal signal) {
    this.store = store;
    this.sessions = sessions;
    this.completions = completions;
    this.leases = leases;
    this.verdicts = verdicts;
    this.events = events;
    this.clock = clock;
    this.node = node;
    this.stopped = stopped;
    this.nanos = nanos;
    this.pulse = pulse;
    this.recorders = recorders;
    this.signal = signal;
  }

  /** Takes verdicts over. Safe for many threads; never blocks. */
  void hand(List<ItemVerdict> all) {
    List<ItemVerdict> rest = all;
    while (!rest.isEmpty()) {
      Handed front = Handed.frontOf(rest);
      handed(front);
      rest = rest.subList(front.items(), rest.size());
    }
  }

  /** Takes over a lease of which nothing was open when it was loaded. */
  void finish(Lease lease) {
    handed(new Handed(lease.session(), List.of(), lease, 0));
  }

  private void handed(Handed next) {
    handedBytes.addAndGet(next.bytes());
    handed.add(next);
    if (isIdle()) {
      goesOnAt = nanos.getAsLong();
    }
    handedItems.addAndGet(next.items());
    signal.raise();
  }

  /** Waits while more verdicts are on their way than memory should hold. */
  void awaitRoom() {
    if (hasRoom()) {
      return;
    }
    roomLock.lock();
    try {
      while (!hasRoom() && !closed) {
        room.awaitUninterruptibly();
      }
    } finally {
      roomLock.unlock();
    }
  }

  boolean hasRoom() {
    return handedItems.get() < ROOM_ITEMS && handedBytes.get() < ROOM_BYTES;
  }

  /** Whether everything that was handed over is settled. */
  boolean isIdle() {
    return unsettled() == 0;
  }

  /** How much was handed over and is not settled yet. */
  int unsettled() {
    // Below zero for a moment, when the settler is quicker than the worker that counts.
    return Math.max(0, handedItems.get());
  }

  /** For how long there has been something to settle, and nothing was settled. */
  long stuckNanos() {
    return isIdle() ? 0 : nanos.getAsLong() - goesOnAt;
  }

  /** Lets waiting workers go: nothing more will be settled. */
  void close() {
    roomLock.lock();
    try {
      closed = true;
      room.signalAll();
    } finally {
      roomLock.unlock();
    }
  }

  /**
   * Settles one group, or looks whether batches are done or one has failed too often, or tells of
   * one.
   */
  boolean runOnce() {
    if (!toPause.isEmpty()) {
      pause(toPause.keySet().iterator().next());
      return true;
    }
    boolean isIdle = groups.isEmpty() && handed.isEmpty();
    if (!toLookAt.isEmpty() && (isIdle || nanos.getAsLong() - looksUntil < 0)) {
      lookAtBatches();
      return true;
    }
    if (!toJudge.isEmpty()) {
      judge(toJudge.iterator().next());
      return true;
    }
    if (!toTell.isEmpty()) {
      tellProgress(toTell.iterator().next());
      return true;
    }
    if (groups.isEmpty()) {
      collect();
    }
    Group group = groups.peek();
    if (group == null) {
      return false;
    }
    settle(group);
    looksUntil = nanos.getAsLong() + LOOKS_NANOS;
    return true;
  }

  private void collect() {
    List<ItemVerdict> taken = new ArrayList<>();
    List<Lease> empty = new ArrayList<>();
    Session session = null;
    int items = 0;
    long bytes = 0;
    for (Handed next = handed.peek(); next != null; next = handed.peek()) {
      boolean fits =
          next.session() == session
              && items + next.items() <= MOST_ITEMS
              && bytes + next.bytes() <= MOST_BYTES;
      if (session != null && !fits) {
        break;
      }
      session = next.session();
      items += next.items();
      bytes += next.bytes();
      taken.addAll(next.verdicts());
      if (next.empty() != null) {
        empty.add(next.empty());
      }
      handed.remove();
    }
    if (session != null) {
      Group group = new Group(session, taken, empty, bytes);
      long now = nanos.getAsLong();
      group.ran.forEach((batch, ran) -> batch.rate().add(ran, now));
      groups.add(group);
    }
  }

  private void settle(Group group) {
    if (group.session.isGone()) {
      forget(group);
      return;
    }
    if (group.session != numbered) {
      numbered = group.session;
      number = 0;
    }
    long next = number + 1;
    Settlement content =
        group.refused == null ? contentOf(group, next) : Settlement.burn(group.session.id(), next);
    boolean now;
    long asked = nanos.getAsLong();
    try {
      now = store.settling().settle(content);
    } catch (FencedException e) {
      sessions.fenced(group.session);
      forget(group);
      return;
    } catch (RefusedSettlementException e) {
      group.refused = e;
      return;
    } catch (IllegalStateException e) {
      pulse.failed(e);
      giveUpSession(group, "a settlement met rows that must not be", e);
      return;
    } catch (RuntimeException e) {
      group.isInDoubt();
      pulse.failed(e);
      throw e;
    }
    number = next;
    pulse.succeeded();
    long took = nanos.getAsLong() - asked;
    if (group.refused == null) {
      applied(group, took);
    } else if (now || !group.contentInDoubt) {
      groups.remove();
      halve(group, group.refused);
    } else if (!group.burningInDoubt) {
      applied(group, took);
    } else {
      giveUpSession(group, "nobody knows whether a settlement was applied", group.refused);
    }
  }

  private void giveUpSession(Group group, String why, RuntimeException cause) {
    log.error("{}; session {} is given up", why, group.session.id(), cause);
    group.session.giveUp();
    forget(group);
  }

  private static Settlement contentOf(Group group, long number) {
    List<Settlement.Outcome> outcomes = new ArrayList<>(group.verdicts.size());
    List<Settlement.Failure> failures = new ArrayList<>();
    List<Settlement.Parking> parkings = new ArrayList<>();
    for (ItemVerdict verdict : group.verdicts) {
      if (verdict.outcome() != null && !verdict.isWritten()) {
        outcomes.add(verdict.outcome());
      }
      if (verdict.failure() != null) {
        failures.add(verdict.failure());
      }
      if (verdict.parking() != null) {
        parkings.add(verdict.parking());
      }
    }
    List<Settlement.Rate> rates = new ArrayList<>();
    for (LiveBatch batch : group.ran.keySet()) {
      rates.add(new Settlement.Rate(batch.number(), batch.rate().itemsPerSecond()));
    }
    List<ClaimedChunk> chunks = new ArrayList<>();
    List<ClaimedChunk> returned = new ArrayList<>();
    List<ClaimedItem> returnedItems = new ArrayList<>();
    for (Lease lease : ended(group)) {
      ClaimedChunk chunk = lease.chunk();
      if (chunk != null) {
        (isReturned(lease, group) ? returned : chunks).add(chunk);
      } else if (isReturned(lease, group)) {
        returnedItems.add(Objects.requireNonNull(lease.parked()));
      }
    }
    return new Settlement(
        group.session.id(),
        number,
        outcomes,
        failures,
        parkings,
        chunks,
        returned,
        returnedItems,
        rates);
  }

  /** The leases that are over with the group. */
  private static List<Lease> ended(Group group) {
    List<Lease> ended = new ArrayList<>(group.empty);
    group.items.forEach(
        (lease, items) -> {
          if (lease.open() == items) {
            ended.add(lease);
          }
        });
    return ended;
  }

  private static boolean isReturned(Lease lease, Group group) {
    return lease.isReturned() || group.returning.contains(lease);
  }

  private void applied(Group group, long took) {
    groups.remove();
    group.returning.forEach(Lease::returned);
    group.items.forEach(
        (lease, items) -> {
          lease.settled(items);
          if (lease.open() == 0) {
            ended(lease);
          }
        });
    group.empty.forEach(this::ended);
    group.verdicts.forEach(this::tell);
    recorders.settled(group.verdicts, took);
    release(group);
  }

  private void tell(ItemVerdict verdict) {
    Settlement.Parking parking = verdict.parking();
    if (parking != null) {
      leases.dueIn(parking.delay());
    }
    Settlement.Outcome outcome = verdict.outcome();
    LiveBatch batch = verdict.lease().batch();
    if (outcome != null && outcome.state() == ItemState.FAILED) {
      if (batch.toleratedFailures().isPresent()) {
        toJudge.add(batch);
      }
      if (events.areHeard()) {
        events.fire(() -> Events.itemFailed(verdict, outcome, clock.instant()));
      }
    }
    if (events.areHeard() && batch.progressIsDue(nanos.getAsLong())) {
      toTell.add(batch);
    }
  }

  /** More failures than the batch tolerates end it. */
  private void judge(LiveBatch batch) {
    toJudge.remove(batch);
    long tolerated = batch.toleratedFailures().orElse(Long.MAX_VALUE);
    try {
      if (store.settling().failures(batch.number()) > tolerated
          && store.steering().giveUp(batch.number(), node)) {
        leases.hold(batch.header().id(), LiveBatch.Hold.STOPPED);
        stopped.accept(batch.number());
      }
    } catch (StoreException e) {
      if (e.isTransient()) {
        toJudge.add(batch);
      }
      throw e;
    }
  }

  private void tellProgress(LiveBatch batch) {
    toTell.remove(batch);
    Optional<BatchJob> found = store.reading().find(batch.header().id(), null);
    batch.progressTold(nanos.getAsLong());
    found
        .filter(job -> !job.isTerminal())
        .ifPresent(job -> events.fire(() -> new BatchEvent.Progressed(job, clock.instant())));
  }

  private void ended(Lease lease) {
    leases.remove(lease);
    toLookAt.add(lease.batch().number());
  }

  /** Called with the number of the refused content burnt. */
  private void halve(Group group, RefusedSettlementException refused) {
    List<ItemVerdict> all = group.verdicts;
    if (all.size() > 1) {
      List<ItemVerdict> front = all.subList(0, all.size() / 2);
      List<ItemVerdict> back = all.subList(front.size(), all.size());
      long bytes = front.stream().mapToLong(ItemVerdict::bytes).sum();
      groups.addFirst(new Group(group.session, back, group.empty, group.bytes - bytes));
      groups.addFirst(new Group(group.session, front, List.of(), bytes));
    } else if (all.isEmpty() || group.isReplacement || all.get(0).isWritten()) {
      giveUpSession(group, "a settlement is refused whatever it says", refused);
    } else if (refused.isDuplicate()) {
      dropDuplicate(group, all.get(0), refused);
    } else {
      ItemVerdict culprit = all.get(0);
      String type = culprit.item().batch().header().type();
      Verdicts rules = Objects.requireNonNull(verdicts.get(type), type);
      ItemVerdict instead = rules.refused(culprit, String.valueOf(refused.getMessage()));
      Group replacement = new Group(group.session, List.of(instead), group.empty, group.bytes);
      replacement.isReplacement = true;
      groups.addFirst(replacement);
    }
  }

  /**
   * A fault of the protocol, which must not be: what stands in the store is not written over, and
   * the batch is paused for a person to look at.
   */
  private void dropDuplicate(Group group, ItemVerdict verdict, RefusedSettlementException refused) {
    log.error(
        "item {} is settled already; nothing is written over, and its batch is paused",
        describe(verdict),
        refused);
    Lease lease = verdict.lease();
    toPause.putIfAbsent(
        lease.batch(),
        "item %d was settled twice, which must not be: what was said first stands; resume it if that"
                .formatted(verdict.item().index())
            + " is right");
    lease.settled(1);
    List<Lease> empty = new ArrayList<>(group.empty);
    if (lease.open() == 0) {
      empty.add(lease);
    }
    handedItems.addAndGet(empty.size() - group.empty.size() - 1);
    groups.addFirst(new Group(group.session, List.of(), empty, group.bytes));
  }

  private void pause(LiveBatch batch) {
    BatchId id = batch.header().id();
    boolean paused =
        store
            .steering()
            .pause(new Steering(id, null, node, toPause.get(batch)))
            .filter(StateChange::changed)
            .isPresent();
    toPause.remove(batch);
    if (paused) {
      leases.hold(id, LiveBatch.Hold.PAUSED);
      if (events.areHeard()) {
        store
            .reading()
            .find(id, null)
            .ifPresent(job -> events.fire(() -> new BatchEvent.Paused(job, job.updatedAt())));
      }
    }
  }

  private static String describe(ItemVerdict verdict) {
    return verdict.item().idempotencyKey();
  }

  /** One that keeps failing must not stop the rest: the sweep comes by as well. */
  private void lookAtBatches() {
    Long first = toLookAt.iterator().next();
    List<Long> batches =
        toLookAtAlone.contains(first)
            ? List.of(first)
            : toLookAt.stream()
                .filter(batch -> !toLookAtAlone.contains(batch))
                .limit(MOST_LOOKED_AT)
                .toList();
    batches.forEach(toLookAt::remove);
    try {
      store.settling().completeIfDone(batches).forEach(completions::ended);
      toLookAtAlone.remove(first);
    } catch (RuntimeException e) {
      boolean isTransient = e instanceof StoreException fault && fault.isTransient();
      if (isTransient || batches.size() > 1) {
        toLookAt.addAll(batches);
        toLookAtAlone.addAll(batches);
      } else {
        toLookAtAlone.remove(first);
      }
      throw e;
    }
  }

  private void forget(Group group) {
    groups.remove(group);
    release(group);
  }

  private void release(Group group) {
    handedBytes.addAndGet(-group.bytes);
    goesOnAt = nanos.getAsLong();
    handedItems.addAndGet(-group.verdicts.size() - group.empty.size());
    roomLock.lock();
    try {
      room.signalAll();
    } finally {
      roomLock.unlock();
    }
  }
}
