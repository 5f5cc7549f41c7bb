package org.batchengine.engine.limit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a worker was allowed: one call at a time, and as many as it took. */
public final class Permit {
  /** Of a worker that needs none. */
  public static final Permit NONE = new Permit(null, List.of(), Long.MAX_VALUE);

  private final @Nullable Allowances of;
  private final List<Allowance> parts;
  private final long lapses;
  private boolean isReleased;

  Permit(@Nullable Allowances of, List<Allowance> parts, long lapses) {
    this.of = of;
    this.parts = parts;
    this.lapses = lapses;
  }

  /** Whether the next call may still begin. */
  public boolean mayBegin(long now) {
    return lapses == Long.MAX_VALUE || now - lapses <= 0;
  }

  /** The worker has let go of its calls. Idempotent. */
  public void release() {
    if (of != null) {
      of.release(this);
    }
  }

  /** Guarded by {@link Allowances}: what it was of, once. */
  List<Allowance> takeParts() {
    if (isReleased) {
      return List.of();
    }
    isReleased = true;
    return parts;
  }
}
