package org.batchengine.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Map;

/**
 * The number of a batch's items in each state; the eight add up to the total.
 *
 * @param total all items of the batch
 * @param pending items that wait for their first attempt
 * @param running items that an engine owns
 * @param retrying items that wait for another attempt
 * @param deferred items to be settled from outside
 * @param succeeded items that are done
 * @param failed items that failed for good
 * @param skipped items that their processor skipped
 * @param cancelled items that were not processed because the batch was stopped
 */
public record BatchCounts(
    long total,
    long pending,
    long running,
    long retrying,
    long deferred,
    long succeeded,
    long failed,
    long skipped,
    long cancelled) {

  /** Rejects a negative count, and a total that is not the sum of the others. */
  public BatchCounts {
    long[] parts = {pending, running, retrying, deferred, succeeded, failed, skipped, cancelled};
    if (!addUpTo(total, parts)) {
      throw new IllegalArgumentException(
          "counts must be at least 0 and add up to the total: total=%d, but pending, running, retrying, deferred, succeeded, failed, skipped, cancelled are %s"
              .formatted(total, Arrays.toString(parts)));
    }
  }

  private static boolean addUpTo(long total, long[] parts) {
    long rest = total; // counts down, because a sum could overflow
    for (long part : parts) {
      if (part < 0 || part > rest) {
        return false;
      }
      rest -= part;
    }
    return rest == 0;
  }

  /**
   * Returns counts made from the number of items in each state.
   *
   * @param byState number of items by state; a missing entry means none
   * @return counts whose total is the sum
   */
  public static BatchCounts of(Map<ItemState, Long> byState) {
    return new BatchCounts(
        byState.values().stream().mapToLong(Long::longValue).sum(),
        byState.getOrDefault(ItemState.PENDING, 0L),
        byState.getOrDefault(ItemState.RUNNING, 0L),
        byState.getOrDefault(ItemState.RETRYING, 0L),
        byState.getOrDefault(ItemState.DEFERRED, 0L),
        byState.getOrDefault(ItemState.SUCCEEDED, 0L),
        byState.getOrDefault(ItemState.FAILED, 0L),
        byState.getOrDefault(ItemState.SKIPPED, 0L),
        byState.getOrDefault(ItemState.CANCELLED, 0L));
  }

  /** {@return the number of processed items: succeeded, failed and skipped} */
  public long processed() {
    return succeeded + failed + skipped;
  }

  /** {@return the number of unsettled items: pending, running, retrying and deferred} */
  public long unfinished() {
    return pending + running + retrying + deferred;
  }

  /** {@return the share of processed items that succeeded, from 0 to 1; 0 if none is processed} */
  public double successRate() {
    return shareOfProcessed(succeeded);
  }

  /** {@return the share of processed items that failed, from 0 to 1; 0 if none is processed} */
  public double failureRate() {
    return shareOfProcessed(failed);
  }

  /**
   * Returns everything as a flat map that any JSON library can print. The keys are part of the API,
   * and are those of {@link BatchJob#toMap()}: {@code total}, {@code pending}, {@code running},
   * {@code retrying}, {@code deferred}, {@code succeeded}, {@code failed}, {@code skipped}, {@code
   * cancelled}, {@code processed}, {@code unfinished}, {@code success_rate}, {@code failure_rate}.
   *
   * @return an unmodifiable map in this order
   */
  @JsonValue
  public Map<String, Object> toMap() {
    FlatMap map = new FlatMap();
    putCounts(map);
    putRates(map);
    return map.toMap();
  }

  FlatMap putCounts(FlatMap map) {
    return map.put("total", total)
        .put("pending", pending)
        .put("running", running)
        .put("retrying", retrying)
        .put("deferred", deferred)
        .put("succeeded", succeeded)
        .put("failed", failed)
        .put("skipped", skipped)
        .put("cancelled", cancelled)
        .put("processed", processed())
        .put("unfinished", unfinished());
  }

  FlatMap putRates(FlatMap map) {
    return map.put("success_rate", successRate()).put("failure_rate", failureRate());
  }

  private double shareOfProcessed(long count) {
    return processed() == 0 ? 0 : (double) count / processed();
  }
}
