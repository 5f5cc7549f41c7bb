package org.batchengine.engine.lease;

import java.util.Objects;
import org.batchengine.engine.session.Session;
import org.batchengine.store.ClaimedChunk;
import org.batchengine.store.ClaimedItem;
import org.jspecify.annotations.Nullable;

/** A chunk or a parked item that a session of this engine owns until all of it is settled. */
public final class Lease {
  private final Session session;
  private final LiveBatch batch;
  private final int priority;
  private volatile @Nullable ClaimedChunk chunk;
  private final @Nullable ClaimedItem parked;
  private final int index;
  private int open;
  private boolean returned;

  /** The first index that no worker has come to. Guarded by the queue of its items. */
  private int begun;

  private Lease(
      Session session,
      LiveBatch batch,
      @Nullable ClaimedChunk chunk,
      @Nullable ClaimedItem parked) {
    this.session = session;
    this.batch = batch;
    priority = batch.header().priority();
    this.chunk = chunk;
    this.parked = parked;
    index = chunk != null ? chunk.from() : Objects.requireNonNull(parked).index();
    begun = index;
    this.open = parked == null ? 0 : 1;
  }

  /** A lease of a chunk. */
  public static Lease ofChunk(Session session, LiveBatch batch, ClaimedChunk chunk) {
    return new Lease(session, batch, chunk, null);
  }

  /** A lease of a parked item. */
  public static Lease ofParked(Session session, LiveBatch batch, ClaimedItem parked) {
    return new Lease(session, batch, null, parked);
  }

  /** {@return the session that owns it} */
  public Session session() {
    return session;
  }

  /** {@return the batch it belongs to} */
  public LiveBatch batch() {
    return batch;
  }

  /** {@return the batch's priority when it was claimed: its items keep it while they wait here} */
  public int priority() {
    return priority;
  }

  /** {@return the chunk; null for a parked item} */
  public @Nullable ClaimedChunk chunk() {
    return chunk;
  }

  /** {@return the parked item; null for a chunk} */
  public @Nullable ClaimedItem parked() {
    return parked;
  }

  /** Whether it is for a parked item. */
  public boolean isParked() {
    return parked != null;
  }

  /** {@return a key unique among this engine's leases} */
  public Key key() {
    return new Key(batch.number(), isParked(), index);
  }

  /** Sets how many of its items must be settled. Called before workers get the first of them. */
  public void open(int items) {
    open = items;
  }

  /** {@return items not settled yet} For the settler's thread once workers have the items. */
  public int open() {
    return open;
  }

  /** Some of its items are settled. */
  public void settled(int items) {
    open -= items;
  }

  /** A worker has come to the item. */
  public void begins(int item) {
    begun = Math.max(begun, item + 1);
  }

  /** {@return the first index from which on no worker has come to an item} */
  public int begun() {
    return begun;
  }

  /** The items from an index on are given back: they are no longer of the chunk. */
  public void cut(int at) {
    ClaimedChunk whole = Objects.requireNonNull(chunk);
    int to = Math.min(at, whole.to());
    chunk =
        new ClaimedChunk(
            whole.batch(), whole.type(), whole.from(), to, whole.lost(), whole.revision());
  }

  /** Whether some of its items are given back. The chunk must then outlive the lease. */
  public boolean isReturned() {
    return returned;
  }

  /** Some of its items are given back. */
  public void returned() {
    returned = true;
  }

  /** Identifies a lease. */
  public record Key(long batch, boolean parked, int index) {}
}
