package org.batchengine.engine.run;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the workers of a type have of one tenant. Guarded by the queue. */
final class TenantLoad {
  private static final int PRIORITIES = 10;

  private final String tenant;

  /** Items that are claimed and have not run, by priority. */
  private final int[] items = new int[PRIORITIES];

  /** Those of them that are not loaded yet. */
  private final int[] coming = new int[PRIORITIES];

  private final DurationMean mean = new DurationMean();
  private int outstanding;

  /** Items that wait for a worker. */
  int waiting;

  /** How much work of it has been done, as time of a worker by its weight. */
  double virtual;

  /** It should get so many times the work of a tenant of weight 1. */
  int weight;

  /** How long an item of most of its calls that run now has taken already. */
  double runningNanos;

  /** The last claim that could have brought some brought none. */
  boolean isExhausted;

  TenantLoad(String tenant, int weight) {
    this.tenant = tenant;
    this.weight = weight;
  }

  String tenant() {
    return tenant;
  }

  DurationMean mean() {
    return mean;
  }

  /** Items are claimed, and will be loaded; if negative, they will not. */
  void comes(int priority, int more) {
    int known = Math.max(-coming[priority], more);
    coming[priority] += known;
    items[priority] += known;
    outstanding += known;
  }

  void nothingComes() {
    for (int priority = 0; priority < PRIORITIES; priority++) {
      comes(priority, -coming[priority]);
    }
  }

  /** Items are loaded. */
  void came(int priority, int some) {
    comes(priority, -some);
    items[priority] += some;
    outstanding += some;
  }

  /** Items have run, or are given back. */
  void gone(int priority, int some) {
    items[priority] -= some;
    outstanding -= some;
  }

  /** How many items are claimed and have not run. */
  int outstanding() {
    return outstanding;
  }

  /**
   * What is lacking by priority: what is less urgent does not count as had.
   *
   * @param target how many items it should have
   * @param ofAny how many are lacking of any priority
   */
  List<Integer> lacking(int target, int ofAny) {
    List<Integer> lacking = new ArrayList<>(Collections.nCopies(PRIORITIES, ofAny));
    int from = 0;
    for (int priority = PRIORITIES - 1; priority > 0; priority--) {
      from += items[priority];
      if (from < outstanding) {
        lacking.set(priority, Math.max(ofAny, target - from));
      }
    }
    return lacking;
  }
}
