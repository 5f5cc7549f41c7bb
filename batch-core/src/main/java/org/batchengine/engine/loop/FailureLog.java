package org.batchengine.engine.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.batchengine.model.ItemError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs what keeps failing in an engine: each cause once, however many loops retry it and how often,
 * and one line when nothing has failed for a while. Causes that differ only in numbers and quoted
 * words count as one. Thread-safe.
 */
public final class FailureLog {
  private static final Logger log = LoggerFactory.getLogger(FailureLog.class);

  /** After this many, further causes are logged at DEBUG. */
  private static final int MOST_CAUSES = 20;

  private final long quietNanos;
  private final LongSupplier nanos;
  private final Set<String> causes = new HashSet<>();
  private volatile boolean open;
  private long failedAt;
  private long failures;

  /**
   * A log for work that is retried by itself.
   *
   * @param quiet how long nothing may fail before the trouble is over; longer than the longest
   *     interval between two tries
   */
  public FailureLog(Duration quiet, LongSupplier nanos) {
    this.quietNanos = quiet.toNanos();
    this.nanos = nanos;
  }

  /** Something failed and will be retried. */
  public synchronized void failed(String what, Throwable e) {
    open = true;
    failedAt = nanos.getAsLong();
    failures++;
    ItemError error = ItemError.of(1, e, Instant.EPOCH);
    if (causes.size() < MOST_CAUSES && causes.add(error.fingerprint())) {
      log.warn("{} failed; retrying: {}: {}", what, error.type(), error.message(), e);
    } else {
      log.debug("{} failed again", what, e);
    }
  }

  /** The time now, in nanoseconds. */
  long now() {
    return nanos.getAsLong();
  }

  /** Something succeeded; the trouble is over once nothing has failed for long enough. */
  public void passed() {
    if (open) {
      endIfQuiet();
    }
  }

  private synchronized void endIfQuiet() {
    if (open && nanos.getAsLong() - failedAt >= quietNanos) {
      log.info("recovered after {} failures", failures);
      open = false;
      causes.clear();
      failures = 0;
    }
  }

  /** Nanoseconds until {@link #passed} may end it; {@code Long.MAX_VALUE} if nothing has failed. */
  public synchronized long untilOver() {
    return open ? Math.max(1, failedAt + quietNanos - nanos.getAsLong()) : Long.MAX_VALUE;
  }
}
