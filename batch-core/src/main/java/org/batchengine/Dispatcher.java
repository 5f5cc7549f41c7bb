package org.batchengine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.FencedException;
import org.batchengine.store.StoredInput;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims work for the workers that lack it, and loads its inputs.
 *
 * <p>Each pass makes one call of the store, the first of these that there is reason for: read back
 * a claim whose answer was lost, look up batches seen for the first time or steered meanwhile, take
 * them to RUNNING, tell listeners, load what was claimed, claim an item of a sequential batch,
 * claim a suspect, claim. So a death or a failure between two calls is one between two passes, and
 * the next pass, of this engine or of another, goes on from there.
 *
 * <p>Suspects and ordinary work take turns. A suspect runs only while its session holds nothing
 * else: in the suspects' turn nothing else is claimed, and it ends after a second of them.
 */
final class Dispatcher {
  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
  private static final int MOST_CACHED_BATCHES = 1_000;

  /** How many parked items are loaded at once: nobody knows how large they are. */
  private static final int MOST_PARKED_LOADED = 64;

  private static final long SUSPECTS_TURN = TimeUnit.SECONDS.toNanos(1);
  private static final long LEAST_PAUSE = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long MOST_PAUSE = TimeUnit.MILLISECONDS.toNanos(20);

  /** How often, and how long, work is looked for that another transaction may commit soon. */
  private static final long OFTEN = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long OFTEN_FOR = TimeUnit.SECONDS.toNanos(5);

  private final BatchStore store;
  private final Sessions sessions;
  private final Leases leases;
  private final Map<String, Workers> workers;
  private final Settler settler;
  private final PayloadCodecs codecs;
  private final Started started;
  private final Duration pollInterval;
  private final LongSupplier nanos;
  private final Pulse pulse;
  private final Recorders recorders;
  private final Supplier<RandomGenerator> random;
  private final Signal signal;

