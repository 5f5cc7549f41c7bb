package org.batchengine.engine.lease;

import java.util.concurrent.TimeUnit;
import org.batchengine.store.rules.RecentRate;

/**
 * Measures items per second over about the last ten seconds: a count that decays exponentially,
 * divided by its time constant and by how much of a full window has been seen. Thread-safe.
 */
public final class RateMeter {
  private static final double WINDOW = TimeUnit.SECONDS.toNanos(RecentRate.WINDOW_SECONDS);
  private static final double LEAST_SEEN = TimeUnit.MILLISECONDS.toNanos(200);

  private final long startedAt;
  private long countedAt;
  private double count;

  /** A meter that starts now. */
  public RateMeter(long now) {
    startedAt = now;
    countedAt = now;
  }

  /** Counts items. */
  public synchronized void add(int items, long now) {
    count = count * Math.exp(-(now - countedAt) / WINDOW) + items;
    countedAt = now;
  }

  /** {@return the recent rate} */
  public synchronized double itemsPerSecond() {
    double seen = Math.max((double) (countedAt - startedAt), LEAST_SEEN);
    double perNano = count / (WINDOW * (1 - Math.exp(-seen / WINDOW)));
    return perNano * TimeUnit.SECONDS.toNanos(1);
  }
}
