package org.batchengine.engine.claim;

import java.util.Collection;
import java.util.List;
import org.batchengine.engine.lease.Leases;
import org.batchengine.engine.loop.Monitor;
import org.batchengine.engine.loop.Step;
import org.batchengine.engine.run.Workers;
import org.batchengine.engine.session.Session;
import org.batchengine.engine.session.SessionKeeper;
import org.batchengine.store.FencedException;
import org.batchengine.store.LockedRow;
import org.jspecify.annotations.Nullable;

/**
 * Claims work for the workers that lack it, and loads its inputs. Each pass makes one call of the
 * store, the first of these that applies:
 *
 * <ol>
 *   <li>{@link ClaimInHand}: reads back a claim whose answer was lost; makes leases of what was
 *       claimed; asks whether a batch that was steered meanwhile is held; takes batches to RUNNING
 *       and tells listeners that they have started.
 *   <li>{@link InputLoading}: loads the items of a claimed chunk, or of claimed retries.
 *   <li>{@link GivingBack}: gives back what would wait too long.
 *   <li>{@link SequentialClaims}: claims the next item of a sequential batch.
 *   <li>{@link OverdueClaims}: claims what was not settled from outside in time.
 *   <li>{@link SuspectTurn}: claims a suspect, while nothing else is held.
 *   <li>{@link FreshClaims}: claims whatever the workers lack.
 * </ol>
 *
 * <p>So a crash or failure between two calls falls between two passes. The next pass, of this
 * engine or another, continues from there.
 */
public final class Dispatcher implements Step {
  private final SessionKeeper sessions;
  private final Leases leases;
  private final Collection<Workers> workers;
  private final List<Pass> passes;
  private final Looking looking;
  private final Monitor monitor;
  private @Nullable Session session;
  private volatile String doing = "claiming";
  private volatile boolean stopped;

  /**
   * Nothing has been claimed yet.
   *
   * @param passes in the order in which they apply
   */
  public Dispatcher(
      SessionKeeper sessions,
      Leases leases,
      Collection<Workers> workers,
      List<Pass> passes,
      Looking looking,
      Monitor monitor) {
    this.sessions = sessions;
    this.leases = leases;
    this.workers = workers;
    this.passes = passes;
    this.looking = looking;
    this.monitor = monitor;
  }

  @Override
  public String name() {
    return doing;
  }

  @Override
  public boolean runOnce() {
    looking.begins();
    if (stopped || workers.isEmpty()) {
      return false;
    }
    Session current = sessions.open();
    if (current != session) {
      sessions.worksOn(current, workers.stream().map(Workers::type).toList());
      begin(current);
    }
    if (!current.isLive(looking.now()) || sessions.isAtRest()) {
      return false;
    }
    workers.forEach(Workers::startWorkers);
    try {
      return pass(current);
    } catch (FencedException e) {
      sessions.fenced(current);
      return true;
    } catch (Throwable e) {
      monitor.locked().metBy(e, LockedRow.session(current.id()));
      monitor.pulse().failed(e);
      throw e;
    }
  }

  private boolean pass(Session current) {
    for (Pass pass : passes) {
      if (pass.isDue()) {
        doing = pass.name();
        return pass.runOnce(current);
      }
    }
    return false;
  }

  private void begin(Session current) {
    session = current;
    forget();
  }

  /** Forgets what was claimed: it belongs to others. Not beside {@link #runOnce}. */
  public void forget() {
    leases.clear();
    workers.forEach(each -> each.queue().clear());
    passes.forEach(Pass::forget);
  }

  @Override
  public long idleNanos() {
    if (stopped) {
      return Long.MAX_VALUE;
    }
    long untilDue = passes.stream().mapToLong(Pass::untilDue).min().orElse(Long.MAX_VALUE);
    for (Workers each : workers) {
      long untilQuicker = each.slowDown().nanosLeft();
      untilDue = untilQuicker > 0 ? Math.min(untilDue, untilQuicker) : untilDue;
    }
    return Math.min(untilDue, looking.idleNanos(leases.untilDue()));
  }

  /** Claims nothing more until it resumes. */
  public void stop() {
    stopped = true;
  }

  /** Claims again. */
  public void resume() {
    stopped = false;
  }
}
