package org.batchengine.store.rules;

/** A batch's rate: items per second, summed over the sessions that recently settled any. */
public final class RecentRate {
  /** How long a session's rate counts. */
  public static final int SECONDS = 15;

  private RecentRate() {}
}
