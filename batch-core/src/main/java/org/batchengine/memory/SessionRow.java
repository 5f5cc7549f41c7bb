package org.batchengine.memory;

import java.time.Instant;
import java.util.Comparator;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.batchengine.memory.Motion.ChunkRow;
import org.batchengine.memory.Motion.ParkedRow;

/** A row of the table session, and the work that it owns, by batch and index. */
final class SessionRow {
  private static final Comparator<Motion> BY_ITEM =
      Comparator.<Motion>comparingLong(motion -> motion.batch.number)
          .thenComparingInt(motion -> motion.index);

  final long id;
  final String host;
  Instant expiresAt;
  long settled;

  /** Until when it drains for a suspect. */
  Instant drainingUntil = Instant.MIN;

  /** The job types that it works on. */
  Set<String> types = Set.of();

  final NavigableSet<ChunkRow> chunks = new TreeSet<>(BY_ITEM);
  final NavigableSet<ParkedRow> parked = new TreeSet<>(BY_ITEM);

  SessionRow(long id, String host, Instant expiresAt) {
    this.id = id;
    this.host = host;
    this.expiresAt = expiresAt;
  }

  /** Whether it drains, and came before any other that does. */
  boolean drainsBefore(SessionRow other, Instant now) {
    boolean isLater = other.drainingUntil.isAfter(now) && other.id < id;
    return drainingUntil.isAfter(now) && !isLater;
  }

  boolean ownsNothing() {
    return chunks.isEmpty() && parked.isEmpty();
  }
}
