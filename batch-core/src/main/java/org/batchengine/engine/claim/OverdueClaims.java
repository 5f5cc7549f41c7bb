package org.batchengine.engine.claim;

import java.util.Collection;
import java.util.List;
import org.batchengine.engine.loop.Cadence;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.store.ClaimStore;

/**
 * Claims items that were to be settled from outside, and whose bound has passed: at intervals of a
 * sweep, so that other claims need not ask for them. Nothing is called for them.
 */
public final class OverdueClaims implements Pass {
  private final ClaimStore store;
  private final ClaimInHand hand;
  private final Collection<Workers> workers;
  private final SettlementQueue settlements;
  private final Cadence sweep;
  private boolean more;

  /** Nothing has been claimed yet. */
  public OverdueClaims(
      ClaimStore store,
      ClaimInHand hand,
      Collection<Workers> workers,
      SettlementQueue settlements,
      Cadence sweep) {
    this.store = store;
    this.hand = hand;
    this.workers = workers;
    this.settlements = settlements;
    this.sweep = sweep;
  }

  @Override
  public boolean isDue() {
    return settlements.hasRoom() && (sweep.isDue() || more);
  }

  @Override
  public boolean runOnce(Session session) {
    List<String> types = workers.stream().map(Workers::type).toList();
    more = hand.sent(() -> store.claimOverdue(session.id(), types)).more();
    return true;
  }

  @Override
  public long untilDue() {
    return sweep.untilDue();
  }

  @Override
  public void forget() {
    more = false;
  }
}
