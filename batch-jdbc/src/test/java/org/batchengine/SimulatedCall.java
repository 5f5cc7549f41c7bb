package org.batchengine;

import java.util.List;
import org.batchengine.SimulatedBatch.Item;

/** A call of host code that is under way, and what its engine's watcher has made of it. */
final class SimulatedCall {
  final List<Item> items;
  final int[] attempts;
  final long startedAt;
  private final SimulatedBatch batch;
  private boolean interrupted;
  private long interruptedAt;
  private boolean left;
  private boolean givenUp;

  SimulatedCall(List<Item> items, int[] attempts, long startedAt) {
    this.items = items;
    this.attempts = attempts;
    this.startedAt = startedAt;
    this.batch = items.get(0).batch;
  }

  boolean isInterrupted() {
    return interrupted;
  }

  boolean isGivenUp() {
    return givenUp;
  }

  /** Whether what it returns comes too late to stand. */
  boolean isTooLate() {
    return givenUp || (interrupted && !left && !batch.mayBeCutOff);
  }

  /** When the watcher has to look at it next. */
  long nextLook() {
    if (givenUp || left) {
      return Long.MAX_VALUE;
    }
    return interrupted
        ? interruptedAt + Simulation.GRACE.toNanos()
        : startedAt + Simulation.TIMEOUT.toNanos();
  }

  /** The engine closes, and has waited for it long enough; from here on it does not give it up. */
  void left(boolean interruptedNow, long now) {
    left = true;
    if (interruptedNow) {
      interrupted = true;
      interruptedAt = now;
    }
  }

  /** Tells what is wrong with what the watcher has done; empty if nothing is. */
  String watched(boolean interruptedNow, long now) {
    boolean isTime = now >= nextLook();
    if (interruptedNow) {
      if (interrupted) {
        return items + " is interrupted twice";
      }
      if (!isTime && !batch.mayBeCutOff) {
        return items + " is interrupted before its timeout";
      }
      interrupted = true;
      interruptedAt = now;
    } else if (isTime && !interrupted) {
      return items + " takes longer than its timeout and is not interrupted";
    } else if (isTime && !givenUp) {
      givenUp = true;
      timedOut(true);
    }
    return "";
  }

  /** The attempts of those items that have no verdict yet have failed. */
  void timedOut(boolean forGood) {
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      item.timedOut.add(attempts[i]);
      if (forGood && !batch.shape.isBooked()) {
        item.givenUp.add(attempts[i]);
      }
    }
  }
}
