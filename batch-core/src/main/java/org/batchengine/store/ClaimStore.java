package org.batchengine.store;

import java.util.Collection;
import java.util.List;

/** Hands out work to a session, and loads its inputs. Every rule of {@link BatchStore} holds. */
public interface ClaimStore {

  /**
   * Claims what is due of PENDING and RUNNING batches for the session: parked retries first, for at
   * most half of each {@linkplain ClaimRequest.Wanted wanted} count, then chunks by priority and
   * due time. A chunk larger than wanted is split: its front is owned, the rest stays unowned and
   * goes to the end of the queue of its priority. A chunk that was lost before is claimed whole.
   *
   * @throws FencedException if the session is gone; nothing was claimed
   */
  Claim claim(ClaimRequest request);

  /**
   * Claims the lowest unfinished item of one sequential batch of the given types, alone: only when
   * nothing of the batch is owned, and the item is due. {@link Claim#more} is true with an empty
   * claim if others were quicker.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimSequential(long session, Collection<String> types);

  /**
   * Claims one suspect of the given types if the session owns nothing else. {@link Claim#more} says
   * whether suspects are due that were not claimed, also when the session owns other work.
   *
   * @throws FencedException as {@link #claim}
   */
  Claim claimSuspect(long session, Collection<String> types);

  /**
   * All that the session owns, as a claim would have answered it; nothing if it is gone. Waits for
   * claims of the session that are under way.
   */
  Claim owned(long session);

  /** What workers must know of the batches; those that are gone are left out. */
  List<BatchHeader> headers(Collection<Long> batches);

  /** The open items of an owned chunk, by index: those with neither an outcome nor a parked row. */
  List<StoredInput> load(ClaimedChunk chunk);

  /** The inputs of owned parked items, in no order. */
  List<StoredInput> load(List<ClaimedItem> parked);

  /**
   * Work on the batches has begun: those that are PENDING become RUNNING; one that was paused since
   * its items were claimed stays PAUSED.
   *
   * @return those of which this was not known
   */
  List<Long> markRunning(Collection<Long> batches);
}
