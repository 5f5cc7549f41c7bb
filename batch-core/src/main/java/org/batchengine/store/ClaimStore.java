package org.batchengine.store;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.LongConsumer;

/** Hands out work to a session, and loads its inputs. Every rule of {@link BatchStore} holds. */
public interface ClaimStore {

  /**
   * Claims due work of PENDING and RUNNING batches for the session: by priority, and within a
   * priority parked retries, up to half of what is missing, and chunks. Tenants take turns; of a
   * tenant what fell due first comes first. A chunk larger than wanted is split: the session owns
   * its front; the rest stays unowned and moves to the end of its priority's queue. A chunk that
   * was lost before is claimed whole.
   *
   * @throws FencedException if the session is gone; nothing was claimed
   */
  Claim claim(ClaimRequest request);

  /**
   * Claims a single item: the lowest unfinished one of a sequential batch of the given types, if it
   * is due and no session owns anything of the batch. {@link Claim#more} is true with an empty
   * claim if others were quicker.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimSequential(long session, Collection<String> types);

  /**
   * Claims one suspect of the given types if the session owns nothing else. If suspects are due and
   * it owns other work, it may drain for the given time, unless another session drains already:
   * {@link Claim#more} is true with an empty claim only for the session that drains.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimSuspect(long session, Collection<String> types, Duration drain);

  /**
   * Claims items of the types that were to be settled from outside, and whose bound has passed, but
   * for those of sequential batches: {@link #claimSequential} has them in their turn. {@link
   * Claim#more} is true if there may be more.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimOverdue(long session, Collection<String> types);

  /**
   * Everything that the session owns, in the form of a claim; empty if the session is gone. Waits
   * for the session's claims in progress.
   */
  Claim owned(long session);

  /** What workers need to know about the batches. Those that are gone are left out. */
  List<BatchHeader> headers(Collection<Long> batches);

  /**
   * How large the inputs of the open items of an owned chunk are, by index. The inputs themselves
   * do not come into memory.
   */
  List<InputSize> measure(ClaimedChunk chunk);

  /**
   * The open items {@code [from, to)} of an owned chunk, by index: items with neither an outcome
   * nor a parked row.
   */
  List<StoredInput> load(ClaimedChunk chunk, int from, int to);

  /** All open items of an owned chunk. */
  default List<StoredInput> load(ClaimedChunk chunk) {
    return load(chunk, chunk.from(), chunk.to());
  }

  /** The inputs of owned parked items, in no particular order. */
  List<StoredInput> load(List<ClaimedItem> parked);

  /**
   * Records that work on the batches has begun. PENDING batches become RUNNING; one that was paused
   * after its items were claimed stays PAUSED.
   *
   * @param locked told of each that is left as it is, since others have locked it
   * @return the batches for which this was not recorded yet
   */
  List<Long> markRunning(Collection<Long> batches, LongConsumer locked);

  /** The same, for callers that do not come back. */
  default List<Long> markRunning(Collection<Long> batches) {
    return markRunning(batches, batch -> {});
  }
}
