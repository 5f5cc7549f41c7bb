package org.batchengine.engine.claim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.loop.Pulse;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.settle.SettlementQueue;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimRequest;
import org.batchengine.store.ClaimRequest.Wanted;
import org.batchengine.store.ClaimStore;

/** Claims chunks and due retries for the workers that lack work, while there is room to settle. */
public final class FreshClaims implements Pass {
  private final ClaimStore store;
  private final ClaimInHand hand;
  private final Leases leases;
  private final Collection<Workers> workers;
  private final SettlementQueue settlements;
  private final LimitAsks limits;
  private final Looking looking;
  private final Pulse pulse;

  /** Nothing has been claimed yet. */
  public FreshClaims(
      ClaimStore store,
      ClaimInHand hand,
      Leases leases,
      Collection<Workers> workers,
      SettlementQueue settlements,
      LimitAsks limits,
      Looking looking,
      Pulse pulse) {
    this.store = store;
    this.hand = hand;
    this.leases = leases;
    this.workers = workers;
    this.settlements = settlements;
    this.limits = limits;
    this.looking = looking;
    this.pulse = pulse;
  }

  @Override
  public boolean isDue() {
    return true;
  }

  @Override
  public boolean runOnce(Session session) {
    if (looking.takeReason()) {
      workers.forEach(each -> each.queue().look());
    }
    if (leases.takeDue()) {
      workers.forEach(each -> each.queue().refresh());
    }
    List<Wanted> wanted = new ArrayList<>();
    for (Workers each : workers) {
      each.wanted().ifPresent(wanted::add);
    }
    if (wanted.isEmpty() || !settlements.hasRoom()) {
      pulse.rests();
      return false;
    }
    Claim claim = hand.sent(() -> store.claim(new ClaimRequest(session.id(), wanted)));
    pulse.succeeded();
    limits.claimed(claim.limits());
    for (Workers each : workers) {
      wanted.stream()
          .filter(of -> of.type().equals(each.type()))
          .forEach(of -> each.queue().claimed(of, claim));
    }
    looking.othersWereQuicker(claim.isEmpty() && claim.more());
    if (claim.isEmpty() && looking.isSequentialDue()) {
      looking.forSequential();
      return true;
    }
    return !claim.isEmpty();
  }

  @Override
  public void forget() {
    looking.look();
  }
}
