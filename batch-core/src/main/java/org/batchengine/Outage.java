package org.batchengine;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.batchengine.model.ItemError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs what fails again and again in an engine: each cause once, however often and by how many
 * loops it is tried, and one line when nothing has failed for a while. Causes that differ in
 * numbers and quoted words only are one. Safe for many threads.
 */
final class Outage {
  private static final Logger log = LoggerFactory.getLogger(Outage.class);

  /** After so many the rest is left to the level DEBUG. */
  private static final int MOST_CAUSES = 20;

  private final long quietNanos;
  private final LongSupplier nanos;
  private final Set<String> causes = new HashSet<>();
  private volatile boolean open;
  private long failedAt;
  private long failures;

  /**
   * Of work that is tried again by itself.
   *
   * @param quiet how long nothing may have failed before it is over; longer than between two tries
   */
  Outage(Duration quiet, LongSupplier nanos) {
    this.quietNanos = quiet.toNanos();
    this.nanos = nanos;
  }

  synchronized void failed(String what, Throwable e) {
    open = true;
    failedAt = nanos.getAsLong();
    failures++;
    ItemError error = ItemError.of(1, e, Instant.EPOCH);
    if (causes.size() < MOST_CAUSES && causes.add(error.fingerprint())) {
      log.warn(
          "{} failed, and tries again and again: {}: {}", what, error.type(), error.message(), e);
    } else {
      log.debug("{} failed again", what, e);
    }
  }

  /** Something went well; whether that is the end of it is for the time to say. */
  void passed() {
    if (open) {
      endIfQuiet();
    }
  }

  private synchronized void endIfQuiet() {
    if (open && nanos.getAsLong() - failedAt >= quietNanos) {
      log.info("nothing fails any more, after {} failures", failures);
      open = false;
      causes.clear();
      failures = 0;
    }
  }

  /** Nanoseconds until {@link #passed} may end it; the most there is if nothing has failed. */
  synchronized long untilOver() {
    return open ? Math.max(1, failedAt + quietNanos - nanos.getAsLong()) : Long.MAX_VALUE;
  }
}
