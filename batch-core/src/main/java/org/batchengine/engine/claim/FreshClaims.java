package org.batchengine.engine.claim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.batchengine.engine.loop.Pulse;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimStore;

/** Claims chunks and due retries for the workers that lack work, while there is room to settle. */
public final class FreshClaims implements Pass {
  private final ClaimStore store;
  private final ClaimInHand hand;
  private final Collection<Workers> workers;
  private final SettlementQueue settlements;
  private final Looking looking;
  private final Pulse pulse;

  /** Nothing has been claimed yet. */
  public FreshClaims(
      ClaimStore store,
      ClaimInHand hand,
      Collection<Workers> workers,
      SettlementQueue settlements,
      Looking looking,
      Pulse pulse) {
    this.store = store;
    this.hand = hand;
    this.workers = workers;
    this.settlements = settlements;
    this.looking = looking;
    this.pulse = pulse;
  }

  @Override
  public boolean isDue() {
    return true;
  }

  @Override
  public boolean runOnce(Session session) {
    List<ClaimRequest.Wanted> wanted = new ArrayList<>();
    for (Workers each : workers) {
      each.wanted().ifPresent(wanted::add);
    }
    if (wanted.isEmpty() || !settlements.hasRoom()) {
      pulse.rests();
      return false;
    }
    Claim claim = hand.sent(() -> store.claim(new ClaimRequest(session.id(), wanted)));
    pulse.succeeded();
    looking.othersWereQuicker(claim.isEmpty() && claim.more());
    if (claim.isEmpty() && looking.isSequentialDue()) {
      looking.forSequential();
      return true;
    }
    return !claim.isEmpty();
  }
}
