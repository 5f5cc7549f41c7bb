package org.batchengine;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.batchengine.model.EngineHealth.Activity;
import org.batchengine.model.ItemError;
import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/** Whether one of the things that an engine does all the time goes on. Safe for many threads. */
final class Pulse {
  private static final int MOST_CHARS = 500;

  private final InstantSource clock;
  private final LongSupplier nanos;
  private @Nullable Instant succeededAt;
  private @Nullable Instant failedAt;
  private @Nullable String failure;
  private int failures;
  private long failingSince;
  private long goodAt;

  Pulse(InstantSource clock, LongSupplier nanos) {
    this.clock = clock;
    this.nanos = nanos;
    goodAt = nanos.getAsLong();
  }

  /** From now on it is expected to succeed. */
  synchronized void begins() {
    goodAt = nanos.getAsLong();
  }

  /** Makes a call, and keeps how it went. */
  <T> T of(Supplier<T> call) {
    T answer;
    try {
      answer = call.get();
    } catch (Throwable e) {
      failed(e);
      throw e;
    }
    succeeded();
    return answer;
  }

  synchronized void succeeded() {
    succeededAt = clock.instant();
    goodAt = nanos.getAsLong();
    failures = 0;
  }

  synchronized void failed(Throwable e) {
    if (failures == 0) {
      failingSince = nanos.getAsLong();
    }
    failures++;
    Instant now = clock.instant();
    failedAt = now;
    ItemError error = ItemError.of(1, e, now);
    failure = StoredText.clean(error.type() + ": " + error.message(), MOST_CHARS);
  }

  /** There is nothing to be done, so nothing fails. */
  synchronized void rests() {
    failures = 0;
  }

  /** Nanoseconds since the first failure of those without a success after them; 0 if none. */
  synchronized long failingNanos() {
    return failures == 0 ? 0 : nanos.getAsLong() - failingSince;
  }

  /** Nanoseconds since the last success, or since {@link #begins}. */
  synchronized long sinceSuccess() {
    return nanos.getAsLong() - goodAt;
  }

  synchronized Activity activity() {
    return new Activity(
        Optional.ofNullable(succeededAt),
        Optional.ofNullable(failedAt),
        Optional.ofNullable(failure),
        failures);
  }
}
