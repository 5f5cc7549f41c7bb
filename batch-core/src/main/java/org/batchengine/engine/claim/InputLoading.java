package org.batchengine.engine.claim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.LeaseCut;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.Pulse;
import org.batchengine.engine.run.WorkQueue;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.engine.verdict.Verdicts;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.StoredInput;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the inputs of claimed work and offers them to the workers, as long as they have room. A
 * chunk is measured first if its inputs could be large, and comes in slices.
 */
public final class InputLoading implements Pass {
  private static final Logger log = LoggerFactory.getLogger(InputLoading.class);

  /** How many parked items to load together. */
  private static final int MOST_PARKED = 64;

  private final ClaimStore store;
  private final Map<String, Workers> workers;
  private final Map<String, Verdicts> rules;
  private final SettlementQueue settlements;
  private final Pulse pulse;
  private final LongSupplier nanos;
  private final Deque<ChunkSlices> chunks = new ArrayDeque<>();
  private final Map<ClaimedItem, Lease> parked = new LinkedHashMap<>();

  /**
   * There is nothing to load yet.
   *
   * @param rules by job type
   */
  public InputLoading(
      ClaimStore store,
      Map<String, Workers> workers,
      Map<String, Verdicts> rules,
      SettlementQueue settlements,
      Pulse pulse,
      LongSupplier nanos) {
    this.store = store;
    this.workers = workers;
    this.rules = rules;
    this.settlements = settlements;
    this.pulse = pulse;
    this.nanos = nanos;
  }

  /** A chunk or a parked item was claimed. */
  void add(Lease lease) {
    if (lease.parked() == null) {
      ChunkSlices slices = new ChunkSlices(lease, nanos.getAsLong());
      chunks.add(slices);
      comes(lease, slices.items());
    } else {
      parked.put(lease.parked(), lease);
      comes(lease, 1);
    }
  }

  @Override
  public String name() {
    return "loading inputs";
  }

  @Override
  public boolean isDue() {
    return chunks.stream().anyMatch(each -> hasRoom(each.lease()))
        || parked.values().stream().anyMatch(this::hasRoom);
  }

  @Override
  public boolean runOnce(Session session) {
    Optional<ChunkSlices> chunk = chunks.stream().filter(each -> hasRoom(each.lease())).findFirst();
    if (chunk.isPresent()) {
      load(chunk.get());
    } else {
      loadParked();
    }
    return true;
  }

  @Override
  public void forget() {
    chunks.clear();
    parked.clear();
    workers.values().forEach(each -> each.queue().nothingComes());
  }

  private Optional<WorkQueue> queueOf(Lease lease) {
    return Optional.ofNullable(workers.get(lease.batch().header().type())).map(Workers::queue);
  }

  private void comes(Lease lease, int items) {
    queueOf(lease).ifPresent(queue -> queue.comes(lease, items));
  }

  /** The cut, with what of its lease is not loaded yet; that will not be loaded. */
  LeaseCut withoutRest(LeaseCut cut) {
    for (ChunkSlices chunk : chunks) {
      if (chunk.lease() == cut.lease()) {
        chunks.remove(chunk);
        comes(cut.lease(), -chunk.items());
        return new LeaseCut(cut.lease(), cut.at(), cut.items() + chunk.items());
      }
    }
    return cut;
  }

  /** Removes what was claimed so long ago, or loaded in part, and is not loaded. */
  List<LeaseCut> removeIdle(long touchedUntil) {
    List<LeaseCut> idle = new ArrayList<>();
    for (ChunkSlices chunk : List.copyOf(chunks)) {
      if (chunk.touchedAt() - touchedUntil <= 0) {
        chunks.remove(chunk);
        comes(chunk.lease(), -chunk.items());
        idle.add(chunk.rest());
      }
    }
    return idle;
  }

  private boolean hasRoom(Lease lease) {
    return queueOf(lease).map(WorkQueue::hasRoom).orElse(true);
  }

  private void load(ChunkSlices chunk) {
    Lease lease = chunk.lease();
    int before = chunk.items();
    Optional<List<WorkItem>> loaded = chunk.next(store, nanos.getAsLong());
    pulse.succeeded();
    int items = loaded.map(List::size).orElse(0);
    comes(lease, chunk.items() + items - before);
    if (chunk.isLoaded()) {
      chunks.remove(chunk);
    }
    loaded.ifPresent(some -> offer(lease, some));
    if (chunk.isEmpty()) {
      settlements.finish(lease);
    }
  }

  private void loadParked() {
    Map<ClaimedItem, Lease> loaded = new LinkedHashMap<>();
    long bytes = 0;
    for (Map.Entry<ClaimedItem, Lease> each : parked.entrySet()) {
      int most = each.getValue().batch().header().largestInput();
      if (loaded.size() == MOST_PARKED
          || (!loaded.isEmpty() && bytes + most > ChunkSlices.MOST_BYTES)) {
        break;
      }
      if (hasRoom(each.getValue())) {
        loaded.put(each.getKey(), each.getValue());
        bytes += most;
      }
    }
    List<StoredInput> inputs = store.load(List.copyOf(loaded.keySet()));
    pulse.succeeded();
    Map<Lease.Key, StoredInput> byKey = new HashMap<>();
    for (StoredInput input : inputs) {
      byKey.put(new Lease.Key(input.batch(), true, input.index()), input);
    }
    parked.keySet().removeAll(loaded.keySet());
    loaded.forEach(
        (item, lease) -> {
          StoredInput input = byKey.get(lease.key());
          if (input == null) {
            log.error("a parked item has no input, which must never happen: {}", item);
            comes(lease, -1);
          } else if (item.overdue()) {
            overdue(lease, input);
          } else {
            offer(
                lease,
                List.of(
                    new WorkItem(
                        lease, input, item.attempts(), item.budgetFrom(), item.measured())));
          }
        });
  }

  private void overdue(Lease lease, StoredInput input) {
    comes(lease, -1);
    Verdicts those = rules.get(lease.batch().header().type());
    if (those == null) {
      log.error("claimed work of type {}, which is not registered", lease.batch().header().type());
    } else {
      settlements.hand(List.of(those.overdue(WorkItem.ofLastAttempt(lease, input))));
    }
  }

  private void offer(Lease lease, List<WorkItem> items) {
    String type = lease.batch().header().type();
    Workers those = workers.get(type);
    if (those == null) {
      log.error("claimed work of type {}, which is not registered", type);
    } else if (those.areStuck()) {
      comes(lease, -items.size());
      settlements.hand(items.stream().map(ItemVerdict::returned).toList());
    } else {
      those.offer(items);
    }
  }
}