  private final Map<Long, LiveBatch> batches =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, LiveBatch> eldest) {
          return size() > MOST_CACHED_BATCHES;
        }
      };
  private final Set<LiveBatch> toAsk = new LinkedHashSet<>();
  private final Set<Long> toMark = new LinkedHashSet<>();
  private final Deque<BatchHeader> toTell = new ArrayDeque<>();
  private final Deque<Lease> chunksToLoad = new ArrayDeque<>();
  private final Map<ClaimedItem, Lease> parkedToLoad = new LinkedHashMap<>();
  private @Nullable Session session;
  private @Nullable Claim claimed;
  private boolean inDoubt;
  private int steersAtClaim;
  private volatile boolean stopped;
  private boolean othersWereQuicker;
  private volatile boolean lookForSequential;
  private long sequentialLookAt;
  private volatile long oftenUntil;
  private boolean suspectsTurn;
  private boolean draining;
  private long suspectsLookAt;
  private long suspectsTurnEndsAt;

  /** Told of batches whose work has begun here. */
  interface Started {
    void started(BatchHeader batch);
  }

  Dispatcher(
      BatchStore store,
      Sessions sessions,
      Leases leases,
      Map<String, Workers> workers,
      Settler settler,
      PayloadCodecs codecs,
      Started started,
      Duration pollInterval,
      LongSupplier nanos,
      Pulse pulse,
      Recorders recorders,
      Supplier<RandomGenerator> random,
      Signal signal) {
    this.store = store;
    this.sessions = sessions;
    this.leases = leases;
    this.workers = workers;
    this.settler = settler;
    this.codecs = codecs;
    this.started = started;
    this.pollInterval = pollInterval;
    this.nanos = nanos;
    this.pulse = pulse;
    this.recorders = recorders;
    this.random = random;
    this.signal = signal;
    this.suspectsLookAt = nanos.getAsLong();
    this.sequentialLookAt = suspectsLookAt;
    this.oftenUntil = suspectsLookAt;
  }

  /** Makes at most one call of the store. False when there is nothing to do for the moment. */
  boolean runOnce() {
    if (stopped || workers.isEmpty()) {
      return false;
    }
    Session current = sessions.open();
    if (current != session) {
      begin(current);
    }
    if (!current.isLive(nanos.getAsLong()) || sessions.areAtRest()) {
      othersWereQuicker = false;
      return false;
    }
    workers.values().forEach(Workers::startWorkers);
    try {
      return step(current);
    } catch (FencedException e) {
      sessions.fenced(current);
      return true;
    } catch (Throwable e) {
      pulse.failed(e);
      throw e;
    }
  }

  /** How long to wait after a pass that found nothing. */
  long idleNanos() {
    if (othersWereQuicker) {
      return random.get().nextLong(LEAST_PAUSE, MOST_PAUSE);
    }
    return Math.min(leases.untilDue(), lookInterval());
  }

  private long lookInterval() {
    return nanos.getAsLong() - oftenUntil < 0 ? OFTEN : pollInterval.toNanos();
  }

  /** What the last session held is with others now. */
  private void begin(Session current) {
    session = current;
    leases.clear();
    workers.values().forEach(Workers::dropWaiting);
    toAsk.clear();
    toMark.clear();
    chunksToLoad.clear();
    parkedToLoad.clear();
    claimed = null;
    inDoubt = false;
    suspectsTurn = false;
  }

  /** There may be work that polling would find later. */
  void lookSoon() {
    lookForSequential = true;
    signal.raise();
  }

  /** A transaction that nobody here sees the end of has submitted work. */
  void lookOften() {
    oftenUntil = nanos.getAsLong() + OFTEN_FOR;
    sequentialLookAt = nanos.getAsLong();
    signal.raise();
  }

  /** Claims nothing more. */
  void stop() {
    stopped = true;
  }

  private boolean step(Session current) {
    othersWereQuicker = false;
    Optional<Lease> chunkToLoad = chunksToLoad.stream().filter(this::hasRoom).findFirst();
    if (inDoubt) {
      readBack(current);
    } else if (claimed != null) {
      hold(current, claimed);
    } else if (!toAsk.isEmpty()) {
      askWhatIsHeld();
    } else if (!toMark.isEmpty()) {
      markRunning();
    } else if (!toTell.isEmpty()) {
      started.started(toTell.remove());
    } else if (chunkToLoad.isPresent()) {
      load(chunkToLoad.get());
    } else if (parkedToLoad.values().stream().anyMatch(this::hasRoom)) {
      loadParked();
    } else if (lookForSequential || leases.hasSequentialEnded()) {
      claimSequential(current);
    } else if (suspectsTurn || nanos.getAsLong() - suspectsLookAt >= 0) {
      return claimSuspect(current);
    } else {
      return claim(current);
    }
    return true;
  }

  private boolean claim(Session current) {
    List<ClaimRequest.Wanted> wanted = new ArrayList<>();
    for (Workers each : workers.values()) {
      each.wanted().ifPresent(wanted::add);
    }
    if (wanted.isEmpty() || !settler.hasRoom()) {
      pulse.rests();
      return false;
    }
    Claim claim = sent(() -> store.claiming().claim(new ClaimRequest(current.id(), wanted)));
    pulse.succeeded();
    othersWereQuicker = claim.isEmpty() && claim.more();
    if (claim.isEmpty() && nanos.getAsLong() - sequentialLookAt >= 0) {
      sequentialLookAt = nanos.getAsLong() + lookInterval();
      lookForSequential = true;
      return true;
    }
    return taken(claim);
  }

  /** One item at a time: the next of a batch can be claimed as soon as its last is settled. */
  private void claimSequential(Session current) {
    lookForSequential = false;
    List<String> types =
        workers.values().stream()
            .filter(each -> each.wanted().isPresent())
            .map(Workers::type)
            .toList();
    if (!suspectsTurn && !types.isEmpty()) {
      // Others may have asked for another look meanwhile.
      lookForSequential |= taken(sent(() -> store.claiming().claimSequential(current.id(), types)));
    }
  }

  private boolean claimSuspect(Session current) {
    long now = nanos.getAsLong();
    if (!suspectsTurn) {
      suspectsLookAt = now + pollInterval.toNanos();
      suspectsTurnEndsAt = now + SUSPECTS_TURN;
    } else if (!leases.areNone()) {
      return false;
    } else if (draining) {
      suspectsTurnEndsAt = now + SUSPECTS_TURN;
    } else if (now - suspectsTurnEndsAt >= 0) {
      suspectsTurn = false;
      suspectsLookAt = now + SUSPECTS_TURN;
      return true;
    }
    Claim claim = sent(() -> store.claiming().claimSuspect(current.id(), workers.keySet()));
    draining = claim.isEmpty() && claim.more();
    suspectsTurn = draining || !claim.isEmpty();
    return taken(claim) || !suspectsTurn;
  }

  private boolean taken(Claim claim) {
    if (claim.isEmpty()) {
      return false;
    }
    claimed = claim;
    return true;
  }

  /** A claim whose answer is lost may be committed: what it took must not lie idle. */
  private Claim sent(Supplier<Claim> claim) {
    inDoubt = true;
    steersAtClaim = leases.steers();
    long asked = nanos.getAsLong();
    Claim answer = claim.get();
    inDoubt = false;
    recorders.claimed(answer.items(), nanos.getAsLong() - asked);
    return answer;
  }

  private void readBack(Session current) {
    Set<Lease.Key> known = leases.keys();
    Claim owned = store.claiming().owned(current.id());
    List<ClaimedChunk> chunks =
        owned.chunks().stream()
            .filter(c -> !known.contains(new Lease.Key(c.batch(), false, c.from())))
            .toList();
    List<ClaimedItem> parked =
        owned.parked().stream()
            .filter(p -> !known.contains(new Lease.Key(p.batch(), true, p.index())))
            .toList();
    inDoubt = false;
    claimed = new Claim(chunks, parked, true);
    if (parked.stream().anyMatch(ClaimedItem::suspect)) {
      suspectsTurn = true;
      suspectsTurnEndsAt = nanos.getAsLong() + SUSPECTS_TURN;
    }
  }

  /** Makes leases of what was claimed, once the headers of its batches are known. */
  private void hold(Session current, Claim claim) {
    Set<Long> numbers = new LinkedHashSet<>();
    claim.chunks().forEach(chunk -> numbers.add(chunk.batch()));
    claim.parked().forEach(parked -> numbers.add(parked.batch()));
    Map<Long, LiveBatch> known = new HashMap<>();
    for (Long number : numbers) {
      LiveBatch batch = batches.get(number);
      if (batch != null) {
        known.put(number, batch);
      }
    }
    numbers.removeAll(known.keySet());
    if (!numbers.isEmpty()) {
      for (BatchHeader header : store.claiming().headers(numbers)) {
        LiveBatch batch = new LiveBatch(header, codecs, nanos.getAsLong());
        known.put(header.number(), batch);
        batches.put(header.number(), batch);
        toMark.add(header.number());
      }
    }
    for (ClaimedChunk chunk : claim.chunks()) {
      LiveBatch batch = known.get(chunk.batch());
      if (batch != null) {
        Lease lease = Lease.ofChunk(current, batch, chunk);
        leases.add(lease);
        chunksToLoad.add(lease);
      }
    }
    for (ClaimedItem parked : claim.parked()) {
      LiveBatch batch = known.get(parked.batch());
      if (batch != null) {
        Lease lease = Lease.ofParked(current, batch, parked);
        leases.add(lease);
        parkedToLoad.put(parked, lease);
      }
    }
    claimed = null;
    found(known.values());
  }

  /**
   * What can be claimed is not held: it was resumed, or is in another run. Unless this engine has
   * steered a batch since: then the store is asked before anything is begun.
   */
  private void found(Collection<LiveBatch> claimedOf) {
    Map<LiveBatch, Integer> steersBefore = LiveBatch.steers(claimedOf);
    if (leases.steers() == steersAtClaim) {
      LiveBatch.foundHeld(steersBefore, List.of());
    } else {
      toAsk.addAll(claimedOf);
    }
  }

  private void askWhatIsHeld() {
    Map<LiveBatch, Integer> steersBefore = LiveBatch.steers(toAsk);
    List<Long> numbers = toAsk.stream().map(LiveBatch::number).toList();
    LiveBatch.foundHeld(steersBefore, store.steering().steered(numbers));
    toAsk.clear();
  }

  private void markRunning() {
    List<Long> changed = store.claiming().markRunning(toMark);
    toMark.clear();
    for (Long number : changed) {
      LiveBatch batch = batches.get(number);
      if (batch != null) {
        toTell.add(batch.header());
      }
    }
  }

  /** Whether its workers take inputs; what they do not take is claimed, and loaded later. */
  private boolean hasRoom(Lease lease) {
    Workers those = workers.get(lease.batch().header().type());
    return those == null || those.hasRoom();
  }

  private void load(Lease lease) {
    ClaimedChunk chunk = lease.chunk();
    if (chunk == null) {
      throw new IllegalStateException("not a chunk: " + lease.key());
    }
    List<StoredInput> inputs = store.claiming().load(chunk);
    pulse.succeeded();
    chunksToLoad.remove(lease);
    if (inputs.isEmpty()) {
      settler.finish(lease);
      return;
    }
    lease.open(inputs.size());
    List<WorkItem> items = new ArrayList<>(inputs.size());
    for (StoredInput input : inputs) {
      items.add(new WorkItem(lease, input, 0, 0));
    }
    offer(lease, items);
  }

  private void loadParked() {
    Map<ClaimedItem, Lease> loaded = new LinkedHashMap<>();
    parkedToLoad.entrySet().stream()
        .filter(each -> hasRoom(each.getValue()))
        .limit(MOST_PARKED_LOADED)
        .forEach(each -> loaded.put(each.getKey(), each.getValue()));
    List<StoredInput> inputs = store.claiming().load(List.copyOf(loaded.keySet()));
    pulse.succeeded();
    Map<Lease.Key, StoredInput> byKey = new HashMap<>();
    for (StoredInput input : inputs) {
      byKey.put(new Lease.Key(input.batch(), true, input.index()), input);
    }
    parkedToLoad.keySet().removeAll(loaded.keySet());
    loaded.forEach(
        (parked, lease) -> {
          StoredInput input = byKey.get(lease.key());
          if (input == null) {
            log.error("a parked item has no input, which must not be: {}", parked);
          } else {
            offer(
                lease, List.of(new WorkItem(lease, input, parked.attempts(), parked.budgetFrom())));
          }
        });
  }

  private void offer(Lease lease, List<WorkItem> items) {
    String type = lease.batch().header().type();
    Optional.ofNullable(workers.get(type))
        .ifPresentOrElse(
            those -> those.offer(items),
            () -> log.error("work of type {} was claimed, which is not registered", type));
  }
}
