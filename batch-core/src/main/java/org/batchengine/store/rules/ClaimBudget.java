package org.batchengine.store.rules;

import java.util.HashMap;
import java.util.Map;
import org.batchengine.store.ClaimRequest.Wanted;

/** What one claim of a type may still take of each tenant. */
public final class ClaimBudget {
  private final Wanted wanted;
  private final Map<String, Integer> claimed = new HashMap<>();
  private boolean passedOver;

  /** Nothing is claimed yet. */
  public ClaimBudget(Wanted wanted) {
    this.wanted = wanted;
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

  /** Whether due work was passed over because its tenant has enough. */
  public boolean hasPassedOver() {
    return passedOver;
  }
}
