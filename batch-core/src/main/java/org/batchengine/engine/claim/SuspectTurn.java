package org.batchengine.engine.claim;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.lease.LiveBatch;
import org.batchengine.engine.run.Worker;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.store.Claim;
import org.batchengine.store.ClaimStore;

/**
 * The suspects' turn. A suspect may take its process down, so it runs only while its session holds
 * nothing else.
 *
 * <ol>
 *   <li>Once a poll, the engine asks the store for a suspect. If there is one, and no other engine
 *       drains, this one does: it claims nothing, gives back what is not begun, and lets calls end.
 *   <li>Once a poll it asks again. If others have run the suspect meanwhile, the turn ends.
 *   <li>A drain is bounded, at first by two seconds. If calls take longer, ordinary work has as
 *       long a turn, and the next drain may last twice as long; at most until the longest call
 *       would have been given up.
 *   <li>Suspects are claimed one after the other.
 *   <li>After a second of suspects, ordinary work has a turn of a second.
 * </ol>
 */
public final class SuspectTurn implements Pass {
  private static final long TURN = TimeUnit.SECONDS.toNanos(1);
  private static final long LEAST_DRAIN = TimeUnit.SECONDS.toNanos(2);

  private final ClaimStore store;
  private final ClaimInHand hand;
  private final Leases leases;
  private final Map<String, Workers> workers;
  private final GivingBack givingBack;
  private final Looking looking;
  private boolean isOn;
  private boolean isDraining;
  private long lookAt;
  private long endsAt;
  private long drain = LEAST_DRAIN;
  private long drainsUntil;
  private long askAt;

  /** Ordinary work has its turn. */
  public SuspectTurn(
      ClaimStore store,
      ClaimInHand hand,
      Leases leases,
      Map<String, Workers> workers,
      GivingBack givingBack,
      Looking looking) {
    this.store = store;
    this.hand = hand;
    this.leases = leases;
    this.workers = workers;
    this.givingBack = givingBack;
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
    boolean holdsWork = !leases.areNone();
    if (isOn && isDraining && holdsWork) {
      if (now - drainsUntil >= 0) {
        endInVain(now);
        return true;
      }
      if (now - askAt < 0) {
        return false;
      }
    } else if (isOn && holdsWork) {
      return false;
    } else if (!isOn || isDraining) {
      lookAt = now + looking.pollNanos();
      endsAt = now + TURN;
    } else if (now - endsAt >= 0) {
      isOn = false;
      lookAt = now + TURN;
      return true;
    }
    return ask(session, now);
  }

  private boolean ask(Session session, long now) {
    boolean drained = isDraining;
    Set<String> types = typesThatMayBegin();
    if (types.isEmpty()) {
      forget();
      lookAt = now + looking.pollNanos();
      return true;
    }
    Duration left = Duration.ofNanos(drained ? Math.max(1, drainsUntil - now) : drain);
    Claim claim = hand.sent(() -> store.claimSuspect(session.id(), types, left));
    isDraining = claim.isEmpty() && claim.more();
    isOn = isDraining || !claim.isEmpty();
    askAt = now + looking.pollNanos();
    if (isDraining && !drained) {
      drainsUntil = now + drain;
      givingBack.giveBack(0);
    } else if (!isDraining) {
      drain = LEAST_DRAIN;
      lookAt = now + looking.pollNanos();
    }
    return !claim.isEmpty() || !isOn;
  }

  /** A suspect of another type would be given back at once, and claimed again. */
  private Set<String> typesThatMayBegin() {
    return workers.values().stream()
        .filter(each -> !each.areStuck() && !each.slowDown().isOn())
        .map(Workers::type)
        .collect(Collectors.toSet());
  }

  private void endInVain(long now) {
    isOn = false;
    isDraining = false;
    lookAt = now + drain;
    drain = Math.min(2 * drain, longestCall());
  }

  private long longestCall() {
    long longest = LEAST_DRAIN;
    for (LiveBatch batch : leases.batches()) {
      Workers theirs = workers.get(batch.header().type());
      if (theirs == null) {
        continue;
      }
      Duration call = theirs.settings().timeout(batch);
      longest = Math.max(longest, call.plus(Worker.GRACE.multipliedBy(2)).toNanos());
    }
    return longest;
  }

  @Override
  public void forget() {
    isOn = false;
    isDraining = false;
  }
}
