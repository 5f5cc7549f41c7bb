package org.batchengine.engine.run;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The present pace: what the calls that run now say, before any of them has ended. */
final class Pace {
  private Pace() {}

  /**
   * {@return how long an item of most calls has taken already} One call of many that hangs says
   * nothing of the others, and a place in which nothing runs is quick.
   *
   * @param running how long each call that runs has taken for an item
   * @param places how many calls may run
   */
  static double of(List<Long> running, int places) {
    List<Long> all = new ArrayList<>(running);
    while (all.size() < places) {
      all.add(0L);
    }
    Collections.sort(all);
    return all.isEmpty() ? 0 : all.get((all.size() - 1) / 2);
  }
}
