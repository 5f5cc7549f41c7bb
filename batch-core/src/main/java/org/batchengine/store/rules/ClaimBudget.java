package org.batchengine.store.rules;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.batchengine.store.ClaimRequest.Wanted;

/** What one claim of a type may still take of each tenant. */
public final class ClaimBudget {
  private final Wanted wanted;
  private final Map<String, Integer> claimed = new HashMap<>();
  private final Map<Long, Integer> leftOfBatches;
  private boolean passedOver;

  /** Nothing is claimed yet. */
  public ClaimBudget(Wanted wanted) {
    this.wanted = wanted;
    leftOfBatches = new HashMap<>(wanted.batches());
  }

  /** {@return how many items of a priority may still be claimed of a tenant} */
  public int left(String tenant, int priority) {
    int share = wanted.of(tenant).items(priority);
    passedOver |= share == 0;
    return Math.max(0, share - claimed.getOrDefault(tenant, 0));
  }

  /** {@return the most items of one chunk of the tenant} */
  public int chunkItems(String tenant) {
    return wanted.of(tenant).chunkItems();
  }

  /** Items of the tenant were claimed. */
  public void claimed(String tenant, int items) {
    claimed.merge(tenant, items, Integer::sum);
  }

  /** {@return how many items of a batch may still be claimed} */
  public int left(long batch) {
    return leftOfBatches.getOrDefault(batch, Integer.MAX_VALUE);
  }

  /** Items of the batch were claimed. */
  public void claimed(long batch, int items) {
    leftOfBatches.computeIfPresent(batch, (same, left) -> Math.max(0, left - items));
  }

  /** {@return the batches of which nothing may be claimed} */
  public List<Long> fullBatches() {
    return leftOfBatches.entrySet().stream()
        .filter(each -> each.getValue() == 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether due work was passed over because its tenant has enough. */
  public boolean hasPassedOver() {
    return passedOver;
  }
}
