package org.batchengine;

import java.util.Objects;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.jspecify.annotations.Nullable;

/** A chunk, or a single parked item, that a session of this engine owns until all is settled. */
final class Lease {
  private final Session session;
  private final LiveBatch batch;
  private final @Nullable ClaimedChunk chunk;
  private final @Nullable ClaimedItem parked;
  private int open;
  private boolean returned;

  private Lease(
      Session session,
      LiveBatch batch,
      @Nullable ClaimedChunk chunk,
      @Nullable ClaimedItem parked) {
    this.session = session;
    this.batch = batch;
    this.chunk = chunk;
    this.parked = parked;
    this.open = parked == null ? 0 : 1;
  }

  static Lease ofChunk(Session session, LiveBatch batch, ClaimedChunk chunk) {
    return new Lease(session, batch, chunk, null);
  }

  static Lease ofParked(Session session, LiveBatch batch, ClaimedItem parked) {
    return new Lease(session, batch, null, parked);
  }

  Session session() {
    return session;
  }

  LiveBatch batch() {
    return batch;
  }

  /** The chunk; null for a parked item. */
  @Nullable ClaimedChunk chunk() {
    return chunk;
  }

  /** The parked item; null for a chunk. */
  @Nullable ClaimedItem parked() {
    return parked;
  }

  boolean isParked() {
    return parked != null;
  }

  /** What the lease is known by while it is held. */
  Key key() {
    int index = chunk != null ? chunk.from() : Objects.requireNonNull(parked).index();
    return new Key(batch.number(), isParked(), index);
  }

  /** How many of its items are to be settled; set before the first of them is handed to workers. */
  void open(int items) {
    open = items;
  }

  /** Items not settled yet. Used by the settler's thread once the items are with workers. */
  int open() {
    return open;
  }

  void settled(int items) {
    open -= items;
  }

  /** Whether items of it are given back: then the chunk is not over when all its items are. */
  boolean isReturned() {
    return returned;
  }

  void returned() {
    returned = true;
  }

  record Key(long batch, boolean parked, int index) {}
}
