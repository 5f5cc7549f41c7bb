package org.batchengine.engine.session;

import java.util.concurrent.TimeUnit;
import org.batchengine.engine.loop.Signal;
import org.batchengine.engine.loop.Step;

/**
 * Renews the session on a thread and a connection that do nothing else, so that no other step can
 * delay it, whatever it does or waits for.
 *
 * <ol>
 *   <li>The connection is taken when the engine is built, and kept until it closes.
 *   <li>A session is renewed four times before it could expire. A renewal that fails is retried
 *       once a second.
 *   <li>A session whose row is gone is fenced: its work belongs to others.
 *   <li>If the virtual machine fails, renewals stop and the session lapses, so that others take its
 *       work over.
 * </ol>
 */
public final class Renewal implements Step {
  /** How soon, at the latest, a session that another thread opens is noticed. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final SessionKeeper sessions;
  private final Signal renewed;
  private volatile boolean stopped;

  /**
   * Nothing has been renewed yet.
   *
   * @param renewed raised after each renewal
   */
  public Renewal(SessionKeeper sessions, Signal renewed) {
    this.sessions = sessions;
    this.renewed = renewed;
  }

  @Override
  public String name() {
    return "renewing the session";
  }

  @Override
  public boolean runOnce() {
    if (!stopped && sessions.renewIfDue()) {
      renewed.raise();
    }
    return false;
  }

  @Override
  public long idleNanos() {
    long interval = sessions.renewal().toNanos();
    long untilDue = sessions.untilRenewal().orElse(interval);
    return Math.max(1, Math.min(untilDue, Math.min(interval, LOOK_NANOS)));
  }

  /** Stops renewing: the session lapses. */
  public void stop() {
    stopped = true;
  }

  /** Whether it was told to stop. */
  public boolean isStopped() {
    return stopped;
  }
}
