package org.batchengine.engine.claim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.batchengine.engine.lease.Lease;
import org.batchengine.engine.lease.WorkItem;
import org.batchengine.engine.loop.Pulse;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.engine.verdict.ItemVerdict;
import org.batchengine.store.ClaimStore;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.StoredInput;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads the inputs of claimed work and offers them to the workers, as long as they have room. */
public final class InputLoading implements Pass {
  private static final Logger log = LoggerFactory.getLogger(InputLoading.class);

  /** How many parked items to load together; their inputs may be of any size. */
  private static final int MOST_PARKED = 64;

  private final ClaimStore store;
  private final Map<String, Workers> workers;
  private final SettlementQueue settlements;
  private final Pulse pulse;
  private final Deque<Lease> chunks = new ArrayDeque<>();
  private final Map<ClaimedItem, Lease> parked = new LinkedHashMap<>();

  /** There is nothing to load yet. */
  public InputLoading(
      ClaimStore store, Map<String, Workers> workers, SettlementQueue settlements, Pulse pulse) {
    this.store = store;
    this.workers = workers;
    this.settlements = settlements;
    this.pulse = pulse;
  }

  /** A chunk or a parked item was claimed. */
  void add(Lease lease) {
    if (lease.parked() == null) {
      chunks.add(lease);
    } else {
      parked.put(lease.parked(), lease);
    }
  }

  @Override
  public boolean isDue() {
    return chunks.stream().anyMatch(this::hasRoom)
        || parked.values().stream().anyMatch(this::hasRoom);
  }

  @Override
  public boolean runOnce(Session session) {
    Optional<Lease> chunk = chunks.stream().filter(this::hasRoom).findFirst();
    if (chunk.isPresent()) {
      loadChunk(chunk.get());
    } else {
      loadParked();
    }
    return true;
  }

  @Override
  public void forget() {
    chunks.clear();
    parked.clear();
  }

  private boolean hasRoom(Lease lease) {
    Workers those = workers.get(lease.batch().header().type());
    return those == null || those.queue().hasRoom();
  }

  private void loadChunk(Lease lease) {
    List<StoredInput> inputs = store.load(Objects.requireNonNull(lease.chunk()));
    pulse.succeeded();
    chunks.remove(lease);
    if (inputs.isEmpty()) {
      settlements.finish(lease);
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
    parked.entrySet().stream()
        .filter(each -> hasRoom(each.getValue()))
        .limit(MOST_PARKED)
        .forEach(each -> loaded.put(each.getKey(), each.getValue()));
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
          } else {
            offer(lease, List.of(new WorkItem(lease, input, item.attempts(), item.budgetFrom())));
          }
        });
  }

  private void offer(Lease lease, List<WorkItem> items) {
    String type = lease.batch().header().type();
    Workers those = workers.get(type);
    if (those == null) {
      log.error("claimed work of type {}, which is not registered", type);
    } else if (those.areStuck()) {
      settlements.hand(items.stream().map(ItemVerdict::returned).toList());
    } else {
      those.offer(items);
    }
  }
}
