package org.batchengine.store;

import java.util.Collection;
import java.util.List;

/** Hands out work to a session, and loads its inputs. Every rule of {@link BatchStore} holds. */
public interface ClaimStore {

  /**
   * Claims due work of PENDING and RUNNING batches for the session: first parked retries, up to
   * half of each {@linkplain ClaimRequest.Wanted wanted} count, then chunks by priority and due
   * time. A chunk larger than wanted is split: the session owns its front; the rest stays unowned
   * and moves to the end of its priority's queue. A chunk that was lost before is claimed whole.
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
   * Claims one suspect of the given types if the session owns nothing else. {@link Claim#more} says
   * whether unclaimed suspects are due, even if the session owns other work.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimSuspect(long session, Collection<String> types);

  /**
   * Everything that the session owns, in the form of a claim; empty if the session is gone. Waits
   * for the session's claims in progress.
   */
  Claim owned(long session);

  /** What workers need to know about the batches. Those that are gone are left out. */
  List<BatchHeader> headers(Collection<Long> batches);

  /** The open items of an owned chunk, by index: items with neither an outcome nor a parked row. */
  List<StoredInput> load(ClaimedChunk chunk);

  /** The inputs of owned parked items, in no particular order. */
  List<StoredInput> load(List<ClaimedItem> parked);

  /**
   * Records that work on the batches has begun. PENDING batches become RUNNING; one that was paused
   * after its items were claimed stays PAUSED.
   *
   * @return the batches for which this was not recorded yet
   */
  List<Long> markRunning(Collection<Long> batches);
}
