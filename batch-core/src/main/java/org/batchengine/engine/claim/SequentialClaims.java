package org.batchengine.engine.claim;

import java.util.Collection;
import java.util.List;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.store.ClaimStore;

/**
 * Claims items of sequential batches, one at a time: the next item of a batch can be claimed as
 * soon as its last one is settled.
 */
public final class SequentialClaims implements Pass {
  private final ClaimStore store;
  private final ClaimInHand hand;
  private final Leases leases;
  private final Collection<Workers> workers;
  private final SuspectTurn suspects;
  private final Looking looking;

  /** Nothing has been claimed yet. */
  public SequentialClaims(
      ClaimStore store,
      ClaimInHand hand,
      Leases leases,
      Collection<Workers> workers,
      SuspectTurn suspects,
      Looking looking) {
    this.store = store;
    this.hand = hand;
    this.leases = leases;
    this.workers = workers;
    this.suspects = suspects;
    this.looking = looking;
  }

  @Override
  public boolean isDue() {
    return looking.takeForSequential() || leases.hasSequentialEnded();
  }

  @Override
  public boolean runOnce(Session session) {
    List<String> types = workers.stream().filter(Workers::havePlace).map(Workers::type).toList();
    if (!suspects.isOn()
        && !types.isEmpty()
        && !hand.sent(() -> store.claimSequential(session.id(), types)).isEmpty()) {
      looking.forSequential();
    }
    return true;
  }
}
