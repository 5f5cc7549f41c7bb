package org.batchengine.store.rules;

import java.time.Duration;
import org.batchengine.model.BatchCounts;
import org.batchengine.model.BatchState;

/**
 * A batch's rate: items per second, summed over the sessions that recently settled any. What a
 * session has measured fades after its last settlement, as the meter itself would let it fade.
 */
public final class RecentRate {
  /** How long a session's rate counts. */
  public static final int SECONDS = 15;

  /** A rate fades to a third in this time. */
  public static final int WINDOW_SECONDS = 10;

  private RecentRate() {}

  /**
   * Returns what is left of a session's rate.
   *
   * @param age the time since the session last settled an item of the batch
   */
  public static double faded(double itemsPerSecond, Duration age) {
    if (age.compareTo(Duration.ofSeconds(SECONDS)) >= 0) {
      return 0;
    }
    double seconds = Math.max(0, age.toMillis() / 1000.0);
    return itemsPerSecond * Math.exp(-seconds / WINDOW_SECONDS);
  }

  /**
   * Returns the rate of a batch: none while no item is owned or may be claimed, because it is not
   * running or all that is left waits for a retry.
   *
   * @param faded the sum over its sessions
   */
  public static double of(BatchState state, BatchCounts counts, double faded) {
    boolean canProgress =
        counts.running() > 0 || (state == BatchState.RUNNING && counts.pending() > 0);
    return canProgress ? faded : 0;
  }
}
