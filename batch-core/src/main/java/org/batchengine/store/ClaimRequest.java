package org.batchengine.store;

import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The work that a session asks for.
 *
 * @param wanted at most one entry per job type; other types are not claimed
 */
public record ClaimRequest(long session, List<Wanted> wanted) {

  /**
   * The work wanted of one job type.
   *
   * @param items the most items to claim, in chunks and parked together, at least 1; a chunk that
   *     was lost before may exceed it
   * @param chunkItems the most items of one chunk, at least 1
   * @param leastItems the fewest items that are worth a claim, at least 1
   * @param tenants what is wanted of tenants that have a share of their own
   * @param others what is wanted of each other tenant
   * @param batches the most items to claim of batches whose calls are limited; of others any number
   */
  public record Wanted(
      String type,
      int items,
      int chunkItems,
      int leastItems,
      Map<String, Share> tenants,
      Share others,
      Map<Long, Integer> batches) {

    /** Work of any batch. */
    public Wanted(
        String type,
        int items,
        int chunkItems,
        int leastItems,
        Map<String, Share> tenants,
        Share others) {
      this(type, items, chunkItems, leastItems, tenants, others, Map.of());
    }

    /** Work of any tenant. */
    public Wanted(String type, int items, int chunkItems, int leastItems) {
      this(type, items, chunkItems, leastItems, Map.of(), Share.of(items, chunkItems));
    }

    /** {@return this, with a bound for each of some batches} */
    public Wanted with(Map<Long, Integer> ofBatches) {
      return new Wanted(type, items, chunkItems, leastItems, tenants, others, ofBatches);
    }

    /** {@return what is wanted of a tenant} */
    public Share of(String tenant) {
      return tenants.getOrDefault(tenant, others);
    }
  }

  /**
   * The work wanted of one tenant.
   *
   * @param chunkItems the most items of one chunk, at least 1
   * @param items by priority, from 0 on: the most items to claim of that priority and those above
   *     it. What the session has in hand of lower priorities does not count
   */
  public record Share(int chunkItems, List<Integer> items) {
    private static final int PRIORITIES = 10;

    /** The same of every priority. */
    public static Share of(int items, int chunkItems) {
      return new Share(chunkItems, Collections.nCopies(PRIORITIES, items));
    }

    /** The same, but for at most so many items of every priority. */
    public Share atMost(long most) {
      return new Share(chunkItems, items.stream().map(each -> (int) Math.min(each, most)).toList());
    }

    /** {@return the most items to claim of a priority and those above it} */
    public int items(int priority) {
      return items.get(priority);
    }
  }
}
