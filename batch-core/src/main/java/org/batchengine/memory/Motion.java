package org.batchengine.memory;

import java.time.Instant;
import java.util.Comparator;
import org.batchengine.model.ItemState;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.batchengine.store.Measured;
import org.batchengine.store.rules.ParkedKind;
import org.jspecify.annotations.Nullable;

/** Unfinished work of a batch: a row of the table chunk or parked. */
abstract sealed class Motion {
  final BatchRows batch;
  final int index;
  int priority;
  private Instant dueAt;

  @Nullable SessionRow owner;
  int lost;

  private Motion(BatchRows batch, int index, int priority, Instant dueAt) {
    this.batch = batch;
    this.index = index;
    this.priority = priority;
    this.dueAt = dueAt;
  }

  Instant dueAt() {
    return dueAt;
  }

  /** Allowed only while it is owned: ready work is queued by this time. */
  void dueAt(Instant instant) {
    if (owner == null) {
      throw new IllegalStateException(this + " is ready and cannot change its due time");
    }
    dueAt = instant;
  }

  /** Whether it is due. */
  boolean isDue(Instant now) {
    return !dueAt.isAfter(now);
  }

  /** The state of its items. */
  ItemState itemState() {
    return owner == null ? waiting() : ItemState.RUNNING;
  }

  abstract ItemState waiting();

  abstract Place place();

  @Override
  public String toString() {
    return getClass().getSimpleName() + "[batch=" + batch.number + ", index=" + index + "]";
  }

  /** The items {@code [index, to)}, of which {@code open} have no outcome and are not parked. */
  static final class ChunkRow extends Motion {
    int to;
    int open;

    /** Grows with each row: if two fall due at once, the older comes first. */
    long serial;

    ChunkRow(BatchRows batch, int from, int to, int open, Instant dueAt) {
      super(batch, from, batch.settings.priority(), dueAt);
      this.to = to;
      this.open = open;
    }

    @Override
    ItemState waiting() {
      return ItemState.PENDING;
    }

    @Override
    Place place() {
      return new Place(priority, dueAt(), serial);
    }

    ClaimedChunk claimed() {
      return new ClaimedChunk(
          batch.number, batch.submitted.type(), index, to, lost, batch.revision);
    }
  }

  /** A single item. */
  static final class ParkedRow extends Motion {
    ParkedKind kind;
    int attempts;

    /** The attempts after which its retries count. */
    int budgetFrom;

    Measured measured = Measured.NONE;

    ParkedRow(
        BatchRows batch, int index, int priority, ParkedKind kind, int attempts, Instant dueAt) {
      super(batch, index, priority, dueAt);
      this.kind = kind;
      this.attempts = attempts;
    }

    /** Of suspects the first to fall due is claimed first, whatever its priority. */
    @Override
    Place place() {
      int first = kind == ParkedKind.SUSPECT ? 0 : priority;
      return new Place(first, dueAt(), (batch.number << Integer.SIZE) + index);
    }

    @Override
    ItemState waiting() {
      return kind == ParkedKind.DEFERRED ? ItemState.DEFERRED : ItemState.RETRYING;
    }

    ClaimedItem claimed() {
      return new ClaimedItem(
          batch.number,
          batch.submitted.type(),
          index,
          attempts,
          budgetFrom,
          kind == ParkedKind.SUSPECT,
          kind == ParkedKind.DEFERRED,
          measured,
          batch.revision);
    }
  }

  /** A position in the order of claims. */
  record Place(int priority, Instant dueAt, long serial) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.comparing(Place::priority, Comparator.reverseOrder())
            .thenComparing(Place::dueAt)
            .thenComparing(Place::serial);

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }
  }
}
