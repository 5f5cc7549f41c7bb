package org.batchengine;

import org.batchengine.store.ClaimedChunk;
import org.jspecify.annotations.Nullable;

/** A chunk, or a single parked item, that a session of this engine owns until all is settled. */
final class Lease {
  private final Session session;
  private final LiveBatch batch;
  private final @Nullable ClaimedChunk chunk;
  private final int index;
  private int open;

  private Lease(Session session, LiveBatch batch, @Nullable ClaimedChunk chunk, int index) {
    this.session = session;
    this.batch = batch;
    this.chunk = chunk;
    this.index = index;
    this.open = chunk == null ? 1 : 0;
  }

  static Lease ofChunk(Session session, LiveBatch batch, ClaimedChunk chunk) {
    return new Lease(session, batch, chunk, chunk.from());
  }

  static Lease ofParked(Session session, LiveBatch batch, int index) {
    return new Lease(session, batch, null, index);
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

  boolean isParked() {
    return chunk == null;
  }

  /** What the lease is known by while it is held. */
  Key key() {
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

  record Key(long batch, boolean parked, int index) {}
}
