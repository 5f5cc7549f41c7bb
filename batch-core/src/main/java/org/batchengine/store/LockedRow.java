package org.batchengine.store;

/**
 * A row that others have locked, while the engine needs it.
 *
 * @param number of its batch; of a session its id
 * @param index of the parked item, or of the chunk's first item
 */
public record LockedRow(Kind kind, long number, int index) {

  /** What the row is. */
  public enum Kind {
    JOB,
    CHUNK,
    PARKED,
    COUNTERS,
    SESSION
  }

  /** The row of a batch itself. */
  public static LockedRow job(long batch) {
    return new LockedRow(Kind.JOB, batch, 0);
  }

  /** The row of a chunk, by its first item. */
  public static LockedRow chunk(long batch, int from) {
    return new LockedRow(Kind.CHUNK, batch, from);
  }

  /** The row of a parked item. */
  public static LockedRow parked(long batch, int index) {
    return new LockedRow(Kind.PARKED, batch, index);
  }

  /** The row in which a session counts what it has settled of a batch. */
  public static LockedRow counters(long batch) {
    return new LockedRow(Kind.COUNTERS, batch, 0);
  }

  /** The row of a session. */
  public static LockedRow session(long session) {
    return new LockedRow(Kind.SESSION, session, 0);
  }

  /** Where it is, as an operator looks for it. */
  @Override
  public String toString() {
    return switch (kind) {
      case JOB -> "batch_job, batch_no %d".formatted(number);
      case CHUNK -> "batch_chunk, batch_no %d, from_index %d".formatted(number, index);
      case PARKED -> "batch_parked, batch_no %d, item %d".formatted(number, index);
      case COUNTERS -> "batch_progress, batch_no %d".formatted(number);
      case SESSION -> "batch_session, id %d, or a whole table".formatted(number);
    };
  }
}
