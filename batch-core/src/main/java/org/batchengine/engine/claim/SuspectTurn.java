package org.batchengine.engine.claim;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.session.Session;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimStore;

/**
 * The suspects' turn. A suspect may take its process down, so it runs only while its session holds
 * nothing else.
 *
 * <ol>
 *   <li>Once a poll, the engine asks the store for a suspect. If there is one, the turn begins: it
 *       claims nothing else and finishes the work it holds.
 *   <li>Suspects are claimed one after the other.
 *   <li>After a second of suspects, ordinary work has a turn of a second.
 * </ol>
 */
public final class SuspectTurn implements Pass {
  private static final long TURN = TimeUnit.SECONDS.toNanos(1);

  private final ClaimStore store;
  private final ClaimInHand hand;
  private final Leases leases;
  private final Set<String> types;
  private final Looking looking;
  private boolean isOn;
  private boolean isDraining;
  private long lookAt;
  private long endsAt;

  /** Ordinary work has its turn. */
  public SuspectTurn(
      ClaimStore store, ClaimInHand hand, Leases leases, Set<String> types, Looking looking) {
    this.store = store;
    this.hand = hand;
    this.leases = leases;
    this.types = types;
    this.looking = looking;
    lookAt = looking.now();
  }

  boolean isOn() {
    return isOn;
  }

  @Override
  public boolean isDue() {
    if (hand.takeHasSuspects()) {
      isOn = true;
      endsAt = looking.now() + TURN;
    }
    return isOn || looking.now() - lookAt >= 0;
  }

  @Override
  public boolean runOnce(Session session) {
    long now = looking.now();
    if (!isOn) {
      lookAt = now + looking.pollNanos();
      endsAt = now + TURN;
    } else if (!leases.areNone()) {
      return false;
    } else if (isDraining) {
      endsAt = now + TURN;
    } else if (now - endsAt >= 0) {
      isOn = false;
      lookAt = now + TURN;
      return true;
    }
    Claim claim = hand.sent(() -> store.claimSuspect(session.id(), types));
    isDraining = claim.isEmpty() && claim.more();
    isOn = isDraining || !claim.isEmpty();
    return !claim.isEmpty() || !isOn;
  }

  @Override
  public void forget() {
    isOn = false;
  }
}
