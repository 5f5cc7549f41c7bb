package org.batchengine.store.rules;

/** The rate of a batch: items a second, summed over the sessions that settled some lately. */
public final class RecentRate {
  /** How long the rate of a session counts. */
  public static final int SECONDS = 15;

  private RecentRate() {}
}
