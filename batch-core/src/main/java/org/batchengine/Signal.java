package org.batchengine;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Wakes one waiting thread before its time. A signal raised while nobody waits is kept. */
final class Signal {
  private volatile boolean raised;
  private volatile @Nullable Thread waiter;

  void raise() {
    if (raised) {
      return;
    }
    raised = true;
    Thread thread = waiter;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /** Whether it was raised and not waited for since: who waits next goes on at once. */
  boolean isRaised() {
    return raised;
  }

  /** Waits until the signal is raised or the time is over, and lowers it. One thread at a time. */
  void await(long nanos) {
    waiter = Thread.currentThread();
    if (!raised) {
      LockSupport.parkNanos(this, nanos);
    }
    waiter = null;
    raised = false;
  }
}
