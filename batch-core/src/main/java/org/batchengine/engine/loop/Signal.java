package org.batchengine.engine.loop;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Wakes one waiting thread early. A signal raised while no thread waits is kept. */
public final class Signal {
  private volatile boolean raised;
  private volatile @Nullable Thread waiter;

  /** Wakes the waiting thread, or the next one to wait. */
  public void raise() {
    if (raised) {
      return;
    }
    raised = true;
    Thread thread = waiter;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /** Whether it was raised since the last wait, so that the next wait returns at once. */
  public boolean isRaised() {
    return raised;
  }

  /** Waits until the signal is raised or the time is over, then lowers it. One thread at a time. */
  public void await(long nanos) {
    waiter = Thread.currentThread();
    if (!raised) {
      LockSupport.parkNanos(this, nanos);
    }
    waiter = null;
    raised = false;
  }
}
