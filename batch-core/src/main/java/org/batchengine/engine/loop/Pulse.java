package org.batchengine.engine.loop;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.batchengine.model.EngineHealth.Activity;
import org.batchengine.model.ItemError;
import org.batchengine.model.StoredText;
import org.jspecify.annotations.Nullable;

/** Remembers how one activity of the engine has gone recently. Thread-safe. */
public final class Pulse {
  private static final int MOST_CHARS = 500;

  private final InstantSource clock;
  private final LongSupplier nanos;
  private @Nullable Instant succeededAt;
  private @Nullable Instant failedAt;
  private @Nullable String failure;
  private int failures;
  private long failingSince;
  private long goodAt;

  Pulse(EngineClock clock) {
    this.clock = clock.instants();
    this.nanos = clock.nanos();
    goodAt = nanos.getAsLong();
  }

  /** From now on the activity is expected to succeed. */
  public synchronized void begins() {
    goodAt = nanos.getAsLong();
  }

  /** Makes a call, and remembers how it went. */
  public <T> T of(Supplier<T> call) {
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

  /** The activity succeeded. */
  public synchronized void succeeded() {
    succeededAt = clock.instant();
    goodAt = nanos.getAsLong();
    failures = 0;
  }

  /** The activity failed. */
  public synchronized void failed(Throwable e) {
    if (failures == 0) {
      failingSince = nanos.getAsLong();
    }
    failures++;
    Instant now = clock.instant();
    failedAt = now;
    ItemError error = ItemError.of(1, e, now);
    failure = StoredText.clean(error.type() + ": " + error.message(), MOST_CHARS);
  }

  /** There is nothing to do, so nothing fails. */
  public synchronized void rests() {
    failures = 0;
  }

  /** Nanoseconds since the first failure after the last success; 0 if none has failed since. */
  public synchronized long failingNanos() {
    return failures == 0 ? 0 : nanos.getAsLong() - failingSince;
  }

  /** Nanoseconds since the last success, or since {@link #begins}. */
  public synchronized long sinceSuccess() {
    return nanos.getAsLong() - goodAt;
  }

  /** {@return how it has gone recently} */
  public synchronized Activity activity() {
    return new Activity(
        Optional.ofNullable(succeededAt),
        Optional.ofNullable(failedAt),
        Optional.ofNullable(failure),
        failures);
  }
}
