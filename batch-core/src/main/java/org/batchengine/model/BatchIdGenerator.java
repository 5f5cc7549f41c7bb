package org.batchengine.model;

import static java.util.Objects.requireNonNull;

import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Generates batch ids: version 7 UUIDs (RFC 9562) that strictly increase from call to call, even
 * within a millisecond and when the clock steps back. Thread-safe; only one thread at a time uses
 * the clock and the randomness.
 *
 * <p>Layout: 48 bits of milliseconds, 12 bits of a counter, 62 random bits. The counter starts each
 * millisecond at a random 11-bit value (RFC 9562, section 6.2, method 1). When it is used up, the
 * millisecond moves one ahead of the clock.
 */
public final class BatchIdGenerator {
  private static final int COUNTER_BITS = 12;
  private static final int COUNTER_LIMIT = 1 << COUNTER_BITS;
  private static final long VERSION_7 = 0x7L << COUNTER_BITS;
  private static final long VARIANT = 0b10L << 62;

  private final InstantSource clock;
  private final RandomGenerator random;
  private long millis;
  private int counter;

  private BatchIdGenerator(InstantSource clock, RandomGenerator random) {
    this.clock = requireNonNull(clock, "clock");
    this.random = requireNonNull(random, "random");
  }

  /**
   * Returns a generator. Ids are only as unique across processes as the randomness; use a {@link
   * java.security.SecureRandom} unless the run must be repeatable.
   *
   * @param clock source of the time in the ids
   * @param random source of the random bits
   * @return a generator of increasing ids
   * @throws IllegalArgumentException if the randomness is that of a thread: threads that did not
   *     ask for it themselves get bits that can be computed from their numbers
   */
  public static BatchIdGenerator of(InstantSource clock, RandomGenerator random) {
    if (random instanceof ThreadLocalRandom) {
      throw new IllegalArgumentException(
          "random: a ThreadLocalRandom must stay with its thread; take a SecureRandom");
    }
    return new BatchIdGenerator(clock, random);
  }

  /** {@return a new id, greater than any this generator has returned before} */
  public synchronized BatchId next() {
    advance(clock.millis());
    long high = (millis << 16) | VERSION_7 | counter;
    long low = VARIANT | (random.nextLong() >>> 2);
    return new BatchId(new UUID(high, low));
  }

  private void advance(long now) {
    if (now > millis) {
      startMillisecond(now);
    } else if (++counter == COUNTER_LIMIT) {
      startMillisecond(millis + 1);
    }
  }

  private void startMillisecond(long start) {
    millis = start;
    counter = random.nextInt(COUNTER_LIMIT / 2);
  }
}
