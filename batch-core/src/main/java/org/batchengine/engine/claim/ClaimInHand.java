package org.batchengine.engine.claim;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.batchengine.codec.PayloadCodecs;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.limit.Allowances;
import org.batchengine.engine.loop.Later;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.engine.session.Session;
import org.batchengine.store.BatchHeader;
import org.batchengine.store.BatchStore;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.LockedRow;
import org.jspecify.annotations.Nullable;

/**
 * A claim from when it is sent until its work can be loaded.
 *
 * <ol>
 *   <li>It is in doubt until the store answers. A claim whose answer is lost may have been
 *       committed, so the session's work is read back: no claimed work may lie idle. A row that a
 *       lease stands for may have been given back and claimed again, while the settler had not yet
 *       ended the lease: so once such a lease ends, the session's work is read back again.
 *   <li>The headers of batches seen for the first time are read, and again those of batches whose
 *       settings were changed since; and each chunk and parked item becomes a lease. What limits a
 *       batch is known then, before any of its calls begins.
 *   <li>Work that can be claimed is not held. But if this engine has steered any batch since the
 *       claim was sent, the store is asked before anything is begun.
 *   <li>Batches seen for the first time are taken to RUNNING, and listeners hear that they started.
 *       Those that others have locked come later.
 * </ol>
 */
public final class ClaimInHand implements Pass {
  private static final int MOST_CACHED_BATCHES = 1_000;

  private final BatchStore store;
  private final Leases leases;
  private final InputLoading loading;
  private final Allowances allowances;
  private final PayloadCodecs codecs;
  private final Consumer<BatchHeader> started;
  private final Monitor monitor;

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
  private final Later<Long> lockedToMark;
  private final Deque<BatchHeader> toTell = new ArrayDeque<>();
  private @Nullable Claim claimed;
  private boolean inDoubt;
  private int steersAtClaim;
  private boolean hasSuspects;

  /** Leases that stood for rows when work was read back. */
  private final Set<Lease> standing = new HashSet<>();

  /**
   * No claim in hand.
   *
   * @param started told of batches that were started here
   */
  public ClaimInHand(
      BatchStore store,
      Leases leases,
      InputLoading loading,
      Allowances allowances,
      PayloadCodecs codecs,
      Consumer<BatchHeader> started,
      Monitor monitor) {
    this.store = store;
    this.leases = leases;
    this.loading = loading;
    this.allowances = allowances;
    this.codecs = codecs;
    this.started = started;
    this.monitor = monitor;
    lockedToMark = new Later<>(monitor.nanos());
  }

  /** Sends a claim, and takes over the work in its answer. */
  Claim sent(Supplier<Claim> claim) {
    inDoubt = true;
    steersAtClaim = leases.steers();
    long asked = monitor.now();
    Claim answer = claim.get();
    inDoubt = false;
    monitor.meter().claimed(answer.items(), monitor.now() - asked);
    if (!answer.isEmpty()) {
      claimed = answer;
    }
    return answer;
  }

  /** Whether a claim that was read back has suspects; no longer after this call. */
  boolean takeHasSuspects() {
    boolean had = hasSuspects;
    hasSuspects = false;
    return had;
  }

  @Override
  public boolean isDue() {
    toMark.addAll(lockedToMark.take());
    return inDoubt
        || claimed != null
        || !toAsk.isEmpty()
        || !toMark.isEmpty()
        || !toTell.isEmpty()
        || hasOneEnded();
  }

  @Override
  public boolean runOnce(Session session) {
    if (inDoubt) {
      readBack(session);
    } else if (claimed != null) {
      hold(session, claimed);
    } else if (!toAsk.isEmpty()) {
      askWhatIsHeld();
    } else if (!toMark.isEmpty()) {
      markRunning();
    } else if (toTell.isEmpty()) {
      readBack(session);
    } else {
      started.accept(toTell.remove());
    }
    return true;
  }

  @Override
  public void forget() {
    toAsk.clear();
    toMark.clear();
    lockedToMark.clear();
    claimed = null;
    inDoubt = false;
    hasSuspects = false;
    standing.clear();
  }

  private boolean hasOneEnded() {
    return !standing.isEmpty() && !standing.stream().allMatch(leases::holds);
  }

  private void readBack(Session session) {
    Map<Lease.Key, Lease> known = leases.held();
    Claim owned = store.claiming().owned(session.id());
    List<ClaimedChunk> chunks =
        owned.chunks().stream()
            .filter(c -> !known.containsKey(new Lease.Key(c.batch(), false, c.from())))
            .toList();
    List<ClaimedItem> parked =
        owned.parked().stream()
            .filter(p -> !known.containsKey(new Lease.Key(p.batch(), true, p.index())))
            .toList();
    standing.removeIf(lease -> !leases.holds(lease));
    if (inDoubt) {
      standing.addAll(known.values());
    }
    inDoubt = false;
    if (!chunks.isEmpty() || !parked.isEmpty()) {
      claimed = new Claim(chunks, parked, true);
      hasSuspects = parked.stream().anyMatch(ClaimedItem::suspect);
    }
  }

  private void hold(Session session, Claim claim) {
    Map<Long, LiveBatch> known = batchesOf(claim);
    known.values().forEach(batch -> allowances.changed(batch.header()));
    for (ClaimedChunk chunk : claim.chunks()) {
      LiveBatch batch = known.get(chunk.batch());
      if (batch != null) {
        add(Lease.ofChunk(session, batch, chunk));
      }
    }
    for (ClaimedItem parked : claim.parked()) {
      LiveBatch batch = known.get(parked.batch());
      if (batch != null) {
        add(Lease.ofParked(session, batch, parked));
      }
    }
    claimed = null;
    found(known.values());
  }

  private void add(Lease lease) {
    leases.add(lease);
    loading.add(lease);
  }

  /** The batches of the claim by number; those that are gone are left out. */
  private Map<Long, LiveBatch> batchesOf(Claim claim) {
    Map<Long, Integer> revisions = new LinkedHashMap<>();
    claim.chunks().forEach(chunk -> revisions.merge(chunk.batch(), chunk.revision(), Math::max));
    claim.parked().forEach(item -> revisions.merge(item.batch(), item.revision(), Math::max));
    Map<Long, LiveBatch> known = new HashMap<>();
    Set<Long> toRead = new LinkedHashSet<>();
    revisions.forEach(
        (number, revision) -> {
          LiveBatch batch = batches.get(number);
          if (batch != null) {
            known.put(number, batch);
          }
          if (batch == null || batch.header().revision() < revision) {
            toRead.add(number);
          }
        });
    if (!toRead.isEmpty()) {
      store.claiming().headers(toRead).forEach(header -> read(header, known));
    }
    return known;
  }

  private void read(BatchHeader header, Map<Long, LiveBatch> known) {
    LiveBatch batch = known.get(header.number());
    if (batch == null) {
      known.put(header.number(), new LiveBatch(header, codecs, monitor.now()));
      batches.put(header.number(), known.get(header.number()));
      toMark.add(header.number());
    } else {
      batch.read(header);
    }
  }

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
    Set<Long> free = new HashSet<>(toMark);
    List<Long> changed =
        store
            .claiming()
            .markRunning(
                toMark,
                batch -> {
                  free.remove(batch);
                  lockedToMark.add(batch);
                  monitor.locked().met(LockedRow.job(batch));
                });
    toMark.clear();
    free.forEach(batch -> monitor.locked().free(LockedRow.job(batch)));
    for (Long number : changed) {
      LiveBatch batch = batches.get(number);
      if (batch != null) {
        toTell.add(batch.header());
      }
    }
  }
}
