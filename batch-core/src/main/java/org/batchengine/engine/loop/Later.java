package org.batchengine.engine.loop;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** What others have locked, and is tried again after a pause. For one thread. */
public final class Later<T> {
  /** How long the pause is. */
  public static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final LongSupplier nanos;
  private final Set<T> waiting = new LinkedHashSet<>();
  private long dueAt;

  /** Nothing waits. */
  public Later(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** It is to be tried again. What waits already keeps its time. */
  public void add(T next) {
    if (waiting.isEmpty()) {
      dueAt = nanos.getAsLong() + PAUSE_NANOS;
    }
    waiting.add(next);
  }

  /** Whether the pause is over. */
  public boolean isDue() {
    return !waiting.isEmpty() && nanos.getAsLong() - dueAt >= 0;
  }

  /** {@return what waits, once the pause is over; it does not wait any more} */
  public List<T> take() {
    if (!isDue()) {
      return List.of();
    }
    List<T> all = new ArrayList<>(waiting);
    waiting.clear();
    return all;
  }

  /** Nothing waits any more. */
  public void clear() {
    waiting.clear();
  }

  /** {@return nanoseconds until something is due, at least 1; {@code Long.MAX_VALUE} if nothing} */
  public long untilDue() {
    return waiting.isEmpty() ? Long.MAX_VALUE : Math.max(1, dueAt - nanos.getAsLong());
  }
}
