package org.batchengine.engine.loop;

import java.util.List;

/**
 * Several steps that share a thread and take turns: after each change, and after each failure, the
 * next one in the list comes first. So a step with endless work, or one that always fails, keeps no
 * other from its turn.
 */
public final class Steps {
  private final List<? extends Step> steps;
  private int next;
  private String last = "";

  /** Steps in the order of their first turns. */
  public Steps(List<? extends Step> steps) {
    this.steps = List.copyOf(steps);
  }

  /** {@return the name of the step that ran last} */
  public String last() {
    return last;
  }

  /** Runs steps until one has made a change. False if none had anything to do. */
  public boolean runOnce() {
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(next);
      next = (next + 1) % steps.size();
      last = step.name();
      if (step.runOnce()) {
        return true;
      }
    }
    return false;
  }

  /** {@return nanoseconds until the first of them may have work again} */
  public long idleNanos() {
    return steps.stream().mapToLong(Step::idleNanos).min().orElse(Long.MAX_VALUE);
  }
}
