package org.batchengine.engine.run;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes of inputs that wait for workers, of all types together. Thread-safe. */
public final class InputRoom {
  /** No more inputs are loaded while this many bytes of them wait. */
  private static final long MOST_BYTES = 16L << 20;

  private final AtomicLong bytes = new AtomicLong();

  /** Whether enough waits. */
  boolean isFull() {
    return bytes.get() >= MOST_BYTES;
  }

  /** {@return how many bytes wait} */
  public long bytes() {
    return bytes.get();
  }

  void add(long more) {
    bytes.addAndGet(more);
  }

  void remove(long less) {
    bytes.addAndGet(-less);
  }
}
