package org.batchengine.engine.limit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a worker was allowed: one call at a time, and as many as it took. */
public final class Permit {
  /** Of a worker that needs none. */
  public static final Permit NONE = new Permit(null, List.of(), 0, Long.MAX_VALUE);

  /** In place of a fingerprint, of an attempt that has not failed. */
  public static final String GOOD = LastAttempts.GOOD;

  private final @Nullable Allowances of;
  private final List<Part> parts;
  private final long lapses;
  private int unused;
  private boolean isReleased;

  /** What it is of: in which trial of the breaker, and how often calls had to stop before. */
  record Part(Allowance of, int trial, int stops) {
    private boolean mayBegin() {
      return of.stops() == stops;
    }
  }

  Permit(@Nullable Allowances of, List<Allowance> parts, int calls, long lapses) {
    this.of = of;
    this.parts = parts.stream().map(one -> new Part(one, one.trial(), one.stops())).toList();
    this.lapses = lapses;
    unused = calls;
  }

  /** Whether the next call may still begin. */
  public boolean mayBegin(long now) {
    return (lapses == Long.MAX_VALUE || now - lapses <= 0)
        && parts.stream().allMatch(Part::mayBegin);
  }

  /**
   * A call has ended.
   *
   * @param attempts the fingerprint of each attempt that has failed, and {@link #GOOD} of each
   *     other one; empty if nothing was attempted
   */
  public void ended(List<String> attempts) {
    if (of != null && !attempts.isEmpty()) {
      of.ended(this, attempts);
    }
  }

  /** The worker has let go of its calls. Idempotent. */
  public void release() {
    if (of != null) {
      of.release(this);
    }
  }

  /** Guarded by {@link Allowances}: a call has ended; what it was of. */
  List<Part> use() {
    unused--;
    return parts;
  }

  /** Guarded by {@link Allowances}: how many calls have not ended as an attempt. */
  int unused() {
    return unused;
  }

  /** Guarded by {@link Allowances}: what it was of, once. */
  List<Part> takeParts() {
    if (isReleased) {
      return List.of();
    }
    isReleased = true;
    return parts;
  }
}
