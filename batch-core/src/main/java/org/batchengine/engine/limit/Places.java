package org.batchengine.engine.limit;

/**
 * Places of a rate that the store gave to this session, by the engine's own clock: each may be used
 * from its time on, counted from when the answer came, until it lapses, counted from when the
 * question was sent. Guarded by {@link Allowances}.
 */
final class Places {
  private final long earliest;
  private final long latest;
  private final long gap;
  private final int end;
  private int next;

  /**
   * Places that are evenly spaced.
   *
   * @param earliest when the first may be used
   * @param latest when the first lapses
   */
  Places(int count, long earliest, long latest, long gap) {
    this.earliest = earliest;
    this.latest = latest;
    this.gap = gap;
    end = count;
  }

  /** Drops what has lapsed. How many are left. */
  int left(long now) {
    long late = now - latest - next * gap;
    if (late > 0) {
      next = (int) Math.min(end, next + (late - 1) / gap + 1);
    }
    return end - next;
  }

  /** How many may be used now. */
  int open(long now) {
    long since = now - earliest - next * gap;
    return since < 0 ? 0 : (int) Math.min(left(now), since / gap + 1);
  }

  /** How long until the next may be used; not positive if it may. */
  long untilNext(long now) {
    return earliest + next * gap - now;
  }

  /** Uses some. When the first of them lapses. */
  long use(int count) {
    long lapses = latest + next * gap;
    next += count;
    return lapses;
  }
}
